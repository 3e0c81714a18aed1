#include "widgets/pictures/image_conversion.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

class TestImageConversion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void channels_data() {
        QTest::addColumn<int>("channels");
        QTest::addColumn<QColor>("first");
        QTest::addColumn<QColor>("last");
        QTest::newRow("one channel is grey") << 1 << QColor(10, 10, 10) << QColor(15, 15, 15);
        QTest::newRow("three are red, green, blue") << 3 << QColor(10, 11, 12) << QColor(25, 26, 27);
        QTest::newRow("of five the first three are shown") << 5 << QColor(10, 11, 12) << QColor(35, 36, 37);
    }
    void channels() {
        QFETCH(int, channels);
        Image image{3, 2, channels, {}};
        for (int i = 0; i < 6 * channels; ++i) image.pixels.push_back(static_cast<std::uint8_t>(10 + i));
        const QImage converted = toQImage(image);
        QCOMPARE(converted.size(), QSize(3, 2));
        QTEST(converted.pixelColor(0, 0), "first");
        QTEST(converted.pixelColor(2, 1), "last");
    }

    void opacityIsKept() {
        const QImage grey = toQImage({1, 1, 2, {80, 255}});
        QCOMPARE(grey.pixelColor(0, 0), QColor(80, 80, 80));
        QCOMPARE(toQImage({1, 1, 2, {80, 0}}).pixelColor(0, 0).alpha(), 0);
        const QImage color = toQImage({2, 1, 4, {10, 20, 30, 255, 10, 20, 30, 0}});
        QCOMPARE(color.pixelColor(0, 0), QColor(10, 20, 30));
        QCOMPARE(color.pixelColor(1, 0).alpha(), 0);
    }

    void whatDoesNotFitIsNothing() {
        QVERIFY(toQImage({}).isNull());
        QVERIFY(toQImage({2, 2, 3, {1, 2, 3}}).isNull());
        QVERIFY(toQImage({2, 2, 0, {}}).isNull());
        QVERIFY(toQImage({-2, 2, 3, {}}).isNull());
    }
};

MASKSCOPE_TEST(TestImageConversion)
#include "tst_image_conversion.moc"
