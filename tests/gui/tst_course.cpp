#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>
#include <filesystem>

#include "app/gui/forecast_note.h"
#include "app/gui/fork_dialog.h"
#include "app/gui/stage_area.h"
#include "app/gui/twin_dialog.h"
#include "core/files.h"
#include "support/test_main.h"
#include "training/training_session.h"
#include "widgets/compare/run_table.h"
#include "widgets/compare/settings_difference.h"
#include "widgets/panels/status_line.h"
#include "widgets/pictures/over_time_strip.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/plots/doctor_view.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace fs = std::filesystem;

namespace {

/// Accepts the next dialog of a kind after `prepare`.
template <typename Dialog, typename Prepare>
void answerNext(QObject* context, Prepare prepare) {
    auto* timer = new QTimer(context);
    QObject::connect(timer, &QTimer::timeout, context, [timer, prepare] {
        auto* dialog = qobject_cast<Dialog*>(QApplication::activeModalWidget());
        if (dialog == nullptr) return;
        timer->deleteLater();
        prepare(*dialog);
        dialog->accept();
    });
    timer->start(20);
}

}  // namespace

/// What a run will take, how it goes, and what becomes of it: forecast, check-ups, twins, forks, the way back.
class TestCourse : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatARunTakesIsSaidBeforeItStarts() {
        MainWindow window;
        window.resize(1440, 900);
        home_.load(window);
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().forecast() != nullptr, kLongMs);
        QVERIFY2(window.forecastNote()->text().startsWith(QStringLiteral("About ")), qPrintable(window.forecastNote()->text()));
        QVERIFY(!window.forecastNote()->isWarning());
        QVERIFY(window.forecastNote()->isVisible());
        const std::int64_t parameters = window.workspace().forecast()->parameters;
        window.workspace().setSetting(QStringLiteral("encoder.width"), QStringLiteral("48"));
        QVERIFY(window.workspace().forecast() == nullptr);  // the old one says nothing of this recipe
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().forecast() != nullptr, kLongMs);
        QVERIFY(window.workspace().forecast()->parameters > parameters);
        window.workspace().start();
        QTRY_VERIFY_WITH_TIMEOUT(!window.forecastNote()->isVisible(), kLongMs);
    }

    void whatWillNotFitIsAWarning() {
        ForecastNote note;
        note.setForecast(std::make_shared<const Forecast>(Forecast{.trialSteps = 2, .totalSeconds = 70, .peakBytes = 9e9, .availableBytes = 4e9}),
                         {});
        QVERIFY(note.isWarning());
        QVERIFY2(note.text().contains(QStringLiteral("9.00")) && note.text().contains(QStringLiteral("train.batch")), qPrintable(note.text()));
        note.setForecast(std::make_shared<const Forecast>(Forecast{.trialSteps = 2, .totalSeconds = 70, .peakBytes = 1e9, .availableBytes = 4e9}),
                         {});
        QVERIFY(!note.isWarning());
        note.setForecast(nullptr, QStringLiteral("the data have gone"));
        QCOMPARE(note.toolTip(), QStringLiteral("the data have gone"));
    }

    void aReopenedRunShowsWhatItShowedLive() {
        const QString run = home_.finishedRun();
        QVERIFY(!run.isEmpty());
        MainWindow window;
        window.showPage(MainWindow::Page::Train);  // curves and doctor
        window.workspace().openRun(run);
        const auto curves = [&] { return window.workspace().curves()->find(run); };
        QTRY_VERIFY_WITH_TIMEOUT(curves() != nullptr && curves()->of(Metric::TrainingLoss).size() == std::size_t{WindowHome::kSteps}, kLongMs);
        QCOMPARE(curves()->of(Metric::Skill).size(), std::size_t{4});
        QVERIFY(curves()->baselines.has_value());
        QVERIFY(curves()->baselines->inpaint > 0.0 && curves()->baselines->nearestVisible > 0.0);
        const std::size_t checkpoints = window.workspace().currentRun()->checkpoints.size();
        QTRY_COMPARE_WITH_TIMEOUT(curves()->of(Metric::ProbeAccuracy).size(), checkpoints, kLongMs);
        QCOMPARE(curves()->of(Metric::FeatureRank).size(), checkpoints);
        const auto accuracy = window.workspace().currentRun()->checkup->neighbourAccuracy;
        QVERIFY(accuracy && *accuracy >= 0.0 && *accuracy <= 1.0);  // two samples a class: perhaps none is named right
        QCOMPARE(curves()->of(Metric::ProbeAccuracy).at(checkpoints - 1).value, *accuracy);
        // The table of runs says the same
        const RunTableModel* table = window.views().runs()->model();
        QCOMPARE(table->index(0, RunTableModel::Probe).data(RunTableModel::kSortRole).toDouble(), *accuracy);
        QVERIFY(table->index(0, RunTableModel::Started).data(RunTableModel::kSortRole).toDouble() > 1e12);  // ms since 1970
    }

    /// Start trains what the column shows: after a run was opened, its recipe on its data.
    void startTrainsWhatIsShown() {
        const QString opened = home_.train({QStringLiteral("mask.ratio=0.6")});
        MainWindow window;
        Project other = home_.project({QStringLiteral("encoder.width=32")});
        other.data = home_.path(QStringLiteral("shapes/test"));
        other.validation.clear();
        Workspace& workspace = window.workspace();
        workspace.loadProject(other);
        window.showPage(MainWindow::Page::Explore);
        workspace.openRun(opened);
        QCOMPARE(workspace.reading()->summary.ratio, 0.6);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.forecast() != nullptr, kLongMs);
        workspace.start();
        const QString started = workspace.currentRun()->id;
        QVERIFY(started != opened);
        SettingsDifference difference;
        difference.setRuns(opened, workspace.find(opened)->settings, started, workspace.currentRun()->settings);
        QCOMPARE(difference.rowCount(), 0);
        QCOMPARE(workspace.currentRun()->data, home_.path(QStringLiteral("shapes/train")));
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QCOMPARE(modelBytes(opened, WindowHome::kSteps), modelBytes(started, WindowHome::kSteps));
        // And a project that is begun is the project again
        workspace.beginProject(other, QStringLiteral("begin"));
        QVERIFY(workspace.currentRun() == nullptr);
        QCOMPARE(workspace.reading()->summary.network.encoderWidth, qint64{32});
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        QCOMPARE(QString::fromStdString(workspace.data()->training->path()), other.data);
    }

    void aRunThatGrowsElsewhereIsFollowed() {
        const fs::path run = home_.path(QStringLiteral("elsewhere")).toStdString();
        const Project project = home_.project({QStringLiteral("train.checkpoint_every=5"), QStringLiteral("train.validate_every=5")});
        const auto session = TrainingSession::start(
            run, {.recipe = readRecipe(project).recipe, .data = project.data.toStdString(), .validation = project.validation.toStdString()},
            {.startPaused = true});
        QTRY_VERIFY_WITH_TIMEOUT(session->status().state == SessionState::Paused, kLongMs);
        for (int i = 0; i < 12; ++i) session->step();
        QTRY_VERIFY_WITH_TIMEOUT(session->status().step == 12, kLongMs);
        MainWindow window;
        window.showPage(MainWindow::Page::Train);
        const QString id = QString::fromStdString(run.string());
        window.workspace().openRun(id);
        const auto found = [&] { return window.workspace().find(id); };
        QTRY_COMPARE_WITH_TIMEOUT(found()->state, RunState::Watching, kLongMs);
        const auto size = [&](Metric metric) { return window.workspace().curves()->find(id)->of(metric).size(); };
        QTRY_COMPARE_WITH_TIMEOUT(size(Metric::TrainingLoss), std::size_t{12}, kLongMs);
        QCOMPARE(size(Metric::Skill), std::size_t{2});
        QVERIFY(window.workspace().controlStatus().secondsLeft > 0.0);
        session->resumeTraining();
        QTRY_COMPARE_WITH_TIMEOUT(size(Metric::TrainingLoss), std::size_t{WindowHome::kSteps}, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(found()->state, RunState::Finished, kLongMs);
        QCOMPARE(size(Metric::Skill), std::size_t{8});
        QVERIFY(window.workspace().curves()->find(id)->baselines.has_value());
        QTRY_VERIFY_WITH_TIMEOUT(size(Metric::ProbeAccuracy) >= 2, kLongMs);
    }

    void twinsDifferInOneSettingAlone() {
        MainWindow window;
        home_.load(window);
        window.showPage(MainWindow::Page::Compare);
        Workspace& workspace = window.workspace();
        QSignalSpy compared(&workspace, &Workspace::compared);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        answerNext<TwinDialog>(&window, [](TwinDialog& dialog) {
            for (QLineEdit* edit : dialog.findChildren<QLineEdit*>()) edit->setText(QStringLiteral("0.5"));
        });
        for (QAction* action : window.actions())
            if (action->text().startsWith(QStringLiteral("Twin"))) action->trigger();
        QVERIFY(workspace.currentRun() != nullptr);
        QCOMPARE(workspace.waitingTwins(), 1);
        const QString first = workspace.currentRun()->id;
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->id != first && workspace.currentRun()->state == RunState::Finished, 2 * kLongMs);
        const OpenRun& twin = *workspace.currentRun();
        QCOMPARE(twin.forkedFrom, first);
        QCOMPARE(twin.firstStep, qint64{0});
        SettingsDifference difference;
        difference.setRuns(first, workspace.find(first)->settings, twin.id, twin.settings);
        QCOMPARE(difference.rowCount(), 1);
        QCOMPARE(difference.index(0, 0).data().toString(), QStringLiteral("mask.ratio"));
        QCOMPARE(workspace.reading()->summary.ratio, 0.5);       // the column shows the twin's recipe
        QCOMPARE(modelBytes(first, 0), modelBytes(twin.id, 0));  // the same start
        QVERIFY(modelBytes(first, WindowHome::kSteps) != modelBytes(twin.id, WindowHome::kSteps));
        // In lockstep: same step, same mask
        const auto inLockstep = [&] {
            if (compared.isEmpty()) return false;
            const auto a = compared.last()[1].value<std::shared_ptr<const Picture>>(), b = compared.last()[4].value<std::shared_ptr<const Picture>>();
            return compared.last()[0].toString() == first && a != nullptr && b != nullptr && compared.last()[2] == compared.last()[5] &&
                   compared.last()[2].toLongLong() == WindowHome::kSteps && std::get<ImagePicture>(*a).hidden == std::get<ImagePicture>(*b).hidden;
        };
        QTRY_VERIFY_WITH_TIMEOUT(inLockstep(), kLongMs);
        workspace.setCursor(20);
        QTRY_VERIFY_WITH_TIMEOUT(compared.last()[2].toLongLong() == 20 && compared.last()[5].toLongLong() == 20, kLongMs);
    }

    void everyCheckpointForks() {
        const QString parent = home_.finishedRun();
        MainWindow window;
        window.showPage(MainWindow::Page::Train);
        Workspace& workspace = window.workspace();
        workspace.openRun(parent);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->checkpoints.size() >= 3, kLongMs);
        const std::vector<qint64> checkpoints = workspace.currentRun()->checkpoints;
        QCOMPARE(checkpoints.front(), qint64{0});
        QCOMPARE(checkpoints.back(), WindowHome::kSteps);
        for (const qint64 step : checkpoints) {
            workspace.setCurrentRun(parent);
            workspace.fork(parent, step, {QStringLiteral("train.optimizer.lr=1e-4")});
            const OpenRun* fork = workspace.currentRun();
            QVERIFY2(fork->id != parent, qPrintable(QString::number(step)));
            QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
            QCOMPARE(fork->firstStep, step);
            QCOMPARE(fork->lane().forkedFrom, parent);
            QCOMPARE(modelBytes(fork->id, step), modelBytes(parent, step));
            const CurveSeries& losses = workspace.curves()->find(fork->id)->of(Metric::TrainingLoss);
            QCOMPARE(losses.size(), static_cast<std::size_t>(WindowHome::kSteps - step));
            if (!losses.empty()) QCOMPARE(losses.firstStep(), static_cast<double>(step + 1));
        }
    }

    void aForkThatCannotBeStopsNothing() {
        MainWindow window;
        home_.load(window, {QStringLiteral("train.steps=100000")});
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > 0 && !workspace.currentRun()->checkpoints.empty(), kLongMs);
        QSignalSpy messages(&workspace, &Workspace::messaged);
        const QString run = workspace.currentRun()->id;
        workspace.fork(run, 0, {QStringLiteral("mask.ratoi=0.5")});
        QVERIFY(warnedOf(messages, QStringLiteral("ratoi")));
        QCOMPARE(workspace.currentRun()->id, run);
        QVERIFY(workspace.session().isActive());
        // One that can be is begun at once; what trained saves by itself
        workspace.fork(run, 0, {QStringLiteral("train.steps=5")});
        QVERIFY(workspace.currentRun()->id != run);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.find(run)->state, RunState::Stopped, kLongMs);
        QVERIFY(workspace.find(run)->checkpoints.back() > 0);
    }

    void aRunThatDiedSaysWhereAndGoesBack() {
        MainWindow window;
        home_.load(window, {QStringLiteral("train.optimizer.lr=1e38"), QStringLiteral("train.schedule.warmup=0")});
        window.showPage(MainWindow::Page::Train);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Failed, kLongMs);
        const QString dead = workspace.currentRun()->id;
        const QString failure = workspace.currentRun()->failure;
        QVERIFY2(failure.contains(QStringLiteral("at step ")), qPrintable(failure));
        QVERIFY2(
            failure.contains(QRegularExpression(QStringLiteral("in (block \\d+ of|the parameter|the gradient of|the embedding|the prediction)"))),
            qPrintable(failure));
        QCOMPARE(workspace.currentRun()->health->verdict, Verdict::Diverged);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->health->suggestedStep.has_value(), kLongMs);  // once its folder was looked at
        answerNext<ForkDialog>(&window, [](ForkDialog& dialog) {
            QVERIFY2(dialog.settings().join(QLatin1Char(' ')).contains(QStringLiteral("train.optimizer.lr=5e+37")),
                     qPrintable(dialog.settings().join(QLatin1Char(' '))));  // half of what it was
            dialog.findChild<QLineEdit*>()->setText(QStringLiteral("train.optimizer.lr=1e-3"));
        });
        QPushButton* back = nullptr;
        for (QPushButton* button : window.views().doctor()->findChildren<QPushButton*>())
            if (button->text().startsWith(QStringLiteral("Go back"))) back = button;
        QVERIFY(back != nullptr && back->isEnabled());
        back->click();
        QVERIFY(workspace.currentRun()->id != dead);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Finished, kLongMs);
        QCOMPARE(workspace.currentRun()->forkedFrom, dead);
        QVERIFY(workspace.find(dead)->failure == failure);  // what went wrong stays to be looked at
    }

    void theStageShowsTheSampleOverTime() {
        MainWindow window;
        window.resize(1600, 1000);
        window.showPage(MainWindow::Page::Explore);
        window.show();
        Workspace& workspace = window.workspace();
        workspace.openRun(home_.finishedRun());
        OverTimeStrip* strip = window.views().stageArea()->strip();
        QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible() && strip->cellCount() >= 3, kLongMs);
        strip->activateCell(0);
        QCOMPARE(workspace.cursor(), std::optional<qint64>(0));
        QTRY_COMPARE_WITH_TIMEOUT(strip->currentStep(), qint64{0}, kLongMs);
        // A mask of one's own is shown over time as well
        QSignalSpy answers(&workspace, &Workspace::overTimeChanged);
        std::vector<std::uint8_t> hidden(64, 0);
        hidden[3] = 1;
        workspace.setMask(hidden);
        const auto answered = [&] {
            if (answers.isEmpty()) return false;
            const auto shown = answers.last()[0].value<std::vector<std::shared_ptr<const ReconstructionRecord>>>();
            return shown.size() >= 3 && std::get<ImagePicture>(shown.front()->picture).hidden == hidden;
        };
        QTRY_VERIFY_WITH_TIMEOUT(answered(), kLongMs);
    }

private:
    static QByteArray modelBytes(const QString& run, qint64 step) {
        const std::string bytes = readFile(fs::path(run.toStdString()) / "checkpoints" / ("step-" + std::to_string(step)) / "model.safetensors");
        return {bytes.data(), static_cast<qsizetype>(bytes.size())};
    }

    WindowHome home_;
};

MASKSCOPE_TEST(TestCourse)
#include "tst_course.moc"
