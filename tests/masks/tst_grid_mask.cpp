#include "masks/grid_mask.h"

#include <set>

#include "core/error.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestGridMask : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void patternIsRegular_data() {
        QTest::addColumn<std::vector<std::int64_t>>("shape");
        QTest::addColumn<double>("ratio");
        QTest::addColumn<QString>("expected");
        using Shape = std::vector<std::int64_t>;
        QTest::newRow("MAE, Fig. 6: one of every 2 x 2 stays") << Shape{4, 6} << 0.75 << "010101/111111/010101/111111";
        QTest::newRow("half is a chequerboard") << Shape{4, 4} << 0.5 << "0101/1010/0101/1010";
        QTest::newRow("a quarter hidden is the opposite pattern") << Shape{4, 4} << 0.25 << "1010/0000/1010/0000";
        QTest::newRow("one of nine stays") << Shape{6, 6} << 0.8889 << "011011/111111/111111/011011/111111/111111";
        QTest::newRow("every third of a sequence stays") << Shape{9} << 0.6667 << "011011011";
        QTest::newRow("the pattern is filled to the count") << Shape{4, 4} << 0.6875 << "0101/1111/0001/1111";
        QTest::newRow("the pattern is trimmed to the count") << Shape{4, 4} << 0.8125 << "0111/1111/0101/1111";
        QTest::newRow("frames repeat the pattern") << Shape{2, 2, 2} << 0.75 << "01/11/01/11";
    }
    void patternIsRegular() {
        QFETCH(std::vector<std::int64_t>, shape);
        QFETCH(double, ratio);
        QFETCH(QString, expected);
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'grid'\nratio = " + std::to_string(ratio)), Geometry::grid(1, shape), drawOf(1, {1}))[0];
        QCOMPARE(QString::fromStdString(drawn(hidden, shape.back())), expected);
    }

    void offsetsShiftThePattern() {
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'grid'\nratio = 0.75\nrandom_offset = true"), Geometry::grid(1, {4, 4}), drawOf(1, firstSamples(60)));
        std::set<std::string> seen;
        for (std::int64_t row = 0; row < 60; ++row) seen.insert(drawn(hidden[row], 4));
        const std::set<std::string> expected{"0101/1111/0101/1111", "1010/1111/1010/1111", "1111/0101/1111/0101", "1111/1010/1111/1010"};
        QVERIFY(seen == expected);
    }
};

MASKSCOPE_TEST(TestGridMask)
#include "tst_grid_mask.moc"
