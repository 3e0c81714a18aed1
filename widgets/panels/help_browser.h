#pragma once

#include <QDialog>
#include <QStringList>

class QLineEdit;
class QListWidget;
class QTextBrowser;

namespace maskscope {

/// The help: its pages at the left, the chosen one at the right. Stays beside the window while one works.
class HelpBrowser : public QDialog {
    Q_OBJECT

public:
    explicit HelpBrowser(QWidget* parent = nullptr);

    /// The ids of all pages, in their order: "start", "stage", ...
    static QStringList pages();
    static QString titleOf(const QString& page);
    /// The page about what has the focus: the nearest widget with the property `helpPage`; "start" where there is none.
    static QString pageFor(const QWidget* widget);

    /// Shows and raises it. An unknown page is the first one.
    void openPage(const QString& page);
    QString page() const;
    /// Only pages in which every word occurs are listed.
    void find(const QString& words);

protected:
    void changeEvent(QEvent* event) override;

private:
    void showPage(const QString& page);
    void restyle();
    void takeStyle();

    QLineEdit* search_;
    QListWidget* contents_;
    QTextBrowser* text_;
};

}  // namespace maskscope
