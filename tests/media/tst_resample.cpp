#include "core/error.h"
#include "core/random.h"
#include "media/color_ops.h"
#include "media/picture.h"
#include "media/resample.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

struct Planar {
    int channels, height, width;
    std::vector<float> values = std::vector<float>(static_cast<std::size_t>(channels * height * width));
    float at(int c, int y, int x) const { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
};

Planar resampled(const DecodedImage& image, const CropBox& box, int channels, int height, int width, bool flip = false, float scale = 1,
                 float offset = 0, Interpolation interpolation = Interpolation::Area) {
    Planar result{channels, height, width};
    const std::vector<float> scales(static_cast<std::size_t>(channels), scale), offsets(static_cast<std::size_t>(channels), offset);
    resampleInto(wholeWindow(image), box, flip, interpolation, {result.values.data(), channels, height, width, scales, offsets});
    return result;
}

template <typename T = std::uint8_t>
DecodedImage noise(int width, int height, int channels) {
    RandomStream random(7, "noise");
    std::vector<T> pixels(static_cast<std::size_t>(width * height * channels));
    for (T& pixel : pixels) pixel = static_cast<T>(random.next());
    return {width, height, channels, std::move(pixels)};
}

}  // namespace

class TestResample : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void constantStaysConstant_data();
    void constantStaysConstant();
    void halvingIsTheAreaAverage();
    void fractionalAreasAreExact();
    void sameSizeCopies();
    void integerBoxIsACrop();
    void enlargingKeepsALine();
    void neverLooksOutsideTheBox();
    void flipMirrors();
    void statisticsAreFoldedIn();
    void sixteenBitsKeepPrecision();
    void channelsAdapt();
    void boxesBeyondTheBorderRepeatIt();
    void bilinearFollowsItsFormula_data();
    void bilinearFollowsItsFormula();
    void aWindowGivesThePixelsOfTheWhole_data();
    void aWindowGivesThePixelsOfTheWhole();
    void emptyBoxesAreRefused();
    void centreBoxKeepsTheAspect();
    void colorsFollowTheirFormulas();
    void hueTurnsColours();
    void blurKeepsMeanAndConstant();
    void sheetHasGapsLabelsAndPictures();
};

void TestResample::constantStaysConstant_data() {
    QTest::addColumn<double>("x");
    QTest::addColumn<double>("width");
    QTest::addColumn<int>("target");
    QTest::newRow("shrink") << 0.0 << 37.0 << 8;
    QTest::newRow("shrink an odd box") << 3.3 << 21.7 << 10;
    QTest::newRow("enlarge") << 5.25 << 4.5 << 33;
    QTest::newRow("one pixel") << 7.0 << 1.0 << 5;
    QTest::newRow("less than a pixel") << 7.2 << 0.3 << 5;
    QTest::newRow("beyond the border") << -4.0 << 50.0 << 9;
}

void TestResample::constantStaysConstant() {
    QFETCH(double, x);
    QFETCH(double, width);
    QFETCH(int, target);
    const DecodedImage image(37, 41, 3, std::vector<std::uint8_t>(37 * 41 * 3, 153));
    const Planar result = resampled(image, {x, 2.5, width, 30.25}, 3, 12, target);
    for (const float value : result.values) QVERIFY2(std::abs(value - 0.6F) < 1e-5F, qPrintable(QString::number(double(value))));
}

void TestResample::halvingIsTheAreaAverage() {
    const DecodedImage image = noise(16, 12, 3);
    const Planar half = resampled(image, wholeImage(image), 3, 6, 8);
    for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 8; ++x)
            for (int c = 0; c < 3; ++c) {
                int sum = 0;
                for (const auto& [dx, dy] : {std::pair(0, 0), std::pair(1, 0), std::pair(0, 1), std::pair(1, 1)})
                    sum += image.pixels8()[((2 * y + dy) * 16 + 2 * x + dx) * 3 + c];
                QVERIFY(std::abs(half.at(c, y, x) - float(sum) / 1020) < 1e-5F);
            }
}

void TestResample::fractionalAreasAreExact() {
    // 3 pixels to 2: (a + b / 2) / 1.5 and (b / 2 + c) / 1.5
    const DecodedImage image(3, 1, 1, std::vector<std::uint8_t>{30, 90, 240});
    const Planar result = resampled(image, wholeImage(image), 1, 1, 2);
    QVERIFY(std::abs(result.at(0, 0, 0) * 255 - 50) < 1e-3F);
    QVERIFY(std::abs(result.at(0, 0, 1) * 255 - 190) < 1e-3F);
}

