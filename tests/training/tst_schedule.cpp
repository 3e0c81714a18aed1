#include "core/error.h"
#include "core/param_reader.h"
#include "core/toml.h"
#include "training/schedule.h"

#include <QtTest>

#include <cmath>

#include "support/test_main.h"

using namespace maskscope;

class TestSchedule : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void followsClosedForms_data();
    void followsClosedForms();
    void neverJumpsAtTheEndOfTheWarmup();
    void betweenIsExactAtBothEnds();
    void refusesBadSettings_data();
    void refusesBadSettings();
};

static Schedule scheduleOf(const QString& settings, double peak, double total) {
    const Value table = parseToml(settings.toStdString(), "test");
    ParamReader reader(table, "train.schedule", "schedule");
    const auto params = Schedule::Params::read(reader);
    reader.finish();
    return {params, peak, total};
}

void TestSchedule::followsClosedForms_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<double>("step");
    QTest::addColumn<double>("lr");
    const QString cosine = QStringLiteral("warmup = 10\nmin_lr = 0.2\nstart_lr = 0.1");
    QTest::newRow("warm-up begins at start_lr") << cosine << 0.0 << 0.1;
    QTest::newRow("warm-up half way") << cosine << 5.0 << 0.55;
    QTest::newRow("peak at the end of the warm-up") << cosine << 10.0 << 1.0;
    QTest::newRow("cosine at a third of its way") << cosine << 40.0 << 0.2 + 0.8 * 0.75;
    QTest::newRow("cosine half way") << cosine << 55.0 << 0.6;
    QTest::newRow("cosine at its end") << cosine << 100.0 << 0.2;
    QTest::newRow("cosine beyond its end") << cosine << 1000.0 << 0.2;
    QTest::newRow("between two steps") << "warmup = 10" << 2.5 << 0.25;
    QTest::newRow("linear") << "kind = 'linear'\nwarmup_share = 0.2\nmin_lr = 0.5" << 40.0 << 0.875;
    QTest::newRow("linear warm-up by its share") << "kind = 'linear'\nwarmup_share = 0.2" << 10.0 << 0.5;
    QTest::newRow("linear beyond its end") << "kind = 'linear'" << 300.0 << 0.0;
    QTest::newRow("constant") << "kind = 'constant'\nmin_lr = 0.5" << 99.0 << 1.0;
    QTest::newRow("before the first milestone") << "kind = 'step'\nmilestones = [0.5, 0.75]" << 49.0 << 1.0;
    QTest::newRow("at the first milestone") << "kind = 'step'\nmilestones = [0.5, 0.75]" << 50.0 << 0.1;
    QTest::newRow("after the second milestone") << "kind = 'step'\nmilestones = [0.5, 0.75]\ngamma = 0.5" << 80.0 << 0.25;
    QTest::newRow("warm-up as long as all") << "warmup = 100\nmin_lr = 0.3" << 100.0 << 0.3;
}

void TestSchedule::followsClosedForms() {
    QFETCH(QString, settings);
    QFETCH(double, step);
    QFETCH(double, lr);
    const double found = scheduleOf(settings, 1.0, 100.0).lrAt(step);
    QVERIFY2(std::abs(found - lr) < 1e-12, qPrintable(QString::number(found, 'g', 17)));
    QVERIFY(std::abs(scheduleOf(settings, 1.0, 100.0).lrAt(step) - found) == 0.0);
}

void TestSchedule::neverJumpsAtTheEndOfTheWarmup() {
    for (const char* kind : {"cosine", "linear", "constant", "step"}) {
        const Schedule schedule = scheduleOf(QStringLiteral("kind = '%1'\nwarmup = 7").arg(QLatin1String(kind)), 3e-4, 50.0);
        QVERIFY(std::abs(schedule.lrAt(7.0) - 3e-4) < 1e-18);
        QVERIFY(std::abs(schedule.lrAt(7.0 - 1e-9) - 3e-4) < 1e-12);
    }
}

void TestSchedule::betweenIsExactAtBothEnds() {
    QCOMPARE(cosineBetween(0.996, 1.0, 1.0), 1.0);
    QCOMPARE(linearBetween(0.996, 1.0, 1.0), 1.0);
    QVERIFY(std::abs(cosineBetween(0.996, 1.0, 0.0) - 0.996) < 1e-15);
    QCOMPARE(linearBetween(2.0, 1.0, -3.0), 2.0);
    QCOMPARE(cosineBetween(2.0, 1.0, 7.0), 1.0);
}

void TestSchedule::refusesBadSettings_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<QString>("words");
    QTest::newRow("unknown kind") << "kind = 'cosin'"
                                  << "did you mean 'cosine'";
    QTest::newRow("negative warm-up") << "warmup = -1"
                                      << "warmup";
    QTest::newRow("two warm-ups") << "warmup = 5\nwarmup_share = 0.1"
                                  << "keep one";
    QTest::newRow("milestone at the end") << "milestones = [1.0]"
                                          << "milestones";
    QTest::newRow("unread key") << "warmups = 5"
                                << "did you mean 'warmup'";
}

void TestSchedule::refusesBadSettings() {
    QFETCH(QString, settings);
    QFETCH(QString, words);
    try {
        scheduleOf(settings, 1.0, 10.0);
        QFAIL("expected an error");
    } catch (const RecipeError& error) {
        QVERIFY2(QString::fromUtf8(error.what()).contains(words), error.what());
    }
}

MASKSCOPE_TEST(TestSchedule)
#include "tst_schedule.moc"
