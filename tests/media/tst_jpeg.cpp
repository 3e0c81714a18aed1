#include "core/error.h"
#include "core/random.h"
#include "media/decode.h"
#include "media/jpeg.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <QtTest>

#include "support/made_jpeg.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// The row of a window's pixels that is row y of the picture, from column x on.
const std::uint8_t* at(const PictureWindow& window, int x, int y) {
    return window.image.pixels8() + (std::ptrdiff_t{y - window.top} * window.image.width() + (x - window.left)) * window.image.channels();
}

bool holds(const PictureWindow& window, const PictureRegion& region) {
    return window.left <= region.left && window.top <= region.top && window.left + window.image.width() >= region.right &&
           window.top + window.image.height() >= region.bottom;
}

bool samePixels(const PictureWindow& a, const PictureWindow& b, const PictureRegion& region) {
    const auto bytes = static_cast<std::size_t>((region.right - region.left) * a.image.channels());
    for (int y = region.top; y < region.bottom; ++y)
        if (std::memcmp(at(a, region.left, y), at(b, region.left, y), bytes) != 0) return false;
    return true;
}

PictureRegion randomRegion(RandomStream& random, int width, int height) {
    const auto pick = [&](int low, int high) { return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low))); };
    const int left = pick(0, width), top = pick(0, height);
    return {left, top, pick(left, width) + 1, pick(top, height) + 1, 1};
}

std::string text(const PictureRegion& r) {
    return std::to_string(r.left) + "-" + std::to_string(r.right) + " " + std::to_string(r.top) + "-" + std::to_string(r.bottom);
}

}  // namespace

class TestJpeg : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aPartHasThePixelsOfTheWhole_data();
    void aPartHasThePixelsOfTheWhole();
    void theWholeIsWhatOpenCvDecodes_data() { forms(); }
    void theWholeIsWhatOpenCvDecodes();
    void shrunkPartsAreDecodedSmaller();
    void threadsDoNotDisturbEachOther();
    void damagedFilesAreRefused();
    void cmykIsLeftToOthers();

private:
    static void forms();
};

void TestJpeg::forms() {
    QTest::addColumn<int>("across");
    QTest::addColumn<int>("down");
    QTest::addColumn<int>("channels");
    QTest::addColumn<bool>("progressive");
    QTest::addColumn<int>("restart");
    QTest::newRow("4:2:0") << 2 << 2 << 3 << false << 0;
    QTest::newRow("4:2:2") << 2 << 1 << 3 << false << 0;
    QTest::newRow("4:4:0") << 1 << 2 << 3 << false << 0;
    QTest::newRow("4:4:4") << 1 << 1 << 3 << false << 0;
    QTest::newRow("4:1:1") << 4 << 1 << 3 << false << 0;
    QTest::newRow("grey") << 1 << 1 << 1 << false << 0;
    QTest::newRow("progressive") << 2 << 2 << 3 << true << 0;
    QTest::newRow("restart markers") << 2 << 2 << 3 << false << 2;
}

void TestJpeg::aPartHasThePixelsOfTheWhole_data() { forms(); }

void TestJpeg::aPartHasThePixelsOfTheWhole() {
    QFETCH(int, across);
    QFETCH(int, down);
    QFETCH(int, channels);
    QFETCH(bool, progressive);
    QFETCH(int, restart);
    const JpegForm form{across, down, channels, progressive, static_cast<unsigned>(restart)};
    RandomStream random(4, "regions");
    for (const auto& [width, height] : {std::pair(203, 157), std::pair(64, 96), std::pair(17, 300), std::pair(9, 5)}) {
        const std::string bytes = madeJpeg(width, height, form);
        for (const int eighths : {8, 4, 2, 1}) {
            const PictureWindow whole = *decodeJpeg(bytes, "x", eighths, PictureRegion::whole);
            QCOMPARE(whole.image.channels(), channels);
            QCOMPARE(whole.fullWidth, (width * eighths + 7) / 8);
            for (int i = 0; i < 40; ++i) {
                const PictureRegion region = randomRegion(random, whole.fullWidth, whole.fullHeight);
                const PictureWindow part = *decodeJpeg(bytes, "x", eighths, [&](int, int) { return region; });
                QVERIFY(holds(part, region));
                QVERIFY2(samePixels(part, whole, region), (std::to_string(width) + " at " + std::to_string(eighths) + "/8: " + text(region)).c_str());
            }
        }
    }
}

