#include "widgets/pictures/hatch.h"

#include <QPainter>
#include <QtTest>
#include <set>

#include "support/test_main.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

QImage hatched(qreal ratio, bool small, const QPointF& origin = {}) {
    QImage image(96, 96, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    painter.setBrushOrigin(origin);
    painter.fillRect(QRectF(0, 0, 96 / ratio, 96 / ratio), hatchBrush(ratio, small));
    return image;
}

/// Pixels from one line to the next along a row.
int period(const QImage& image) {
    for (int shift = 2; shift < 40; ++shift) {
        bool same = true;
        for (int x = 0; x + shift < image.width() && same; ++x) same = image.pixel(x, 48) == image.pixel(x + shift, 48);
        if (same) return shift;
    }
    return 0;
}

}  // namespace

class TestHatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setTheme(ThemeKind::Dark); }
    void cleanup() { setTheme(ThemeKind::Dark); }

    void coversWhatLiesBelow() {
        const QImage image = hatched(1.0, false);
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) QVERIFY(image.pixel(x, y) != QColor(Qt::magenta).rgb());
    }

    void linesKeepTheirDistanceAtEveryRatio() {
        QCOMPARE(period(hatched(1.0, false)), 8);  // 6 px across lines at 45 degrees
        QCOMPARE(period(hatched(1.0, true)), 6);   // 4 px
        QCOMPARE(period(hatched(2.0, false)), 17);
    }

    void linesRunAtFortyFiveDegrees() {
        const QImage image = hatched(1.0, false);
        for (int step = 0; step < 30; ++step) QCOMPARE(image.pixel(40 + step, 60 - step), image.pixel(40, 60));
        std::set<QRgb> colors;
        for (int x = 0; x < 20; ++x) colors.insert(image.pixel(x, 50));
        QVERIFY(colors.size() >= 2);
    }

    void followsTheCornerOfThePicture() {
        const QImage still = hatched(1.0, false), moved = hatched(1.0, false, {3, 0});
        for (int x = 0; x < 80; ++x) QCOMPARE(moved.pixel(x + 3, 20), still.pixel(x, 20));
    }

    void isTheSameInDarkAndLightAndStrongerInHighContrast() {
        const QImage dark = hatched(1.0, false);
        setTheme(ThemeKind::Light);
        QCOMPARE(hatched(1.0, false), dark);
        setTheme(ThemeKind::HighContrast);
        QCOMPARE(hatchGround(), QColor(Qt::black));
        int brightest = 0;
        const QImage strong = hatched(1.0, false);
        for (int x = 0; x < 20; ++x) brightest = std::max(brightest, qGray(strong.pixel(x, 50)));
        QVERIFY(brightest > 150);
    }
};

MASKSCOPE_TEST(TestHatch)
#include "tst_hatch.moc"
