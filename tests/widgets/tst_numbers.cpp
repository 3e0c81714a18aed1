#include "widgets/plots/numbers.h"

#include <QtTest>
#include <cmath>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Thin gaps as blanks, so that rows can be read.
QString plain(QString text) { return text.replace(QChar(kThinGap), QLatin1Char(' ')); }

}  // namespace

class TestNumbers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void threeDigitsCount_data() {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("a loss") << 0.42149 << "0.421";
        QTest::newRow("trailing zeros count") << 1.0 << "1.00";
        QTest::newRow("rounding adds a digit") << 9.996 << "10.0";
        QTest::newRow("rounding to a thousand") << 999.6 << "1,000";
        QTest::newRow("thousands have a comma") << 3304.0 << "3,300";
        QTest::newRow("millions") << 6.319e6 << "6.32 M";
        QTest::newRow("rounding to a million") << 999600.0 << "1.00 M";
        QTest::newRow("thousand millions") << 2.5e9 << "2.50 G";
        QTest::newRow("small") << 0.0083 << "0.00830";
        QTest::newRow("very small") << 1.2e-5 << "1.20e-5";
        QTest::newRow("huge") << 3e15 << "3.00e15";
        QTest::newRow("zero") << 0.0 << "0";
        QTest::newRow("negative, true minus") << -0.893 << "−0.893";
        QTest::newRow("not a number") << std::nan("") << "NaN";
        QTest::newRow("minus infinity") << -HUGE_VAL << "−∞";
    }
    void threeDigitsCount() {
        QFETCH(double, value);
        QFETCH(QString, text);
        QCOMPARE(plain(significant(value)), text);
    }

    void countsKeepEveryDigit() {
        QCOMPARE(exact(18400), QStringLiteral("18,400"));
        QCOMPARE(exact(1234567), QStringLiteral("1,234,567"));
        QCOMPARE(exact(-12), QStringLiteral("−12"));
    }

    void digitsFollowTheLocale() {
        QLocale::setDefault(QLocale(QLocale::German));
        const QString loss = significant(0.42149);
        const QString steps = exact(18400);
        QLocale::setDefault(QLocale::c());
        QCOMPARE(loss, QStringLiteral("0,421"));
        QCOMPARE(steps, QStringLiteral("18.400"));
    }

    void learningRatesHaveAnExponent() {
        QCOMPARE(learningRateText(4.9e-4), QStringLiteral("4.90e-4"));
        QCOMPARE(learningRateText(9.999e-4), QStringLiteral("1.00e-3"));
        QCOMPARE(learningRateText(0.0), QStringLiteral("0"));
        QCOMPARE(learningRateText(0.1), QStringLiteral("1.00e-1"));
    }

    void sharesAndSimilarities() {
        QCOMPARE(plain(percent(0.407)), QStringLiteral("41 %"));
        QCOMPARE(plain(percent(0.4311, 1)), QStringLiteral("43.1 %"));
        QCOMPARE(plain(percent(-0.5)), QStringLiteral("−50 %"));
        QCOMPARE(plain(percent(-0.001)), QStringLiteral("0 %"));
        QCOMPARE(twoDecimals(0.936), QStringLiteral("0.94"));
    }

    void errorsDecideTheDecimals() {
        QCOMPARE(withError(0.4213, 0.0062), QStringLiteral("0.421 ± 0.006"));
        QCOMPARE(withError(0.4213, 0.0012), QStringLiteral("0.4213 ± 0.0012"));
        QCOMPARE(withError(43.12, 0.96), QStringLiteral("43.1 ± 1.0"));
        QCOMPARE(withError(1250.0, 20.0), QStringLiteral("1,250 ± 20"));
        QCOMPARE(withError(0.4213, 0.0), QStringLiteral("0.421"));
        QCOMPARE(withError(0.4213, std::nan("")), QStringLiteral("0.421"));
    }

    void timeSpans_data() {
        QTest::addColumn<double>("seconds");
        QTest::addColumn<QString>("text");
        QTest::newRow("milliseconds") << 0.0312 << "31 ms";
        QTest::newRow("few milliseconds") << 0.0041 << "4.1 ms";
        QTest::newRow("nothing") << 0.0 << "0 ms";
        QTest::newRow("almost a second") << 0.9996 << "1.0 s";
        QTest::newRow("few seconds") << 4.22 << "4.2 s";
        QTest::newRow("seconds") << 14.4 << "14 s";
        QTest::newRow("almost a minute") << 59.6 << "1 min 00 s";
        QTest::newRow("minutes") << 807.0 << "13 min 27 s";
        QTest::newRow("hours") << 7500.0 << "2 h 05 min";
        QTest::newRow("days") << 273600.0 << "3 d 04 h";
        QTest::newRow("unknown") << std::nan("") << "—";
        QTest::newRow("negative") << -1.0 << "—";
    }
    void timeSpans() {
        QFETCH(double, seconds);
        QFETCH(QString, text);
        QCOMPARE(plain(timeSpan(seconds)), text);
    }

    void bytes() {
        QCOMPARE(plain(memoryText(2.31e9)), QStringLiteral("2.31 GB"));
        QCOMPARE(plain(memoryText(5e7)), QStringLiteral("50.0 MB"));
        QCOMPARE(plain(fileSize(25.4e6)), QStringLiteral("25.4 MB"));
        QCOMPARE(plain(fileSize(12e3)), QStringLiteral("12.0 kB"));
        QCOMPARE(plain(fileSize(37)), QStringLiteral("37 B"));
    }

    void unitsStandAfterAThinGap() { QCOMPARE(rateText(3304), QStringLiteral("3,300") + QChar(kThinGap) + QStringLiteral("img/s")); }

    void ratesAreOfWhatARunReads() {
        QCOMPARE(rateText(31.2, SampleKind::Text), QStringLiteral("31.2") + QChar(kThinGap) + QStringLiteral("texts/s"));
        QCOMPARE(rateText(31.2, sampleKindOf(QStringLiteral("graph"))), QStringLiteral("31.2") + QChar(kThinGap) + QStringLiteral("graphs/s"));
        QCOMPARE(partsWord(sampleKindOf(QStringLiteral("text"))), QStringLiteral("tokens"));
        QCOMPARE(partsWord(sampleKindOf(QStringLiteral("image"))), QStringLiteral("patches"));
    }

    void ticksAreAsShortAsExact_data() {
        QTest::addColumn<double>("value");
        QTest::addColumn<double>("spacing");
        QTest::addColumn<QString>("text");
        QTest::newRow("tenths") << 0.6 << 0.2 << "0.6";
        QTest::newRow("one among tenths") << 1.0 << 0.2 << "1.0";
        QTest::newRow("quarters") << 0.25 << 0.25 << "0.25";
        QTest::newRow("zero is zero, whatever rounding left") << 1e-17 << 0.2 << "0";
        QTest::newRow("thousands") << 12000.0 << 6000.0 << "12k";
        QTest::newRow("a thousand among half thousands") << 1000.0 << 500.0 << "1k";
        QTest::newRow("half thousands") << 1500.0 << 500.0 << "1.5k";
        QTest::newRow("narrow ticks keep their digits") << 12340.0 << 10.0 << "12,340";
        QTest::newRow("millions") << 1500000.0 << 500000.0 << "1.5M";
        QTest::newRow("tiny") << 2e-4 << 1e-4 << "2e-4";
    }
    void ticksAreAsShortAsExact() {
        QFETCH(double, value);
        QFETCH(double, spacing);
        QFETCH(QString, text);
        QCOMPARE(tickText(value, spacing), text);
    }

    void scaleEndsAreShort() {
        QCOMPARE(scaleEnd(0.0), QStringLiteral("0"));
        QCOMPARE(scaleEnd(0.5), QStringLiteral("0.5"));
        QCOMPARE(scaleEnd(0.1099), QStringLiteral("0.11"));
        QCOMPARE(scaleEnd(3304.0), QStringLiteral("3,300"));
        QCOMPARE(scaleEnd(-0.25), QStringLiteral("−0.25"));
        QCOMPARE(scaleEnd(2e-4), QStringLiteral("2e-4"));
    }
};

MASKSCOPE_TEST(TestNumbers)
#include "tst_numbers.moc"
