#include "app/gui/fork_dialog.h"
#include "app/gui/main_window.h"

#include <QApplication>
#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "sample_data/sample_data.h"
#include "support/test_main.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/status_line.h"
#include "widgets/panels/time_panel.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/theme/theme.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

/// A whole session on tiny data: the classes of the window with the real engine below them.
class TestWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(home_.isValid());
        qputenv("XDG_DATA_HOME", home_.filePath(QStringLiteral("data")).toUtf8());
        qputenv("XDG_CONFIG_HOME", home_.filePath(QStringLiteral("config")).toUtf8());
        setTheme(ThemeKind::Dark);
        generateSampleData(home_.filePath(QStringLiteral("shapes")).toStdString(), {.trainImages = 40, .testImages = 20, .sidePx = 32});
        qRegisterMetaType<std::shared_ptr<const Picture>>();
    }

    void opensReadyOnItsData() {
        MainWindow window;
        load(window);
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        QVERIFY(window.controlBar()->primaryButton()->isAvailable());
        QCOMPARE(window.controlBar()->primaryButton()->text(), QStringLiteral("Start"));
        QTRY_VERIFY_WITH_TIMEOUT(window.views().stage()->picture() != nullptr, kLongMs);  // masked, before any training
    }

    void startsPausesStepsGoesOnAndStops() {
        MainWindow window;
        load(window, 2000);  // long enough to be caught running
        startRun(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->state == RunState::Running && workspace.currentRun()->step >= 1, kLongMs);
        window.controlBar()->primaryButton()->click();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        const qint64 paused = workspace.session().status().step;
        window.controlBar()->stepButton()->click();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.session().status().step, paused + 1, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        window.controlBar()->primaryButton()->click();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > paused + 1, kLongMs);
        window.controlBar()->stopButton()->click();
        QTRY_VERIFY_WITH_TIMEOUT(!isActive(workspace.currentRun()->state), kLongMs);
        if (workspace.currentRun()->state == RunState::Finished) QSKIP("the run was over before it could be stopped");
        QTRY_COMPARE_WITH_TIMEOUT(window.controlBar()->primaryButton()->text(), QStringLiteral("Resume"), kLongMs);
        window.controlBar()->primaryButton()->click();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QCOMPARE(workspace.currentRun()->step, qint64{2000});
    }

    void aFinishedRunOpensAndAnswersFromThePast() {
        MainWindow window;
        window.showPage(MainWindow::Page::Explore);
        Workspace& workspace = window.workspace();
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged);
        workspace.openRun(finishedRun());
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun() != nullptr && workspace.currentRun()->state == RunState::Finished, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.curves()->find(workspace.currentRun()->id)->of(Metric::TrainingLoss).size(),
                                  std::size_t{WindowHome::kSteps}, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!pictures.isEmpty() && pictures.last()[1].toLongLong() == WindowHome::kSteps, kLongMs);
        workspace.setCursor(0);
        QTRY_VERIFY_WITH_TIMEOUT(pictures.last()[1].toLongLong() == 0, kLongMs);
        QVERIFY(!window.timePanel()->isFollowing());
    }

    void aMaskOfOnesOwnIsAnsweredAndUndone() {
        MainWindow window;
        window.showPage(MainWindow::Page::Explore);
        Workspace& workspace = window.workspace();
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged);
        workspace.openRun(finishedRun());
        QTRY_VERIFY_WITH_TIMEOUT(!pictures.isEmpty() && pictures.last()[1].toLongLong() == WindowHome::kSteps, kLongMs);
        std::vector<std::uint8_t> hidden(64, 0);
        hidden[9] = hidden[10] = 1;
        const auto before = window.views().stage()->hidden();
        workspace.recordStroke(before, hidden);
        workspace.setMask(hidden);
        const auto shownMask = [&] {
            const auto picture = pictures.last()[0].value<std::shared_ptr<const Picture>>();
            return std::get<ImagePicture>(*picture).hidden;
        };
        QTRY_COMPARE_WITH_TIMEOUT(shownMask(), hidden, kLongMs);
        workspace.undoStack()->undo();
        QTRY_COMPARE_WITH_TIMEOUT(shownMask(), before, kLongMs);
    }

    void aChangeOfTheRecipeIsUndone() {
        MainWindow window;
        load(window);
        Workspace& workspace = window.workspace();
        QCOMPARE(*workspace.reading()->summary.ratio, 0.75);
        workspace.setSetting(QStringLiteral("mask.ratio"), QStringLiteral("0.5"));
        QCOMPARE(*workspace.reading()->summary.ratio, 0.5);
        workspace.setStrategy(QStringLiteral("block"));
        QCOMPARE(workspace.reading()->summary.strategy, QStringLiteral("block"));
        workspace.undoStack()->undo();
        workspace.undoStack()->undo();
        QCOMPARE(*workspace.reading()->summary.ratio, 0.75);
    }

    void aSettingOfAnOpenedRunOffersAFork() {
        MainWindow window;
        Workspace& workspace = window.workspace();
        workspace.openRun(finishedRun());
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun() != nullptr && workspace.currentRun()->state == RunState::Finished, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.reading() != nullptr && workspace.reading()->recipe.root == workspace.currentRun()->recipe.root, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!workspace.currentRun()->checkpoints.empty(), kLongMs);
        QStringList offered;
        QTimer::singleShot(300, &window, [&] {
            if (auto* dialog = qobject_cast<ForkDialog*>(QApplication::activeModalWidget())) {
                offered = dialog->settings();
                dialog->reject();
            }
        });
        workspace.setSetting(QStringLiteral("mask.ratio"), QStringLiteral("0.5"));
        QCOMPARE(offered, QStringList{QStringLiteral("mask.ratio=0.5")});
        QCOMPARE(*workspace.reading()->summary.ratio, 0.75);
    }

    void aSettingOutOfRangeIsSaidAndKeepsNothingFromGoingOn() {
        MainWindow window;
        load(window);
        window.workspace().setSetting(QStringLiteral("mask.ratoi"), QStringLiteral("0.5"));
        QTRY_VERIFY(!window.workspace().problem().isEmpty() || window.workspace().reading() != nullptr);
        window.workspace().undoStack()->undo();
        QVERIFY(window.workspace().problem().isEmpty());
    }

    void droppedImagesComeOnTheStage() {
        MainWindow window;
        load(window);
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        const auto before = window.workspace().samples().size();
        const QDir classes(home_.filePath(QStringLiteral("shapes/test")));
        const QDir first(classes.filePath(classes.entryList(QDir::Dirs | QDir::NoDotAndDotDot).first()));
        drop(window, first.filePath(first.entryList(QDir::Files).first()));
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().samples().size(), before + 1, kLongMs);
        QCOMPARE(window.workspace().currentSample(), static_cast<int>(before));
    }

    void everyPageHasALayoutThatItUnderstands() {
        MainWindow window;
        load(window);
        for (const MainWindow::Page page : MainWindow::pages()) {
            window.showPage(page);
            QCOMPARE(MainWindow::pageOf(MainWindow::pageId(page)), std::optional(page));
            QVERIFY(!window.grab().isNull());
            if (page != MainWindow::Page::Welcome) QVERIFY(!window.areas()->shownViews().isEmpty());
        }
    }

    void theCommandLineSaysTheSame() {
        MainWindow window;
        load(window);
        const QString line = window.workspace().commandLine();
        QVERIFY2(line.startsWith(QStringLiteral("maskscope-cli train mae --data ")), qPrintable(line));
        QVERIFY(line.contains(QStringLiteral("train.steps=%1").arg(WindowHome::kSteps)));
        QCOMPARE(shellWord(QStringLiteral("it's")), QStringLiteral("'it'\\''s'"));
    }

private:
    void load(MainWindow& window, int steps = 40) const {
        Project project;
        project.data = home_.filePath(QStringLiteral("shapes/train"));
        project.validation = home_.filePath(QStringLiteral("shapes/test"));
        for (const auto& [key, value] : {std::pair("train.steps", steps), std::pair("train.batch", 4), std::pair("train.checkpoint_every", steps / 4),
                                         std::pair("encoder.depth", 1), std::pair("encoder.width", 24), std::pair("encoder.heads", 2)})
            project = project.with(QLatin1String(key), QString::number(value));
        window.workspace().loadProject(project);
        window.showPage(MainWindow::Page::Explore);
    }

    static void startRun(MainWindow& window) {
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        window.controlBar()->primaryButton()->click();
        QVERIFY(window.workspace().currentRun() != nullptr);
    }

    /// Of the test before, or made now where that one was left out.
    QString finishedRun() {
        if (!finishedRun_.isEmpty()) return finishedRun_;
        MainWindow window;
        load(window);
        startRun(window);
        [&] { QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs); }();
        return finishedRun_ = window.workspace().currentRun()->id;
    }

    QTemporaryDir home_;
    QString finishedRun_;
};

MASKSCOPE_TEST(TestWindow)
#include "tst_window.moc"
