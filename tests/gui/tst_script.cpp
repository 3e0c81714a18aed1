#include <QLineEdit>
#include <QListWidget>
#include <QSettings>
#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/mouse.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/command_palette.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/time_panel.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/plots/curves_view.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

/// A session as a person has it, with mouse and keys: from an empty window to the window that comes back.
class TestScript : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSessionFromTheFirstDropToTheNextMorning() {
        QString run, fork;
        {
            MainWindow window;
            window.resize(1440, 900);
            window.restoreSession();
            window.show();
            QVERIFY(QTest::qWaitForWindowExposed(&window));
            Workspace& workspace = window.workspace();
            dropAFolder(window);
            paint(window);
            startAndPause(window);
            run = workspace.currentRun()->id;
            goOnToTheEnd(window);
            scrub(window);
            compare(window);
            fork = workspace.currentRun()->id;
            QVERIFY(fork != run);
            exportAll(window);
            workspace.setCurrentRun(run);
            workspace.setCursor(20);
            workspace.setCurrentSample(2);
            window.showPage(MainWindow::Page::Train);
            QVERIFY(window.close());
        }
        MainWindow window;
        window.restoreSession();
        Workspace& workspace = window.workspace();
        QCOMPARE(window.page(), MainWindow::Page::Train);
        QVERIFY(workspace.currentRun() != nullptr);
        QCOMPARE(workspace.currentRun()->id, run);
        QCOMPARE(workspace.cursor(), std::optional<qint64>(20));
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        QCOMPARE(workspace.currentSample(), 2);
        QCOMPARE(workspace.project().data, home_.path(QStringLiteral("shapes/train")));
    }

    void closingWhileItTrainsSavesAndHoldsNobodyUp() {
        MainWindow window;
        home_.load(window, {QStringLiteral("train.steps=100000"), QStringLiteral("train.checkpoint_every=100000")});
        window.show();
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > 2, kLongMs);
        const QString run = workspace.currentRun()->id;
        QElapsedTimer clock;
        clock.start();
        window.close();
        QVERIFY2(clock.elapsed() < 200, qPrintable(QString::number(clock.elapsed())));
        QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), kLongMs);
        const QStringList checkpoints = QDir(run + QStringLiteral("/checkpoints")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        QCOMPARE(checkpoints.size(), qsizetype{2});  // of step 0, and of where it was stopped
    }

    void whatTheLastSessionLeftMayBeGone() {
        QSettings settings;
        const auto store = [&](const char* key, const QVariant& value) { settings.setValue(QStringLiteral("session/") + QLatin1String(key), value); };
        store("geometry", QByteArray("nonsense"));
        store("layout/train", QStringLiteral("h(50 curves, 50 a_view_that_was"));
        store("page", QStringLiteral("train"));
        store("data", home_.path(QStringLiteral("shapes/train")));
        store("settings", QStringList{QStringLiteral("train.stpes=3")});
        store("run", home_.path(QStringLiteral("a run that was")));
        store("sample", 1'000'000);
        store("recent", QStringList{home_.path(QStringLiteral("a run that was"))});
        MainWindow window;
        QSignalSpy messages(&window.workspace(), &Workspace::messaged);
        window.restoreSession();
        window.setStoresSession(false);
        settings.clear();
        window.show();
        QVERIFY(warnedOf(messages, QStringLiteral("stpes")));
        QCOMPARE(window.page(), MainWindow::Page::Train);
        QVERIFY(!window.areas()->layoutText().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        QVERIFY(window.controlBar()->primaryButton()->isAvailable());
        QVERIFY(window.workspace().currentSample() < static_cast<int>(window.workspace().samples().size()));
        QVERIFY(window.workspace().currentRun() == nullptr);
    }

    /// Undo of an arrangement belongs to the page that it was made on.
    void anArrangementIsUndoneWhereItWasMade() {
        MainWindow window;
        home_.load(window);
        const QString view = QStringLiteral("probes"), before = window.areas()->layoutText();
        QVERIFY(window.areas()->isViewShown(view));
        QVERIFY(window.areas()->setLayoutText(QStringLiteral("h(50 stage, 50 curves)")));
        Q_EMIT window.areas()->layoutEdited(before, window.areas()->layoutText());  // as the area menus tell it
        window.showPage(MainWindow::Page::Compare);
        window.workspace().undoStack()->undo();
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        QVERIFY(window.areas()->isViewShown(view));
        window.showPage(MainWindow::Page::Compare);
        QVERIFY(window.areas()->isViewShown(QStringLiteral("compare")) && !window.areas()->isViewShown(view));
        window.workspace().undoStack()->redo();
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        QVERIFY(window.areas()->isViewShown(QStringLiteral("curves")) && !window.areas()->isViewShown(view));
    }

    void thePaletteFindsAndDoes() {
        MainWindow window;
        home_.load(window);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        say(window, QStringLiteral("page compare"));
        QCOMPARE(window.page(), MainWindow::Page::Compare);
        say(window, QStringLiteral("page explore"));
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        // A setting by its name: its field has the focus
        say(window, QStringLiteral("mask.ratio"));
        auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
        QVERIFY(field != nullptr);
        QCOMPARE(field->accessibleName(), QStringLiteral("mask.ratio"));
        // Escape does nothing
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        QVERIFY(window.palette()->isVisible());
        QTest::keyClick(window.palette()->findChild<QLineEdit*>(), Qt::Key_Escape);
        QVERIFY(!window.palette()->isVisible());
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        // What cannot be done now says why, and nothing happens
        QSignalSpy reasons(window.palette(), &CommandPalette::reasonAsked);
        say(window, QStringLiteral("undo"));
        QCOMPARE(reasons.size(), 1);
    }

private:
    void dropAFolder(MainWindow& window) {
        Workspace& workspace = window.workspace();
        workspace.loadProject(home_.project());  // the tiny recipe; the data come by the mouse
        Project elsewhere = workspace.project();
        elsewhere.data = home_.path(QStringLiteral("shapes/test"));
        elsewhere.validation.clear();
        workspace.loadProject(elsewhere);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        drop(window, home_.path(QStringLiteral("shapes/train")));
        QCOMPARE(window.page(), MainWindow::Page::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr && !workspace.samples().empty(), kLongMs);
        QCOMPARE(workspace.project().data, home_.path(QStringLiteral("shapes/train")));
        QTRY_VERIFY_WITH_TIMEOUT(window.views().stage()->picture() != nullptr, kLongMs);
    }

    /// A stroke over the large picture.
    static void paint(MainWindow& window) {
        PictureStage* stage = window.views().stage();
        const auto before = stage->hidden();
        QSignalSpy strokes(stage, &PictureStage::strokeFinished);
        QTest::keyClick(&window, Qt::Key_B);
        QVERIFY(stage->isBrushEnabled());
        PictureTile* tile = nullptr;  // the large one
        for (PictureTile* each : stage->findChildren<PictureTile*>())
            if (each->isVisible() && (tile == nullptr || each->width() > tile->width())) tile = each;
        QVERIFY(tile != nullptr);
        const int visible = static_cast<int>(std::find(before.begin(), before.end(), 0) - before.begin());
        QPoint start;  // on a patch that is not hidden yet
        for (int y = 0; y < tile->height() && start.isNull(); y += 4)
            for (int x = 0; x < tile->width() && start.isNull(); x += 4)
                if (tile->patchAt(QPointF(x, y)) == visible) start = {x + 4, y + 4};
        QVERIFY(!start.isNull());
        QTest::mousePress(tile, Qt::LeftButton, {}, start);
        for (int way = 0; way <= 120; way += 12) moveMouse(tile, start + QPoint(way, way / 3), Qt::LeftButton);
        QTest::mouseRelease(tile, Qt::LeftButton, {}, start + QPoint(120, 40));
        QCOMPARE(strokes.size(), 1);
        QVERIFY(stage->hidden() != before);
        QVERIFY(window.workspace().hasOwnMask());
        window.workspace().undoStack()->undo();
        QCOMPARE(stage->hidden(), before);
        QTest::keyClick(&window, Qt::Key_B);
    }

    static void startAndPause(MainWindow& window) {
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(window.controlBar()->primaryButton()->isAvailable(), kLongMs);
        QTest::keyClick(&window, Qt::Key_Space);
        QVERIFY(workspace.currentRun() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step >= 1, kLongMs);
        if (workspace.currentRun()->state == RunState::Finished) return;
        QTest::keyClick(&window, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->state == RunState::Paused || workspace.currentRun()->state == RunState::Finished, kLongMs);
    }

    static void goOnToTheEnd(MainWindow& window) {
        if (window.workspace().currentRun()->state == RunState::Paused) QTest::keyClick(&window, Qt::Key_Space);
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().currentRun()->checkpoints.size() >= 3, kLongMs);
    }

    /// Home and back with the keys of the time panel: every view follows.
    static void scrub(MainWindow& window) {
        Workspace& workspace = window.workspace();
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged);
        QWidget* lanes = window.timePanel()->lanes();
        lanes->setFocus();
        QTest::keyClick(lanes, Qt::Key_Home);
        QCOMPARE(workspace.cursor(), std::optional<qint64>(0));
        QTRY_VERIFY_WITH_TIMEOUT(!pictures.isEmpty() && pictures.last()[1].toLongLong() == 0, kLongMs);
        QTest::keyClick(lanes, Qt::Key_Right);
        QTRY_VERIFY_WITH_TIMEOUT(pictures.last()[1].toLongLong() == *workspace.cursor() && *workspace.cursor() > 0, kLongMs);
        QTest::keyClick(&window, Qt::Key_N);
        QVERIFY(workspace.isFollowing());
    }

    static void compare(MainWindow& window) {
        Workspace& workspace = window.workspace();
        window.showPage(MainWindow::Page::Compare);
        QSignalSpy compared(&workspace, &Workspace::compared);
        workspace.fork(workspace.currentRun()->id, 0, {QStringLiteral("mask.ratio=0.5")});
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(
            !compared.isEmpty() && compared.last()[2].toLongLong() == WindowHome::kSteps && compared.last()[5].toLongLong() == WindowHome::kSteps,
            kLongMs);
    }

    void exportAll(MainWindow& window) {
        const QString figure = home_.path(QStringLiteral("loss.png")), film = home_.path(QStringLiteral("cat.gif"));
        window.views().curves()->writeTo(figure, QStringLiteral("a tiny run"));
        QVERIFY(!QImage(figure).isNull());
        QSignalSpy ended(&window.workspace(), &Workspace::filmEnded);
        window.workspace().exportFilm(film);
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLongMs);
        QVERIFY(QFileInfo(film).size() > 1000);
    }

    /// Ctrl+K, words, Enter.
    static void say(MainWindow& window, const QString& words) {
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        QVERIFY(window.palette()->isVisible());
        auto* line = window.palette()->findChild<QLineEdit*>();
        QTest::keyClicks(line, words);
        QTest::keyClick(line, Qt::Key_Return);
    }

    WindowHome home_;
};

MASKSCOPE_TEST(TestScript)
#include "tst_script.moc"
