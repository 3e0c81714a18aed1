#include <QtTest>

#include "app/gui/main_window.h"
#include "gui/window_home.h"
#include "support/test_main.h"
#include "widgets/accessible_walk.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/help_browser.h"

using namespace maskscope;
using namespace maskscope::testing;

/// The whole window, page by page, as somebody finds it who works without seeing it or without a mouse.
class TestWindowAccessibility : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPageCanBeReadAndReached_data() {
        QTest::addColumn<QString>("page");
        for (const MainWindow::Page page : MainWindow::pages()) QTest::newRow(qPrintable(MainWindow::pageId(page))) << MainWindow::pageId(page);
    }
    void everyPageCanBeReadAndReached() {
        QFETCH(QString, page);
        MainWindow window;
        window.resize(1440, 900);
        home_.load(window);
        QVERIFY(QTest::qWaitFor([&] { return window.workspace().data() != nullptr; }, kLongMs));
        window.showPage(*MainWindow::pageOf(page));
        window.show();
        const QStringList problems = accessibilityProblems(window);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join('\n')));
        window.activateWindow();
        if (!QTest::qWaitForWindowActive(&window)) QSKIP("no window can be active here");
        QTest::keyClick(&window, Qt::Key_Tab);
        const QStringList missed = unreachedByKeys(window);
        QVERIFY2(missed.isEmpty(), qPrintable(missed.join('\n')));
    }

    void everyViewHasItsHelp() {
        MainWindow window;
        for (const AreaTree::View& view : window.areas()->views()) QVERIFY2(HelpBrowser::pages().contains(view.id), qPrintable(view.id));
    }

    void aFigureDroppedBackRestoresItsView() {
        MainWindow window;
        window.resize(1280, 800);
        home_.load(window);
        window.show();
        QVERIFY(QTest::qWaitFor([&] { return window.workspace().samples().size() > 2; }, kLongMs));
        window.workspace().setCurrentSample(2);
        const QString path = home_.path(QStringLiteral("stage.png"));
        window.writeFigure(QStringLiteral("stage"), path);
        window.workspace().setCurrentSample(0);
        window.showPage(MainWindow::Page::Masks);
        drop(window, path);
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        QCOMPARE(window.workspace().currentSample(), 2);
    }

private:
    WindowHome home_;
};

MASKSCOPE_TEST(TestWindowAccessibility)
#include "tst_accessibility.moc"
