#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// What can be made of a run afterwards, and known of one before: fork, live changes, doctor, film, forecast.
class TestForkAndFilm : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void forksGoOnFromTheirCheckpoint();
    void twinsHaveTheSameStart();
    void forksSayWhatDiffers();
    void wrongForksAreRefused_data();
    void wrongForksAreRefused();
    void settingsChangeFromAResumeOn();
    void settingsThatCannotChangeAreRefused();
    void doctorsGiveAVerdict();
    void filmsShowEveryCheckpoint_data();
    void filmsShowEveryCheckpoint();
    void wrongFilmsAreRefused();
    void forecastsLeaveNothingBehind();

private:
    QString place(const char* name) const { return folder_.filePath(QLatin1String(name)); }
    QTemporaryDir folder_;
    QString run_;
};

void TestForkAndFilm::initTestCase() {
    run_ = place("parent");
    QCOMPARE(runCli(trainArguments(run_, {"train.keep_recent=10"})).status, 0);
}

void TestForkAndFilm::forksGoOnFromTheirCheckpoint() {
    const Outcome outcome = runCli({"fork", run_, "--step", "6", "--out", place("same"), "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lastObject()["steps"].toInt(), 12);
    QCOMPARE(metricsColumn(place("same"), "step"), QStringLiteral("7 8 9 10 11 12").split(' '));
    QCOMPARE(metricsColumn(place("same"), "loss"), metricsColumn(run_, "loss").mid(6));
    QVERIFY(!model(place("same"), 12).isEmpty() && model(place("same"), 12) == model(run_, 12));
    QVERIFY(contentOf(place("same") + "/run.toml").contains("[origin]"));
}

void TestForkAndFilm::twinsHaveTheSameStart() {
    const Outcome outcome = runCli(QStringList{"fork", run_, "--step", "0", "--steps", "3", "--out", place("twin")} + settings({"mask.ratio=0.5"}));
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(model(place("twin"), 0) == model(run_, 0));
    QVERIFY(model(place("twin"), 3) != model(run_, 3));
}

void TestForkAndFilm::forksSayWhatDiffers() {
    const Outcome outcome =
        runCli(QStringList{"fork", run_, "--step", "6", "--steps", "6", "--out", place("told")} + settings({"train.optimizer.lr=0.25"}));
    QVERIFY2(outcome.err.contains("train.optimizer.lr: 0.002 | 0.25"), outcome.told().constData());
}

void TestForkAndFilm::wrongForksAreRefused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    QTest::newRow("no such checkpoint") << QStringList{run_, "--step", "7"} << "there are 0, 3, 6, 9, 12";
    QTest::newRow("another model") << QStringList{run_, "--step", "6", "--set", "encoder.width=32"} << "another model";
    QTest::newRow("a slip of the keyboard") << QStringList{run_, "--step", "6", "--set", "mask.ratoi=0.5"} << "did you mean 'ratio'";
    QTest::newRow("no run") << QStringList{pictures("train"), "--step", "6"} << "run.toml is missing";
    QTest::newRow("no step") << QStringList{run_} << "--step";
}

void TestForkAndFilm::wrongForksAreRefused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const Outcome outcome = runCli(QStringList{"fork"} + arguments + QStringList{"--out", place("never")});
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QVERIFY(!QDir(place("never")).exists());
}

void TestForkAndFilm::settingsChangeFromAResumeOn() {
    const QString run = place("changed");
    QCOMPARE(runCli(trainArguments(run, {"train.schedule.kind=constant", "train.schedule.warmup=0"}, {"--steps", "3"})).status, 0);
    QCOMPARE(runCli({"resume", run, "--steps", "6", "--set", "train.optimizer.lr=0.0005"}).status, 0);
    QCOMPARE(runCli({"resume", run, "--steps", "7"}).status, 0);
    QCOMPARE(metricsColumn(run, "lr"), (QStringList{"0.002", "0.002", "0.002", "5e-04", "5e-04", "5e-04", "5e-04"}));
}

