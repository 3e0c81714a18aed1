#pragma once

#include <QFrame>
#include <QImage>
#include <vector>

class QGridLayout;
class QLabel;
class QVBoxLayout;

namespace maskscope {

/// A working example on the welcome page.
struct WelcomeExample {
    QString id, title, text;
    QString note;                  // "about 2 minutes"; empty: not known
    std::vector<QImage> pictures;  // masked and whole, side by side
    QString problem;               // why it cannot start here; empty: it can
};

/// A run that was opened lately.
struct RecentRun {
    QString folder, name, text;
    bool failed = false;
};

/// What one sees first: examples that learn something within a minute or two, a place to drop one's own, and the latest runs.
class WelcomePage : public QWidget {
    Q_OBJECT

public:
    explicit WelcomePage(QWidget* parent = nullptr);

    void setExamples(std::vector<WelcomeExample> examples);
    /// Pictures of one example, when they are there.
    void setPictures(const QString& id, std::vector<QImage> pictures);
    void setRecentRuns(std::vector<RecentRun> runs);

Q_SIGNALS:
    void exampleStarted(const QString& id);
    void chooseRequested();
    void tourRequested();
    void runOpened(const QString& folder);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void rebuild();
    QWidget* exampleCard(const WelcomeExample& example, bool first);
    QWidget* dropCard();
    QWidget* tourCard();
    QWidget* runsCard();

    std::vector<WelcomeExample> examples_;
    std::vector<RecentRun> runs_;
    QVBoxLayout* outer_;
    QWidget* content_ = nullptr;
    int columns_ = 3;
};

}  // namespace maskscope
