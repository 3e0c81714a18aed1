#pragma once

#include <QFrame>
#include <QPointer>
#include <QString>
#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;

namespace maskscope {

/// Finds any action or setting by words and does it: Ctrl+K. Actions that cannot be done now are listed with the reason.
class CommandPalette : public QFrame {
    Q_OBJECT

public:
    /// One thing that can be found.
    struct Entry {
        QString text;      // "Pause", "mask.ratio"
        QString place;     // "Training", "Setting"; where it would be found in the window
        QString shortcut;  // empty: none
        QString reason;    // why it cannot be done now; empty: it can
        std::function<void()> run;
    };

    explicit CommandPalette(QWidget* window);

    /// Opens over the upper half of the window.
    void open(std::vector<Entry> entries);
    /// The entries that fit, best first: all words occur; a beginning counts more than a middle.
    static std::vector<int> ranked(const std::vector<Entry>& entries, const QString& words);

Q_SIGNALS:
    void reasonAsked(const QString& reason);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& words);
    void fitHeight();
    void runCurrent();

    std::vector<Entry> entries_;
    QLineEdit* line_;
    QListWidget* list_;
    QPointer<QWidget> focusBefore_;
};

}  // namespace maskscope
