#include "core/text.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void editDistanceCountsSlips_data() {
        QTest::addColumn<QString>("a");
        QTest::addColumn<QString>("b");
        QTest::addColumn<int>("distance");
        QTest::newRow("equal") << "ratio"
                               << "ratio" << 0;
        QTest::newRow("neighbours swapped") << "ratoi"
                                            << "ratio" << 1;
        QTest::newRow("one letter more") << "rratio"
                                         << "ratio" << 1;
        QTest::newRow("one letter less") << "rtio"
                                         << "ratio" << 1;
        QTest::newRow("another letter") << "rateo"
                                        << "ratio" << 1;
        QTest::newRow("nothing typed") << ""
                                       << "ratio" << 5;
        QTest::newRow("kitten to sitting") << "kitten"
                                           << "sitting" << 3;
    }
    void editDistanceCountsSlips() {
        QFETCH(QString, a);
        QFETCH(QString, b);
        QFETCH(int, distance);
        QCOMPARE(editDistance(a.toStdString(), b.toStdString()), distance);
        QCOMPARE(editDistance(b.toStdString(), a.toStdString()), distance);
    }

    void nearestWordIsNearOrNothing() {
        const std::vector<std::string> words{"ratio", "unit", "min_block"};
        QCOMPARE(nearestWord("ratoi", words), std::string("ratio"));
        QCOMPARE(nearestWord("minblock", words), std::string("min_block"));
        QCOMPARE(nearestWord("temperature", words), std::string());
        QCOMPARE(suggestion("untis", words), std::string("; did you mean 'unit'?"));
        QCOMPARE(suggestion("temperature", words), std::string());
    }

    void splitAndJoin() {
        QCOMPARE(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
        QCOMPARE(split("", ','), std::vector<std::string>{""});
        QCOMPARE(split("a,", ','), (std::vector<std::string>{"a", ""}));
        const std::vector<std::string> words{"a", "b"};
        QCOMPARE(join(words), std::string("a, b"));
        QCOMPARE(join(words, "/"), std::string("a/b"));
        QCOMPARE(join({}), std::string());
    }

    void shortestNumberReadsBack() {
        for (const double value : {0.1, 1.0 / 3.0, 1e-300, -2.5e17, 0.0, 123456789.0, 5e-324, std::numeric_limits<double>::max()})
            QCOMPARE(std::strtod(shortestNumber(value).c_str(), nullptr), value);
        QCOMPARE(shortestNumber(0.1), std::string("0.1"));
        QCOMPARE(shortestNumber(1.0), std::string("1"));
        QCOMPARE(shortestNumber(std::nan("")), std::string("nan"));
        QCOMPARE(shortestNumber(-HUGE_VAL), std::string("-inf"));
    }

    void sizesAndTimes() {
        QCOMPARE(byteCount(37), std::string("37 B"));
        QCOMPARE(byteCount(12 * 1024), std::string("12.0 KiB"));
        QCOMPARE(byteCount(200.0 * 1024), std::string("200 KiB"));
        QCOMPARE(byteCount(1.4 * 1024 * 1024 * 1024), std::string("1.4 GiB"));
        QCOMPARE(duration(14.4), std::string("14 s"));
        QCOMPARE(duration(123), std::string("2 min 03 s"));
        QCOMPARE(duration(3900), std::string("1 h 05 min"));
        QCOMPARE(duration(-1), std::string("0 s"));
    }
};

MASKSCOPE_TEST(TestText)
#include "tst_text.moc"