void TestJpeg::theWholeIsWhatOpenCvDecodes() {
    QFETCH(int, across);
    QFETCH(int, down);
    QFETCH(int, channels);
    QFETCH(bool, progressive);
    const std::string bytes = madeJpeg(75, 43, {across, down, channels, progressive});
    const cv::Mat expected = cv::imdecode(cv::Mat(1, int(bytes.size()), CV_8U, const_cast<char*>(bytes.data())), cv::IMREAD_ANYCOLOR);
    const DecodedImage found = decodeImage(bytes, "x");
    QCOMPARE(expected.channels(), channels);
    QCOMPARE(found.channels(), channels);
    for (int y = 0; y < 43; ++y)
        for (int x = 0; x < 75 * channels; ++x) {
            const int mirrored = channels == 1 ? x : x / 3 * 3 + 2 - x % 3;  // OpenCV's order is B, G, R
            QCOMPARE(int(found.pixels8()[y * 75 * channels + x]), int(expected.ptr(y)[mirrored]));
        }
}

void TestJpeg::shrunkPartsAreDecodedSmaller() {
    const std::string bytes = madeJpeg(203, 157);
    for (const auto& [shrink, eighths] : {std::pair(1.9, 8), std::pair(2.0, 4), std::pair(3.9, 4), std::pair(4.1, 2), std::pair(100.0, 1)}) {
        const PictureRegion region{40, 31, 161, 120, shrink};
        const PictureWindow part = decodeRegion(bytes, "x", {}, [&](int width, int height) {
            Q_ASSERT(width == 203 && height == 157);
            return region;
        });
        const PictureWindow whole = *decodeJpeg(bytes, "x", eighths, PictureRegion::whole);
        QCOMPARE(part.fullWidth, whole.fullWidth);
        QCOMPARE(part.fullHeight, whole.fullHeight);
        const auto smaller = [&](double place, int from, int to) { return place * to / from; };
        QVERIFY(part.left <= smaller(region.left, 203, part.fullWidth) && part.top <= smaller(region.top, 157, part.fullHeight));
        QVERIFY(part.left + part.image.width() >= smaller(region.right, 203, part.fullWidth));
        QVERIFY(part.top + part.image.height() >= smaller(region.bottom, 157, part.fullHeight));
        QVERIFY(samePixels(part, whole, {part.left, part.top, part.left + part.image.width(), part.top + part.image.height(), 1}));
    }
}

void TestJpeg::threadsDoNotDisturbEachOther() {
    std::vector<std::string> files;
    std::vector<PictureWindow> expected;
    for (std::uint64_t i = 0; i < 6; ++i) {
        files.push_back(madeJpeg(60 + 9 * int(i), 50, {int(1 + i % 2), 1, i == 3 ? 1 : 3, i == 4}, i));
        expected.push_back(*decodeJpeg(files.back(), "x", 8, PictureRegion::whole));
    }
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 3; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = t; i < 200; ++i) {
                    const PictureWindow found = *decodeJpeg(files[i % 6], "x", 8, PictureRegion::whole);
                    const PictureRegion all = PictureRegion::whole(found.fullWidth, found.fullHeight);
                    if (found.fullWidth != expected[i % 6].fullWidth || !samePixels(found, expected[i % 6], all)) ++wrong;
                }
            });
    }
    QCOMPARE(wrong.load(), 0);
}

void TestJpeg::damagedFilesAreRefused() {
    std::string bytes = madeJpeg(40, 40);
    const std::size_t tables = bytes.find("\xFF\xC4");
    std::string broken = bytes;
    for (std::size_t i = 0; i < 16; ++i) broken[tables + 5 + i] = '\xFF';  // more codes than a Huffman table can have
    const auto decode = [](const std::string& file) { return decodeImage(file, "cat.jpg"); };
    try {
        decode(broken);
        QFAIL("no error");
    } catch (const DataError& error) {
        QVERIFY2(QString(error.what()).startsWith("cat.jpg: damaged, its pixels cannot be decoded (") &&
                     QString(error.what()).endsWith("; replace the file"),
                 error.what());
    }
    QCOMPARE(decode(bytes).width(), 40);  // the thread's decoder is sound again
}

void TestJpeg::cmykIsLeftToOthers() {
    const std::string file = madeJpeg(8, 8, {.channels = 4});
    QVERIFY(!decodeJpeg(file, "x", 8, PictureRegion::whole));
    int asked = 0;
    const PictureWindow window = decodeRegion(file, "x", {}, [&](int width, int height) {
        ++asked;
        return PictureRegion::whole(width, height);
    });
    QCOMPARE(asked, 1);
    QCOMPARE(window.image.channels(), 3);
    QCOMPARE(window.image.width(), 8);
}

MASKSCOPE_TEST(TestJpeg)
#include "tst_jpeg.moc"