void TestResample::sameSizeCopies() {
    const DecodedImage image = noise(9, 7, 3);
    const Planar result = resampled(image, wholeImage(image), 3, 7, 9);
    for (int y = 0; y < 7; ++y)
        for (int x = 0; x < 9; ++x) QVERIFY(std::abs(result.at(2, y, x) * 255 - image.pixels8()[(y * 9 + x) * 3 + 2]) < 1e-3F);
}

void TestResample::integerBoxIsACrop() {
    const DecodedImage image = noise(20, 20, 1);
    const Planar result = resampled(image, {3, 5, 8, 6}, 1, 6, 8);
    for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 8; ++x) QVERIFY(std::abs(result.at(0, y, x) * 255 - image.pixels8()[(y + 5) * 20 + x + 3]) < 1e-3F);
}

void TestResample::enlargingKeepsALine() {
    // Cubic interpolation reproduces a straight line away from the border.
    std::vector<std::uint8_t> pixels(20);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(10 * i + 5);
    const DecodedImage image(20, 1, 1, pixels);
    const Planar result = resampled(image, wholeImage(image), 1, 1, 60);
    for (int x = 10; x < 50; ++x) QVERIFY(std::abs(result.at(0, 0, x) * 255 - float(10 * (x + 0.5) / 3)) < 0.01F);
}

void TestResample::neverLooksOutsideTheBox() {
    std::vector<std::uint8_t> pixels(30 * 30, 255);
    for (int y = 10; y < 20; ++y)
        for (int x = 10; x < 20; ++x) pixels[static_cast<std::size_t>(y * 30 + x)] = 0;
    const DecodedImage image(30, 30, 1, pixels);
    for (const int side : {4, 10, 37})
        for (const float value : resampled(image, {10, 10, 10, 10}, 1, side, side).values) QVERIFY(std::abs(value) < 1e-6F);
}

void TestResample::flipMirrors() {
    const DecodedImage image = noise(15, 8, 3);
    for (const int width : {15, 6, 40}) {
        const Planar plain = resampled(image, wholeImage(image), 3, 8, width), mirrored = resampled(image, wholeImage(image), 3, 8, width, true);
        for (int x = 0; x < width; ++x) QCOMPARE(mirrored.at(1, 3, x), plain.at(1, 3, width - 1 - x));
    }
    const Image small{2, 1, 1, {1, 2}};
    QCOMPARE(flipped(small).pixels, (std::vector<std::uint8_t>{2, 1}));
}

void TestResample::statisticsAreFoldedIn() {
    const DecodedImage image = noise(8, 8, 3);
    for (const int side : {4, 8}) {
        const Planar plain = resampled(image, wholeImage(image), 3, side, side),
                     scaled = resampled(image, wholeImage(image), 3, side, side, false, 2, -1);
        for (std::size_t i = 0; i < plain.values.size(); ++i) QVERIFY(std::abs(scaled.values[i] - (2 * plain.values[i] - 1)) < 1e-5F);
    }
}

void TestResample::sixteenBitsKeepPrecision() {
    const DecodedImage image = noise<std::uint16_t>(6, 6, 1);
    const Planar result = resampled(image, wholeImage(image), 1, 6, 6);
    for (int i = 0; i < 36; ++i) QVERIFY(std::abs(result.values[std::size_t(i)] * 65535 - float(image.pixels16()[i])) < 0.02F);
}

void TestResample::channelsAdapt() {
    const DecodedImage grey = noise(4, 4, 1), color = noise(4, 4, 3);
    for (const int side : {2, 4}) {
        const Planar repeated = resampled(grey, wholeImage(grey), 3, side, side), single = resampled(grey, wholeImage(grey), 1, side, side);
        for (int c = 0; c < 3; ++c) QCOMPARE(repeated.at(c, 1, 1), single.at(0, 1, 1));
        const Planar rgb = resampled(color, wholeImage(color), 3, side, side), luma = resampled(color, wholeImage(color), 1, side, side);
        QVERIFY(std::abs(luma.at(0, 1, 0) - (0.299F * rgb.at(0, 1, 0) + 0.587F * rgb.at(1, 1, 0) + 0.114F * rgb.at(2, 1, 0))) < 1e-5F);
    }
    QVERIFY_EXCEPTION_THROWN(resampled(noise(4, 4, 5), {0, 0, 4, 4}, 3, 4, 4), DataError);
}

void TestResample::boxesBeyondTheBorderRepeatIt() {
    const DecodedImage image(2, 1, 1, std::vector<std::uint8_t>{10, 200});
    const Planar result = resampled(image, {-2, 0, 6, 1}, 1, 1, 6);
    const std::vector<int> expected{10, 10, 10, 200, 200, 200};
    for (int x = 0; x < 6; ++x) QVERIFY(std::abs(result.at(0, 0, x) * 255 - float(expected[std::size_t(x)])) < 1e-3F);
    const Planar outside = resampled(image, {5, 0, 2, 1}, 1, 1, 2);
    QVERIFY(std::abs(outside.at(0, 0, 0) * 255 - 200) < 1e-3F);
}

