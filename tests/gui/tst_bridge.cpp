#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>

#include "analysis/run_session.h"
#include "app/gui/bridge/data_desk.h"
#include "app/gui/bridge/film_desk.h"
#include "app/gui/bridge/forecast_desk.h"
#include "app/gui/bridge/run_watcher.h"
#include "app/gui/bridge/session_bridge.h"
#include "support/test_main.h"
#include "training/trainer.h"
#include "training/training_session.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace fs = std::filesystem;

/// What stands between the window and the engine.
class TestBridge : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lettingASessionGoWaitsForNothing() {
        SessionBridge bridge;
        QSignalSpy left(&bridge, &SessionBridge::allLeft);
        // A step of these takes much longer than anybody may wait
        const fs::path run = place("slow");
        bridge.attach(TrainingSession::start(
            run, request({QStringLiteral("train.batch=64"), QStringLiteral("encoder.depth=6"), QStringLiteral("encoder.width=192"),
                          QStringLiteral("encoder.heads=3"), QStringLiteral("train.steps=4000")})));
        QTRY_VERIFY_WITH_TIMEOUT(bridge.status().step >= 1, kLongMs);
        QElapsedTimer clock;
        clock.start();
        bridge.detach();
        const qint64 took = clock.elapsed();
        QVERIFY2(took < 30, qPrintable(QString::number(took)));
        QVERIFY(bridge.session() == nullptr);
        QVERIFY(bridge.isLeaving());
        QTRY_COMPARE_WITH_TIMEOUT(left.size(), 1, kLongMs);
        QVERIFY(!bridge.isLeaving());
        // It has saved what it had done, and another process may write the run now
        const auto resumed = Trainer::resume(run, {}, {});
        QVERIFY(resumed->step() >= 1);
    }

    void anotherSessionMayComeWhileOneIsLeaving() {
        SessionBridge bridge;
        QSignalSpy left(&bridge, &SessionBridge::allLeft), steps(&bridge, &SessionBridge::stepsCame);
        bridge.attach(TrainingSession::start(place("first"), request({QStringLiteral("train.steps=100000")})));
        QTRY_VERIFY_WITH_TIMEOUT(bridge.status().step >= 1, kLongMs);
        bridge.attach(TrainingSession::start(place("second"), request({})));
        steps.clear();
        QTRY_COMPARE_WITH_TIMEOUT(bridge.status().state, SessionState::Finished, kLongMs);
        QCOMPARE(steps.first()[0].value<std::vector<StepRecord>>().front().step, std::int64_t{1});  // of the second alone
        QTRY_COMPARE_WITH_TIMEOUT(left.size(), 1, kLongMs);
        bridge.detach();  // what is over goes at once
        QVERIFY(!bridge.isLeaving());
    }

    void aWatcherHearsOfARunWhatItsWriterHears() {
        struct Listener : TrainingObserver {
            std::vector<ValidationRecord> validations;
            void onValidation(const ValidationRecord& record) override { validations.push_back(record); }
        };
        const auto heard = std::make_shared<Listener>();
        Trainer::start(place("written"), request({}), {heard}, {})->run({}, {});
        RunWatcher watcher(place("written"));
        QSignalSpy glances(&watcher, &RunWatcher::glanced);
        watcher.glance();
        QTRY_COMPARE_WITH_TIMEOUT(glances.size(), 1, kLongMs);
        const auto glance = glances.first()[0].value<std::shared_ptr<const RunGlance>>();
        QVERIFY(glance->isWhole && !glance->isBeingWritten);
        QCOMPARE(glance->validations.size(), heard->validations.size());
        QCOMPARE(glance->validations.back().baselines.inpaint, heard->validations.back().baselines.inpaint);
        QCOMPARE(glance->validations.back().skill, heard->validations.back().skill);
        watcher.glance();  // nothing is told twice
        QTRY_COMPARE_WITH_TIMEOUT(glances.size(), 2, kLongMs);
        QVERIFY(glances.last()[0].value<std::shared_ptr<const RunGlance>>()->steps.empty());
    }

    void forecastsOfQuickChangesAreAnsweredOnce() {
        ForecastDesk desk;
        QSignalSpy answers(&desk, &ForecastDesk::answered), failures(&desk, &ForecastDesk::failed);
        desk.ask(request({QStringLiteral("encoder.width=48")}));
        desk.ask(request({QStringLiteral("encoder.width=96")}));
        desk.ask(request({}));
        QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 1, kLongMs);
        const auto forecast = answers.first()[0].value<std::shared_ptr<const Forecast>>();
        QCOMPARE(forecast->steps, WindowHome::kSteps);
        QVERIFY(forecast->totalSeconds > 0.0);
        TrainingRequest gone = request({});
        gone.data = place("nowhere");
        desk.ask(gone);
        QTRY_COMPARE_WITH_TIMEOUT(failures.size(), 1, kLongMs);
        QVERIFY(failures.first()[0].toString().contains(QStringLiteral("nowhere")));
        desk.ask(request({}));
        desk.cancel();
        QTest::qWait(ForecastDesk::kRestMs + 300);
        QCOMPARE(answers.size(), 1);
    }

    void aTrialTellsParametersAndMasksThatCannotBe() {
        DataDesk desk;
        QSignalSpy opened(&desk, &DataDesk::opened), tried(&desk, &DataDesk::recipeTried);
        const Project project = home_.project();
        const RecipeReading reading = readRecipe(project);
        desk.open(project, reading);
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, kLongMs);
        desk.tryRecipe(opened.first()[0].value<std::shared_ptr<const OpenedData>>(), reading);
        QTRY_COMPARE_WITH_TIMEOUT(tried.size(), 1, kLongMs);
        QVERIFY(tried.first()[0].toLongLong() > 0);
        const auto problems = tried.first()[1].value<QMap<QString, QString>>();
        QVERIFY(problems.contains(QStringLiteral("span")) && !problems.contains(QStringLiteral("block")));
    }

    void aFilmIsWrittenOrCancelled() {
        Trainer::start(place("filmed"), request({}), {}, {})->run({}, {});
        const RunSession opened = openRunSession(place("filmed"), std::nullopt);
        const auto data = opened.session->domain().open(home_.path(QStringLiteral("shapes/test")).toStdString(), {.cacheMb = 0});
        const FilmRequest request{place("filmed"), DataSample{data, 1}, PinnedMask{}, {}};
        FilmDesk desk;
        QSignalSpy written(&desk, &FilmDesk::written), progress(&desk, &FilmDesk::progressed), cancelled(&desk, &FilmDesk::cancelled);
        const QString film = home_.path(QStringLiteral("film.gif")), none = home_.path(QStringLiteral("none.gif"));
        desk.shoot(request, film);
        QTRY_COMPARE_WITH_TIMEOUT(written.size(), 1, kLongMs);
        QFile file(film);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.read(6), QByteArray("GIF89a"));
        QVERIFY(progress.size() >= 3);
        QCOMPARE(progress.last()[0], progress.last()[1]);
        desk.shoot(request, none);
        desk.cancelFilm();
        QTRY_COMPARE_WITH_TIMEOUT(cancelled.size(), 1, kLongMs);
        QTest::qWait(200);
        QCOMPARE(written.size(), 1);
        QVERIFY(!QFile::exists(none));
        desk.cancelFilm();  // nothing to cancel: nothing is said
        QTest::qWait(100);
        QCOMPARE(cancelled.size(), 1);
    }

    void anOpenedRunReadsTextsAsItLearnedToRead() {
        const QString texts = home_.path(QStringLiteral("texts"));
        QDir().mkpath(texts);
        write(texts + QStringLiteral("/one.txt"), sentences("king", "crown"));
        Project project{.recipe = QStringLiteral("bert"), .data = texts};
        for (const char* setting : {"input.vocabulary=290", "input.length=16", "train.steps=2", "train.batch=4", "encoder.width=16",
                                    "encoder.depth=1", "encoder.heads=2", "train.threads=1"})
            project =
                project.with(QString::fromLatin1(setting).section(QLatin1Char('='), 0, 0), QString::fromLatin1(setting).section(QLatin1Char('='), 1));
        const RecipeReading reading = readRecipe(project);
        const fs::path run = place("bert");
        Trainer::start(run, {.recipe = reading.recipe, .data = texts.toStdString(), .device = "cpu"}, {}, {})->run({}, {});
        // Other words since: learning anew from them would part words elsewhere
        write(texts + QStringLiteral("/two.txt"), sentences("sailor", "harbour").repeated(20));
        DataDesk desk;
        QSignalSpy opened(&desk, &DataDesk::opened);
        const RecipeReading kept = readRecipe(openRunSession(run, std::nullopt).description.request.recipe);
        desk.open(project, kept, QString::fromStdString(run.string()));
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, kLongMs);
        const auto data = opened.first()[0].value<std::shared_ptr<const OpenedData>>();
        const RunSession session = openRunSession(run, std::nullopt);
        const at::Tensor shown = data->domain->evaluationView(*data->training, {0, 1}, {}).tensor("tokens");
        const at::Tensor learned = session.session->domain().evaluationView(*data->training, {0, 1}, {}).tensor("tokens");
        QVERIFY(at::equal(shown, learned));
        desk.open(project, kept);  // a new run would learn them
        QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 2, kLongMs);
        const auto anew = opened.last()[0].value<std::shared_ptr<const OpenedData>>();
        QVERIFY(!at::equal(anew->domain->evaluationView(*anew->training, {0, 1}, {}).tensor("tokens"), learned));
    }

private:
    static QByteArray sentences(const QByteArray& first, const QByteArray& second) {
        QByteArray text;
        for (int i = 0; i < 80; ++i) text += "the " + (i % 3 == 0 ? first : second) + " sees the " + (i % 2 == 0 ? second : first) + " and waits.\n";
        return text;
    }
    static void write(const QString& path, const QByteArray& content) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    fs::path place(const char* name) const { return home_.path(QLatin1String(name)).toStdString(); }
    TrainingRequest request(const QStringList& settings) const {
        const Project project = home_.project(settings);
        return {.recipe = readRecipe(project).recipe,
                .data = project.data.toStdString(),
                .validation = project.validation.toStdString(),
                .device = "cpu"};
    }

    WindowHome home_;
};

MASKSCOPE_TEST(TestBridge)
#include "tst_bridge.moc"
