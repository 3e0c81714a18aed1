#include "widgets/pictures/color_map.h"

#include <cmath>
#include <limits>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

const float kNan = std::numeric_limits<float>::quiet_NaN();

/// Relative luminance of sRGB (IEC 61966-2-1).
double luminance(QRgb color) {
    const auto linear = [](int level) {
        const double v = level / 255.0;
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(color)) + 0.7152 * linear(qGreen(color)) + 0.0722 * linear(qBlue(color));
}

}  // namespace

class TestColorMap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void endsAreThePublishedColors() {
        QCOMPARE(colorOf(ColorMap::Viridis, 0.0), qRgb(0x44, 0x01, 0x54));
        QCOMPARE(colorOf(ColorMap::Viridis, 1.0), qRgb(0xfd, 0xe7, 0x25));
        QCOMPARE(colorOf(ColorMap::Cividis, 0.0), qRgb(0x00, 0x22, 0x4e));
        QCOMPARE(colorOf(ColorMap::Cividis, 1.0), qRgb(0xfe, 0xe8, 0x38));
        QCOMPARE(colorOf(ColorMap::Difference, 0.5), qRgb(0xf7, 0xf7, 0xf7));
    }

    void anchorsAndWhatLiesBetween() {
        QCOMPARE(colorOf(ColorMap::Viridis, 1.0 / 9.0), qRgb(0x48, 0x28, 0x78));
        // Half way from 440154 to 482878.
        QCOMPARE(colorOf(ColorMap::Viridis, 0.5 / 9.0), qRgb(0x46, 0x15, 0x66));
    }

    void lightnessGrows_data() {
        QTest::addColumn<int>("map");
        QTest::newRow("viridis") << static_cast<int>(ColorMap::Viridis);
        QTest::newRow("cividis") << static_cast<int>(ColorMap::Cividis);
    }
    void lightnessGrows() {
        QFETCH(int, map);
        for (int i = 0; i < 200; ++i)
            QVERIFY2(
                luminance(colorOf(static_cast<ColorMap>(map), i / 200.0)) <= luminance(colorOf(static_cast<ColorMap>(map), (i + 1) / 200.0)) + 1e-3,
                qPrintable(QString::number(i)));
    }

    void beyondTheEndsIsTheEndAndNothingIsTransparent() {
        QCOMPARE(colorOf(ColorMap::Viridis, -3.0), colorOf(ColorMap::Viridis, 0.0));
        QCOMPARE(colorOf(ColorMap::Viridis, 7.0), colorOf(ColorMap::Viridis, 1.0));
        QCOMPARE(qAlpha(colorOf(ColorMap::Viridis, double{kNan})), 0);
    }

    void aMapHasOnePixelAValue() {
        const QImage image = mapImage({0.0F, 1.0F, 2.0F, kNan, 4.0F, 9.0F}, 2, 3, ColorMap::Viridis, 0.0, 4.0);
        QCOMPARE(image.size(), QSize(3, 2));
        QCOMPARE(image.pixel(0, 0), colorOf(ColorMap::Viridis, 0.0));
        QCOMPARE(image.pixel(2, 0), colorOf(ColorMap::Viridis, 0.5));
        QCOMPARE(qAlpha(image.pixel(0, 1)), 0);
        QCOMPARE(image.pixel(1, 1), colorOf(ColorMap::Viridis, 1.0));
        QCOMPARE(image.pixel(2, 1), colorOf(ColorMap::Viridis, 1.0));
    }

    void strangeInput() {
        QVERIFY(mapImage({1.0F}, 2, 3, ColorMap::Viridis, 0.0, 1.0).isNull());
        QVERIFY(mapImage({}, 0, 0, ColorMap::Viridis, 0.0, 1.0).isNull());
        QCOMPARE(mapImage({5.0F}, 1, 1, ColorMap::Difference, 5.0, 5.0).pixel(0, 0), colorOf(ColorMap::Difference, 0.5));
        QCOMPARE(mapImage({std::numeric_limits<float>::infinity()}, 1, 1, ColorMap::Viridis, 0.0, 1.0).pixel(0, 0), colorOf(ColorMap::Viridis, 1.0));
    }

    void theBarRunsFromLowToHigh() {
        const QImage bar = colorBar(ColorMap::Cividis, 11);
        QCOMPARE(bar.size(), QSize(11, 1));
        QCOMPARE(bar.pixel(0, 0), colorOf(ColorMap::Cividis, 0.0));
        QCOMPARE(bar.pixel(5, 0), colorOf(ColorMap::Cividis, 0.5));
        QCOMPARE(bar.pixel(10, 0), colorOf(ColorMap::Cividis, 1.0));
    }
};

MASKSCOPE_TEST(TestColorMap)
#include "tst_color_map.moc"
