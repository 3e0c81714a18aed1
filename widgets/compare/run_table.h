#pragma once

#include <QAbstractTableModel>
#include <QDateTime>
#include <QHash>
#include <QString>
#include <QWidget>
#include <optional>
#include <vector>

class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace maskscope {

/// What the table of runs says of one.
struct RunSummary {
    QString id, name, recipe, data, state;  // state: "running", "done", ... as people read it
    qint64 step = 0;
    std::optional<double> loss, skill, probeAccuracy;
    double seconds = 0.0;
    QDateTime started;
    int style = -1;  // 0..7 while its curves are shown; -1: not shown
};

/// Runs by rows. Thousands of them: a change tells exactly the rows that changed.
class RunTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, State, Recipe, Data, Step, Loss, Skill, Probe, Time, Started, ColumnCount };
    /// What a column is sorted by: numbers as numbers; invalid where a value is missing, which the table puts last in either order.
    static constexpr int kSortRole = Qt::UserRole + 1;
    static constexpr int kIdRole = Qt::UserRole + 2;

    explicit RunTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setRuns(std::vector<RunSummary> runs);
    /// Changes the run of that id, or adds it at the end.
    void update(const RunSummary& run);
    void remove(const QString& id);
    const RunSummary* find(const QString& id) const;
    const std::vector<RunSummary>& runs() const { return runs_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QVariant text(const RunSummary& run, int column) const;
    QVariant sortKey(const RunSummary& run, int column) const;
    void reindex();

    std::vector<RunSummary> runs_;
    QHash<QString, int> rowOf_;
};

/// The table of runs with a search line: words must all occur in name, recipe, data or state. Sorts only when asked.
class RunTable : public QWidget {
    Q_OBJECT

public:
    explicit RunTable(QWidget* parent = nullptr);

    RunTableModel* model() const { return model_; }
    QTableView* view() const { return view_; }
    void setFilter(const QString& words);
    int visibleRuns() const;
    QStringList selectedIds() const;

Q_SIGNALS:
    void runActivated(const QString& id);
    /// In the order of the rows; two of them can be compared.
    void selectionChanged(const QStringList& ids);

private:
    void updateCount();

    RunTableModel* model_;
    QSortFilterProxyModel* proxy_;
    QTableView* view_;
    QLineEdit* search_;
    QLabel* count_;
};

}  // namespace maskscope
