#pragma once

#include <QWidget>
#include <memory>

#include "snapshot/leaks.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace maskscope {

/// "Learning", "Too early to say", ...
QString verdictName(Verdict verdict);

/// How training goes: the verdict, its reasons with their numbers, and the way back where there is one.
class DoctorView : public QWidget {
    Q_OBJECT

public:
    explicit DoctorView(QWidget* parent = nullptr);

    /// Null: no verdict yet.
    void setHealth(std::shared_ptr<const HealthRecord> health);
    /// What a leak check found. Null: none was asked for, or `problem` says why there is none.
    void setLeaks(std::shared_ptr<const LeakRecord> leaks, const QString& problem = {});
    /// Whether going back is possible now; if not, why: "Going back works while paused."
    void setRollBackEnabled(bool enabled, const QString& reason = {});

Q_SIGNALS:
    /// Go back to the checkpoint of this step.
    void rollBackRequested(qint64 step);
    void leakCheckRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void addFinding(const HealthFinding& finding);
    void updateButton();

    std::shared_ptr<const HealthRecord> health_;
    bool rollBackEnabled_ = true;
    QString rollBackReason_;
    QLabel *icon_ = nullptr, *verdict_ = nullptr, *sentence_ = nullptr;
    QWidget* findings_ = nullptr;
    QVBoxLayout* findingsLayout_ = nullptr;
    std::shared_ptr<const LeakRecord> leaks_;
    QString leakProblem_;
    QPushButton *rollBack_ = nullptr, *checkLeaks_ = nullptr;
};

}  // namespace maskscope
