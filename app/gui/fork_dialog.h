#pragma once

#include <QDialog>

class QComboBox;
class QLineEdit;

namespace maskscope {

struct OpenRun;

/// Asks for the checkpoint and the settings of a fork.
class ForkDialog : public QDialog {
    Q_OBJECT

public:
    /// @param suggested  settings to begin with
    ForkDialog(const OpenRun& run, qint64 step, const QString& suggested, QWidget* parent);

    qint64 step() const;
    /// "key=value", as typed, split at spaces.
    QStringList settings() const;

private:
    QComboBox* step_;
    QLineEdit* settings_;
};

}  // namespace maskscope