void TestResample::bilinearFollowsItsFormula_data() {
    QTest::addColumn<double>("start");
    QTest::addColumn<double>("length");
    QTest::addColumn<int>("target");
    QTest::newRow("enlarge") << 3.0 << 9.0 << 32;
    QTest::newRow("enlarge a fraction") << 2.25 << 6.5 << 17;
    QTest::newRow("same size") << 0.0 << 30.0 << 30;
    QTest::newRow("shrink a little") << 1.0 << 28.0 << 23;
    QTest::newRow("shrink") << 0.7 << 27.9 << 5;
    QTest::newRow("to one pixel") << 4.0 << 20.0 << 1;
}

/// As Pillow and antialiased PyTorch have it: a triangle, whose part outside of the box is left out.
void TestResample::bilinearFollowsItsFormula() {
    QFETCH(double, start);
    QFETCH(double, length);
    QFETCH(int, target);
    const DecodedImage image = noise(30, 1, 3);
    const Planar result = resampled(image, {start, 0, length, 1}, 3, 1, target, false, 1, 0, Interpolation::Bilinear);
    const double step = length / target, reach = std::max(step, 1.0);
    for (int x = 0; x < target; ++x) {
        double sum = 0, weights = 0;
        for (int pixel = int(std::floor(start)); pixel < int(std::ceil(start + length)); ++pixel) {
            const double weight = std::max(0.0, 1 - std::abs(pixel + 0.5 - (start + (x + 0.5) * step)) / reach);
            weights += weight;
            sum += weight * image.pixels8()[pixel * 3 + 1];
        }
        QVERIFY2(std::abs(result.at(1, 0, x) * 255 - sum / weights) < 1e-2, qPrintable(QString::number(x)));
    }
}

void TestResample::aWindowGivesThePixelsOfTheWhole_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("target");
    for (const int channels : {1, 3, 5})
        for (const int target : {7, 32, 50}) QTest::addRow("%d channels to %d", channels, target) << channels << target;
}

void TestResample::aWindowGivesThePixelsOfTheWhole() {
    QFETCH(int, channels);
    QFETCH(int, target);
    const DecodedImage image = noise(61, 47, channels);
    RandomStream random(5, "boxes");
    for (int i = 0; i < 60; ++i) {
        const CropBox box{random.uniform(-4, 50), random.uniform(-4, 40), random.uniform(0.2, 40), random.uniform(0.2, 30)};
        const Interpolation interpolation = i % 2 == 0 ? Interpolation::Area : Interpolation::Bilinear;
        const PixelRange columns = touchedPixels(box.x, box.width, 61), rows = touchedPixels(box.y, box.height, 47);
        std::vector<std::uint8_t> part;
        for (int y = rows.low; y < rows.high; ++y)
            part.insert(part.end(), image.pixels8() + (y * 61 + columns.low) * channels, image.pixels8() + (y * 61 + columns.high) * channels);
        const PictureWindow window{{columns.high - columns.low, rows.high - rows.low, channels, std::move(part)}, columns.low, rows.low, 61, 47};
        const Planar whole = resampled(image, box, channels, target, target + 1, i % 3 == 0, 2, -1, interpolation);
        Planar fromPart{channels, target, target + 1};
        const std::vector<float> scales(std::size_t(channels), 2.0F), offsets(std::size_t(channels), -1.0F);
        const PlaneTarget place{fromPart.values.data(), channels, target, target + 1, scales, offsets};
        resampleInto(window, box, i % 3 == 0, interpolation, place);
        QVERIFY(fromPart.values == whole.values);
        PictureWindow shifted = window;
        ++shifted.left;
        QVERIFY_EXCEPTION_THROWN(resampleInto(shifted, box, false, interpolation, place), ShapeError);
    }
}

void TestResample::emptyBoxesAreRefused() {
    const DecodedImage image = noise(4, 4, 1);
    QVERIFY_EXCEPTION_THROWN(resampled(image, {0, 0, 0, 4}, 1, 2, 2), ShapeError);
    QVERIFY_EXCEPTION_THROWN(resampled(image, {0, 0, 4, std::nan("")}, 1, 2, 2), ShapeError);
    QVERIFY_EXCEPTION_THROWN(resampled(DecodedImage(), {0, 0, 1, 1}, 1, 2, 2), ShapeError);
}

