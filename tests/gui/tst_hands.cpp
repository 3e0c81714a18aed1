#include <QAbstractButton>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QUndoStack>
#include <QtTest>

#include "app/gui/main_window.h"
#include "app/gui/view_set.h"
#include "gui/window_home.h"
#include "support/test_main.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/control_bar.h"
#include "widgets/pictures/picture_stage.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// What a label or button needs for its words; 0 where it may break or cut them.
int neededWidth(const QWidget* widget) {
    if (const auto* label = qobject_cast<const QLabel*>(widget); label != nullptr && !label->wordWrap() && !label->text().contains('<'))
        return label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored ? 0 : label->fontMetrics().horizontalAdvance(label->text());
    const auto* button = qobject_cast<const QToolButton*>(widget);
    if (button == nullptr || button->toolButtonStyle() == Qt::ToolButtonIconOnly) return 0;
    return button->fontMetrics().horizontalAdvance(button->text());
}

QStringList cutWords(const QWidget& window) {
    QStringList cut;
    for (const QWidget* child : window.findChildren<QWidget*>())
        if (child->isVisible() && neededWidth(child) > child->width())
            cut << QStringLiteral("%1 '%2': %3 of %4 px")
                       .arg(QString::fromLatin1(child->parentWidget()->metaObject()->className()),
                            child->accessibleName().isEmpty() ? child->property("text").toString() : child->accessibleName())
                       .arg(child->width())
                       .arg(neededWidth(child));
    return cut;
}

}  // namespace

/// What hands do that no plan foresees: small windows, hasty clicks, pages turned while it trains.
class TestHands : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSmallestWindowCutsNoWords_data() {
        QTest::addColumn<QString>("page");
        for (const MainWindow::Page page : MainWindow::pages()) QTest::newRow(qPrintable(MainWindow::pageId(page))) << MainWindow::pageId(page);
    }
    void theSmallestWindowCutsNoWords() {
        QFETCH(QString, page);
        MainWindow window;
        home_.load(window);
        window.workspace().openRun(home_.finishedRun());
        window.showPage(*MainWindow::pageOf(page));
        window.resize(window.minimumSize());
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(window.views().stage()->picture() != nullptr, kLongMs);
        QTest::qWait(300);
        QCOMPARE(window.size(), window.minimumSize());
        const QStringList cut = cutWords(window);
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join('\n')));
    }

    void whatIsStoppedWhileItStartsCanBeStartedAgain() {
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QSignalSpy messages(&workspace, &Workspace::messaged);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        for (int time = 0; time < 3; ++time) {
            workspace.start();
            QVERIFY(workspace.session().isActive());
            workspace.stop();
            QTRY_VERIFY_WITH_TIMEOUT(!workspace.session().isActive() && !workspace.session().isLeaving(), kLongMs);
            QVERIFY(workspace.currentRun()->state != RunState::Failed);
            QTRY_VERIFY_WITH_TIMEOUT(window.controlBar()->primaryButton()->isAvailable(), kLongMs);
        }
        window.controlBar()->primaryButton()->click();  // resumes, or starts anew where no checkpoint was reached
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        for (const auto& message : messages)
            QVERIFY2(message[1].value<StatusLine::Tone>() != StatusLine::Tone::Error, qPrintable(message[0].toString()));
    }

    void pagesAreTurnedWhileItTrains() {
        MainWindow window;
        home_.load(window);
        window.resize(1280, 800);
        window.show();
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        for (std::size_t turn = 0; workspace.currentRun()->state != RunState::Finished && turn < 3000; ++turn) {
            window.showPage(MainWindow::pages()[turn * 5 % MainWindow::pages().size()]);
            workspace.setCurrentSample(static_cast<int>(turn % 4));
            if (turn % 3 == 0) workspace.setCursor(static_cast<qint64>(turn % 40));
            if (turn % 7 == 0) workspace.setFollowing(true);
            if (turn % 11 == 0) workspace.undoStack()->undo();
            QTest::qWait(20);
        }
        QCOMPARE(workspace.currentRun()->state, RunState::Finished);
        window.showPage(MainWindow::Page::Explore);
        workspace.setFollowing(true);
        QTRY_VERIFY_WITH_TIMEOUT(window.views().stage()->picture() != nullptr, kLongMs);
    }

    void theTabInFrontIsThereAgainAfterAnotherPage() {
        MainWindow window;
        window.resize(1280, 800);
        home_.load(window);
        window.areas()->showView(QStringLiteral("doctor"));
        window.showPage(MainWindow::Page::Masks);
        window.showPage(MainWindow::Page::Explore);
        QVERIFY(window.areas()->isViewShown(QStringLiteral("doctor")));
        QVERIFY(!window.workspace().undoStack()->canUndo());  // looking is no change
    }

    void beforeAnythingTrainsTheMaskIsShownAndWhyNoMore() {
        MainWindow window;
        home_.load(window);
        PictureStage* stage = window.views().stage();
        QCOMPARE(stage->focusedView(), PictureView::Masked);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QCOMPARE(stage->focusedView(), PictureView::Composite);
        workspace.stop();
        QTRY_VERIFY_WITH_TIMEOUT(!workspace.session().isActive(), kLongMs);
    }

private:
    WindowHome home_;
};

MASKSCOPE_TEST(TestHands)
#include "tst_hands.moc"