void TestForkAndFilm::settingsThatCannotChangeAreRefused() {
    const QByteArray before = contentOf(run_ + "/metrics.csv");
    for (const char* setting : {"mask.ratio=0.5", "train.optimizer.lr=-1", "train.optimizer.lr=fast", "train.clip"}) {
        const Outcome outcome = runCli({"resume", run_, "--steps", "14", "--set", QLatin1String(setting)});
        QVERIFY2(outcome.status == 2 && !outcome.problem().isEmpty(), outcome.told().constData());
    }
    QCOMPARE(contentOf(run_ + "/metrics.csv"), before);
}

void TestForkAndFilm::doctorsGiveAVerdict() {
    const Outcome outcome = runCli({"doctor", run_, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject health = outcome.lastObject();
    QCOMPARE(health["verdict"].toString(), QStringLiteral("too_early"));  // 12 steps
    QCOMPARE(health["step"].toInt(), 12);
    QVERIFY(!health["findings"].toArray().isEmpty());
    const QString longer = place("longer");
    QCOMPARE(runCli(trainArguments(longer, {"train.steps=60", "train.optimizer.lr=0.01"})).status, 0);
    const Outcome judged = runCli({"doctor", longer, "--json"});
    QVERIFY2(judged.lastObject()["verdict"].toString() != QStringLiteral("too_early"), judged.told().constData());
    QVERIFY(judged.lastObject()["findings"].toArray().size() >= 3);
    QCOMPARE(runCli({"doctor", pictures("train")}).status, 2);
}

void TestForkAndFilm::filmsShowEveryCheckpoint_data() {
    QTest::addColumn<bool>("animated");
    QTest::newRow("an animation") << true;
    QTest::newRow("numbered pictures") << false;
}

void TestForkAndFilm::filmsShowEveryCheckpoint() {
    QFETCH(bool, animated);
    const QString out = place(animated ? "film.gif" : "film");
    const Outcome outcome = runCli({"film", "--run", run_, "--image", onePicture(), "--out", out, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lastObject()["frames"].toArray().size(), checkpointSteps(run_).size());
    if (animated)
        QVERIFY(contentOf(out).startsWith("GIF89a"));
    else
        for (qsizetype i = 0; i < checkpointSteps(run_).size(); ++i)
            QVERIFY(isPng(QStringLiteral("%1/frame-%2.png").arg(out).arg(i, 4, 10, QLatin1Char('0'))));
}

void TestForkAndFilm::wrongFilmsAreRefused() {
    QCOMPARE(runCli({"film", "--run", run_, "--image", place("none.png"), "--out", place("none.gif")}).status, 2);
    QCOMPARE(runCli({"film", "--run", pictures("train"), "--image", onePicture(), "--out", place("none.gif")}).status, 2);
    QCOMPARE(runCli({"film", "--run", run_, "--image", onePicture(), "--mask", "randon", "--out", place("none.gif")}).status, 2);
    QVERIFY(!QFile::exists(place("none.gif")));
}

void TestForkAndFilm::forecastsLeaveNothingBehind() {
    const QStringList before = listing(folder_.path());
    const Outcome outcome = runCli(QStringList{"forecast", "mae", "--data", pictures("train"), "--json"} + tiny(), folder_.path());
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject forecast = outcome.lastObject();
    QCOMPARE(forecast["steps"].toInt(), 12);
    QVERIFY(forecast["total_seconds"].toDouble() > 12 * 0.9 * forecast["step_seconds"].toDouble());
    QVERIFY(forecast["disk_bytes"].toDouble() > forecast["checkpoint_bytes"].toDouble());
    QCOMPARE(listing(folder_.path()), before);
    QCOMPARE(runCli({"forecast", "mae", "--data", place("nothing")}).status, 2);
}

MASKSCOPE_TEST(TestForkAndFilm)
#include "tst_fork_and_film.moc"
