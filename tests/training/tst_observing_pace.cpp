#include "training/observing_pace.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Runs a pace over steps and looks of constant cost. @return seconds spent on looks, as a share of the steps' time
double shareOver(ObservingPace& pace, std::int64_t firstStep, std::int64_t steps, double stepSeconds, double lookSeconds) {
    double spent = 0.0;
    for (std::int64_t step = firstStep; step < firstStep + steps; ++step) {
        pace.stepped(stepSeconds);
        if (!pace.isDue(step)) continue;
        pace.looked(step, lookSeconds);
        spent += lookSeconds;
    }
    return spent / (static_cast<double>(steps) * stepSeconds);
}

}  // namespace

class TestObservingPace : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void looksStayUnderTheirShare_data();
    void looksStayUnderTheirShare();
    void cheapLooksHappenAtEveryStep();
    void theIntervalFollowsTheCost();
    void aSingleSlowLookChangesLittle();
    void changesAreTold();
};

void TestObservingPace::looksStayUnderTheirShare_data() {
    QTest::addColumn<double>("stepSeconds");
    QTest::addColumn<double>("lookSeconds");
    QTest::addColumn<double>("share");
    QTest::newRow("a look as long as a step") << 0.04 << 0.04 << 0.02;
    QTest::newRow("a look of many steps") << 0.001 << 0.5 << 0.02;
    QTest::newRow("just too long for every step") << 0.04 << 0.00081 << 0.02;
    QTest::newRow("another share") << 0.04 << 0.02 << 0.0075;
}

void TestObservingPace::looksStayUnderTheirShare() {
    QFETCH(double, stepSeconds);
    QFETCH(double, lookSeconds);
    QFETCH(double, share);
    ObservingPace pace(share);
    shareOver(pace, 0, 1, stepSeconds, lookSeconds);  // the first look finds out what looking costs
    const double taken = shareOver(pace, 1, 400'000, stepSeconds, lookSeconds);
    QVERIFY2(taken <= share * 1.001, qPrintable(QString::number(taken)));
    QVERIFY2(taken >= share * 0.45, "the interval is the shortest power of two that fits");
    QVERIFY(std::abs(pace.shareTaken() - taken / (1 + taken)) < 0.1 * share);
}

void TestObservingPace::cheapLooksHappenAtEveryStep() {
    ObservingPace pace(0.02);
    shareOver(pace, 0, 100, 0.04, 0.0001);
    QCOMPARE(pace.interval(), std::int64_t{1});
}

void TestObservingPace::theIntervalFollowsTheCost() {
    ObservingPace pace(0.02);
    shareOver(pace, 0, 1000, 0.04, 0.02);
    QCOMPARE(pace.interval(), std::int64_t{32});
    shareOver(pace, 1000, 20'000, 0.04, 0.002);  // ten times cheaper
    QVERIFY(pace.interval() <= 8);
    shareOver(pace, 21'000, 20'000, 0.04, 0.02);
    QCOMPARE(pace.interval(), std::int64_t{32});
}

void TestObservingPace::aSingleSlowLookChangesLittle() {
    ObservingPace pace(0.02);
    shareOver(pace, 0, 2000, 0.04, 0.01);
    const std::int64_t before = pace.interval();
    pace.looked(2000, 0.03);
    QVERIFY(pace.interval() <= 2 * before);
}

void TestObservingPace::changesAreTold() {
    ObservingPace pace(0.02);
    QVERIFY(pace.isDue(0));
    QCOMPARE(pace.looked(0, 1.0), ObservingPace::Change::None);  // no step to compare with
    pace.stepped(0.1);
    QCOMPARE(pace.looked(1, 1.0), ObservingPace::Change::Rarer);
    QCOMPARE(pace.interval(), std::int64_t{512});  // 1 s is 2 % of 500 steps
    QVERIFY(!pace.isDue(512));
    QVERIFY(pace.isDue(513));
    ObservingPace::Change change = ObservingPace::Change::None;
    for (std::int64_t step = 513; change == ObservingPace::Change::None; step += 512) change = pace.looked(step, 0.001);
    QCOMPARE(change, ObservingPace::Change::MoreOften);
    QCOMPARE(pace.interval(), std::int64_t{256});
}

MASKSCOPE_TEST(TestObservingPace)
#include "tst_observing_pace.moc"
