#include "widgets/plots/curve_series.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

std::vector<CurvePoint> noise(int count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal;
    std::vector<CurvePoint> points;
    double step = 0.0;
    for (int i = 0; i < count; ++i) {
        step += 1.0 + static_cast<double>(generator() % 3);
        points.push_back({step, normal(generator)});
    }
    return points;
}

std::pair<double, double> extremes(const std::vector<CurvePoint>& points, double first, double last) {
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (const CurvePoint& point : points) {
        if (point.step >= first && point.step <= last && std::isfinite(point.value)) {
            low = std::min(low, point.value);
            high = std::max(high, point.value);
        }
    }
    return {low, high};
}

bool inOrder(const std::vector<CurvePoint>& points) {
    return std::adjacent_find(points.begin(), points.end(), [](const CurvePoint& a, const CurvePoint& b) { return b.step <= a.step; }) ==
           points.end();
}

}  // namespace

class TestCurveSeries : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fewPointsAreDrawnAsTheyAre() {
        CurveSeries series;
        series.append(noise(50, 1));
        const auto drawn = series.drawn(series.firstStep(), series.lastStep(), 100);
        QCOMPARE(drawn.size(), std::size_t{50});
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            QCOMPARE(drawn[i].step, series.at(i).step);
            QCOMPARE(drawn[i].value, series.at(i).value);
        }
    }

    void noPeakOfAnyColumnIsLost_data() {
        QTest::addColumn<bool>("logarithmic");
        QTest::newRow("even columns") << false;
        QTest::newRow("columns of a logarithmic axis") << true;
    }
    void noPeakOfAnyColumnIsLost() {
        QFETCH(bool, logarithmic);
        for (const unsigned seed : {1U, 2U, 3U}) {
            const auto points = noise(20000, seed);
            CurveSeries series;
            series.append(points);
            for (const auto& [first, last] : {std::pair(1.0, 40000.0), std::pair(1234.0, 17000.0)}) {
                constexpr int kPixels = 83;
                const auto drawn = series.drawn(first, last, kPixels, logarithmic);
                QVERIFY2(drawn.size() <= 4 * kPixels + 2, qPrintable(QString::number(drawn.size())));
                QVERIFY(inOrder(drawn));
                for (int column = 0; column < kPixels; ++column) {
                    const auto edge = [&, from = first, to = last](int c) {
                        const double share = static_cast<double>(c) / kPixels;
                        return logarithmic ? from * std::pow(to / from, share) : from + (to - from) * share;
                    };
                    const double left = edge(column);
                    const double right = std::nextafter(edge(column + 1), 0.0);
                    const auto expected = extremes(points, left, right);
                    const auto found = extremes(drawn, left, right);
                    QVERIFY2(found == expected, qPrintable(QStringLiteral("seed %1, column %2").arg(seed).arg(column)));
                }
            }
        }
    }

    void theLineLeavesThePicture() {
        CurveSeries series;
        series.append(noise(10000, 4));
        const double first = series.at(3000).step;
        const double last = series.at(9000).step;
        const auto drawn = series.drawn(first, last, 50);
        QCOMPARE(drawn.front().step, series.at(2999).step);
        QCOMPARE(drawn.back().step, series.at(9001).step);
    }

    void piecesGiveTheSameAsTheWhole() {
        const auto points = noise(5000, 5);
        CurveSeries whole;
        whole.append(points);
        CurveSeries pieces;
        for (std::size_t i = 0; i < points.size();) {
            const std::size_t count = std::min<std::size_t>(1 + i % 37, points.size() - i);
            pieces.append(std::span(points).subspan(i, count));
            i += count;
        }
        const auto a = whole.drawn(10, 9000, 60);
        const auto b = pieces.drawn(10, 9000, 60);
        QCOMPARE(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            QCOMPARE(a[i].step, b[i].step);
        }
    }

    void stepsMustIncrease() {
        CurveSeries series;
        series.append(CurvePoint{5, 1});
        QVERIFY_EXCEPTION_THROWN(series.append(CurvePoint{5, 2}), UsageError);
        const std::vector<CurvePoint> backwards{{7, 1}, {6, 1}};
        QVERIFY_EXCEPTION_THROWN(series.append(backwards), UsageError);
        QCOMPARE(series.size(), std::size_t{1});  // nothing of what was refused is there
    }

    void whatIsCutIsGoneAndCanComeAnew() {
        const auto points = noise(3000, 6);
        CurveSeries series;
        series.append(points);
        const double kept = points[999].step;
        series.cutAfter(kept);
        QCOMPARE(series.size(), std::size_t{1000});
        QCOMPARE(series.lastStep(), kept);
        QCOMPARE(series.cuts(), 1);
        series.append(CurvePoint{kept + 1, 99.0});
        for (int i = 2; i < 2000; ++i) {
            series.append(CurvePoint{kept + i, 0.5});
        }
        const auto drawn = series.drawn(1, series.lastStep(), 20);
        QCOMPARE(extremes(drawn, 1, series.lastStep()).second, 99.0);
        const auto before =
            std::count_if(drawn.begin(), drawn.end(), [kept](const CurvePoint& p) { return p.step > kept && p.value != 99.0 && p.value != 0.5; });
        QCOMPARE(before, 0);
    }

    void valuesThatAreNotFiniteAreGaps() {
        CurveSeries series;
        for (int i = 1; i <= 4000; ++i) {
            series.append(CurvePoint{static_cast<double>(i), i > 1000 && i <= 2000 ? std::nan("") : static_cast<double>(i % 7)});
        }
        const auto drawn = series.drawn(1, 4000, 40);
        QCOMPARE(extremes(drawn, 1, 4000), std::pair(0.0, 6.0));
        QVERIFY(std::any_of(drawn.begin(), drawn.end(), [](const CurvePoint& p) { return p.step > 1100 && p.step < 1900 && std::isnan(p.value); }));
        QCOMPARE(series.valueAt(1500)->step, 1000.0);
        QVERIFY(!series.valueAt(0.5));
    }

    void smoothingFollowsItsFormula() {
        const auto points = noise(300, 7);
        CurveSeries source;
        source.append(points);
        SmoothedSeries smoothed;
        smoothed.setSpan(20.0);
        smoothed.update(source);
        QCOMPARE(smoothed.series().size(), points.size());
        for (const std::size_t last : {std::size_t{0}, std::size_t{1}, std::size_t{299}}) {
            double sum = points[last].value;
            double weights = 1.0;
            double weight = 1.0;
            for (std::size_t i = last; i > 0; --i) {
                const double reach = std::min(20.0, 1.0 + 0.1 * (points[i].step - points[0].step));
                weight *= std::exp((points[i - 1].step - points[i].step) / reach);
                sum += weight * points[i - 1].value;
                weights += weight;
            }
            QVERIFY(std::abs(smoothed.series().at(last).value - sum / weights) < 1e-12);
        }
    }

    void smoothingCatchesUp() {
        const auto points = noise(1000, 8);
        CurveSeries source;
        SmoothedSeries grown;
        grown.setSpan(30.0);
        for (const CurvePoint& point : points) {
            source.append(point);
            grown.update(source);
        }
        SmoothedSeries whole;
        whole.setSpan(30.0);
        whole.update(source);
        QCOMPARE(grown.series().at(999).value, whole.series().at(999).value);

        source.cutAfter(points[499].step);
        for (int i = 1; i <= 500; ++i) {
            source.append(CurvePoint{points[499].step + i, 5.0});
        }
        grown.update(source);
        QCOMPARE(grown.series().size(), std::size_t{1000});
        QVERIFY(std::abs(grown.series().at(999).value - 5.0) < 1e-5);
        grown.setSpan(0.0);
        grown.update(source);
        QVERIFY(grown.series().empty());
    }

    void smoothingDoesNotLagBehindASteepBeginning() {
        CurveSeries source;
        for (int i = 1; i <= 400; ++i) {
            source.append(CurvePoint{static_cast<double>(i), 1.0 / i});
        }
        SmoothedSeries smoothed;
        smoothed.setSpan(1000.0);
        smoothed.update(source);
        for (std::size_t i = 20; i < 400; ++i) {  // a plain mean of the start would be ten times too high
            QVERIFY(smoothed.series().at(i).value < 1.25 * source.at(i).value);
        }
    }

    void aConstantStaysConstantWhateverTheSpan() {
        for (const double span : {1.0, 10.0, 1000.0}) {
            CurveSeries source;
            for (int i = 1; i < 100; ++i) {
                source.append(CurvePoint{static_cast<double>(i), 0.25});
            }
            SmoothedSeries smoothed;
            smoothed.setSpan(span);
            smoothed.update(source);
            QVERIFY(std::abs(smoothed.series().at(0).value - 0.25) < 1e-12);
            QVERIFY(std::abs(smoothed.series().at(98).value - 0.25) < 1e-12);
        }
    }

    void drawingAMillionPointsTouchesFewOfThem() {
        CurveSeries series;
        std::vector<CurvePoint> points;
        for (int i = 1; i <= 1000000; ++i) {
            points.push_back({static_cast<double>(i), std::sin(i * 0.001) + (i == 777777 ? 10.0 : 0.0)});
        }
        series.append(points);
        const auto drawn = series.drawn(1, 1e6, 1000);
        QVERIFY(drawn.size() <= 4002);
        QCOMPARE(extremes(drawn, 1, 1e6).second, points[777776].value);  // one point in a million, still there
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 20; ++i) {
            (void)series.drawn(1, 1e6, 1000);
        }
        // reading every point would take 20 million visits and more than this, even on a slow machine in an optimised build
        QVERIFY2(timer.elapsed() < 400, qPrintable(QString::number(timer.elapsed())));
    }
};

MASKSCOPE_TEST(TestCurveSeries)
#include "tst_curve_series.moc"
