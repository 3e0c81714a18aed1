#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <utility>
#include <vector>

namespace maskscope {

/// The settings of a run by their full names ("mask.ratio"), each as the recipe file writes it ("0.75").
using SettingList = std::vector<std::pair<QString, QString>>;

/// The settings in which two runs differ: setting, first run, second run. A setting that one run does not have reads "—".
class SettingsDifference : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit SettingsDifference(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setRuns(const QString& firstName, const SettingList& first, const QString& secondName, const SettingList& second);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Row {
        QString setting, first, second;
    };
    std::vector<Row> rows_;
    QString firstName_, secondName_;
};

}  // namespace maskscope