void TestResample::centreBoxKeepsTheAspect() {
    QCOMPARE(centreBox(100, 50, 1.0), (CropBox{25, 0, 50, 50}));
    QCOMPARE(centreBox(50, 100, 2.0), (CropBox{0, 37.5, 50, 25}));
}

void TestResample::colorsFollowTheirFormulas() {
    const std::vector<float> start{0.2F, 0.6F, 0.4F, 0.4F, 0.1F, 0.9F};  // two pixels
    auto values = start;
    const Planes planes{values.data(), 3, 1, 2};
    jitterColors(planes, {});
    QCOMPARE(values, start);
    jitterColors(planes, {.brightness = 1.5F});
    QVERIFY(std::abs(values[0] - 0.3F) < 1e-6F && std::abs(values[5] - 1.0F) < 1e-6F);
    values = start;
    jitterColors(planes, {.contrast = 0.0F});
    const float mean = (0.299F * 0.8F + 0.587F * 0.8F + 0.114F * 1.0F) / 2;
    for (const float value : values) QVERIFY(std::abs(value - mean) < 1e-6F);
    values = start;
    jitterColors(planes, {.saturation = 0.0F});
    auto grey = start;
    makeGrey({grey.data(), 3, 1, 2});
    QVERIFY(std::abs(grey[0] - (0.299F * 0.2F + 0.587F * 0.4F + 0.114F * 0.1F)) < 1e-6F);
    for (std::size_t i = 0; i < grey.size(); ++i) QVERIFY(std::abs(values[i] - grey[i]) < 1e-6F);
}

void TestResample::hueTurnsColours() {
    std::vector<float> values{1, 0.5F, 0, 0.5F, 0, 0.5F};  // red and grey
    jitterColors({values.data(), 3, 1, 2}, {.hue = 1.0F / 3});
    const std::vector<float> expected{0, 0.5F, 1, 0.5F, 0, 0.5F};  // green and grey
    for (std::size_t i = 0; i < values.size(); ++i) QVERIFY(std::abs(values[i] - expected[i]) < 1e-5F);
    jitterColors({values.data(), 3, 1, 2}, {.hue = -1.0F / 3});
    QVERIFY(std::abs(values[0] - 1) < 1e-5F && std::abs(values[2]) < 1e-5F);
}

void TestResample::blurKeepsMeanAndConstant() {
    std::vector<float> values(15 * 15, 0.0F);
    values[7 * 15 + 7] = 1;
    blur({values.data(), 1, 15, 15}, 1.0);
    QVERIFY(std::abs(std::accumulate(values.begin(), values.end(), 0.0F) - 1) < 1e-4F);
    QVERIFY(std::abs(values[7 * 15 + 7] - 0.1592F) < 2e-3F);  // 1 / (2 pi)
    QVERIFY(std::abs(values[7 * 15 + 9] - values[9 * 15 + 7]) < 1e-7F);
    std::vector<float> flat(3 * 4, 0.3F);
    blur({flat.data(), 1, 3, 4}, 5.0);
    for (const float value : flat) QVERIFY(std::abs(value - 0.3F) < 1e-5F);
}

void TestResample::sheetHasGapsLabelsAndPictures() {
    const std::vector<Tile> tiles{
        {{2, 2, 1, {255, 255, 255, 255}}, "", false}, {{2, 2, 3, std::vector<std::uint8_t>(12, 9)}, "", false}, {{2, 2, 1, {0, 0, 0, 0}}, "", false}};
    const Image sheet = contactSheet(tiles, {.columns = 2, .gapPx = 1, .scale = 3});
    QCOMPARE(sheet.width, 1 + 2 * 7);
    QCOMPARE(sheet.height, 1 + 2 * 7);
    QCOMPARE(int(sheet.pixels[sheet.offset(0, 0)]), 24);
    QCOMPARE(int(sheet.pixels[sheet.offset(6, 6)]), 255);
    QCOMPARE(int(sheet.pixels[sheet.offset(8, 1)]), 9);
    QCOMPARE(int(sheet.pixels[sheet.offset(1, 8)]), 0);
    std::vector<Tile> labelled = tiles;
    labelled[0].label = "LEAKS";
    labelled[0].warning = true;
    labelled[0].image = {60, 20, 1, std::vector<std::uint8_t>(1200, 100)};
    const Image warned = contactSheet(labelled);
    QVERIFY(warned.height > 20 + 2 * 4);
    QCOMPARE(int(warned.pixels[warned.offset(5, 6)]), 176);
    QVERIFY_EXCEPTION_THROWN(contactSheet({}), ShapeError);
}

MASKSCOPE_TEST(TestResample)
#include "tst_resample.moc"
