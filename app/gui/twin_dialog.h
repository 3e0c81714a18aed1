#pragma once

#include <QDialog>
#include <vector>

#include "widgets/panels/recipe_summary.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace maskscope {

/// Asks for the one setting in which a twin differs.
class TwinDialog : public QDialog {
    Q_OBJECT

public:
    /// @param run  what the twin is one of; empty: a run that is still to be started
    TwinDialog(const QString& run, const RecipeSummary& recipe, QWidget* parent);

    /// "key=value".
    QString setting() const;

private:
    void describe();

    std::vector<SettingRow> rows_;
    QComboBox* key_;
    QLineEdit* value_;
    QLabel* help_;
    QPushButton* accept_;
};

}  // namespace maskscope
