#include "media/gif.h"

#include <array>
#include <map>

#include <QtTest>

#include "core/error.h"
#include "media/color_palette.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Reads what a viewer would show, apart from our own writer: blocks, palettes, LZW (GIF89a specification).
class GifReader {
public:
    struct Frame {
        std::vector<std::array<std::uint8_t, 3>> pixels;
        int hundredths = 0;
    };

    explicit GifReader(const std::string& bytes) : bytes_(bytes) {
        if (bytes_.substr(0, 6) != "GIF89a") return;
        at_ = 6;
        width = word();
        height = word();
        at_ += 3;
        int hundredths = 0;
        for (int kind = byte(); kind != 0x3B && at_ < bytes_.size(); kind = byte()) {
            if (kind == 0x2C) {
                frames.push_back({readFrame(), hundredths});
            } else {
                const int label = byte();
                const std::string data = blocks();
                if (label == 0xF9) hundredths = static_cast<unsigned char>(data[1]) | static_cast<unsigned char>(data[2]) << 8;
                if (label == 0xFF) repeats = data.substr(0, 11) == "NETSCAPE2.0";
            }
        }
        whole = at_ == bytes_.size();
    }

    int width = 0, height = 0;
    bool repeats = false, whole = false;
    std::vector<Frame> frames;

private:
    int byte() { return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_++]) : 0x3B; }
    int word() {
        const int low = byte();
        return low | byte() << 8;
    }
    std::string blocks() {
        std::string all;
        for (int size = byte(); size != 0; size = byte()) {
            all += bytes_.substr(at_, static_cast<std::size_t>(size));
            at_ += static_cast<std::size_t>(size);
        }
        return all;
    }

    std::vector<std::array<std::uint8_t, 3>> readFrame() {
        at_ += 8;  // the whole screen
        const int flags = byte();
        std::vector<std::array<std::uint8_t, 3>> palette(std::size_t{1} << ((flags & 7) + 1));
        for (auto& color : palette)
            for (auto& value : color) value = static_cast<std::uint8_t>(byte());
        const int codeBits = byte();
        std::vector<std::array<std::uint8_t, 3>> pixels;
        for (const std::uint8_t index : unpack(blocks(), codeBits)) pixels.push_back(palette[index]);
        return pixels;
    }

    static std::vector<std::uint8_t> unpack(const std::string& data, int codeBits) {
        const int clear = 1 << codeBits, end = clear + 1;
        std::map<int, std::vector<std::uint8_t>> table;
        const auto reset = [&] {
            table.clear();
            for (int i = 0; i < clear; ++i) table[i] = {static_cast<std::uint8_t>(i)};
            table[clear] = table[end] = {};
        };
        std::vector<std::uint8_t> out, before;
        int bits = codeBits + 1;
        std::size_t place = 0;
        reset();
        while (place + static_cast<std::size_t>(bits) <= data.size() * 8) {
            int code = 0;
            for (int i = 0; i < bits; ++i, ++place) code |= (static_cast<unsigned char>(data[place / 8]) >> (place % 8) & 1) << i;
            if (code == end) break;
            if (code == clear) {
                reset();
                bits = codeBits + 1;
                before.clear();
                continue;
            }
            std::vector<std::uint8_t> word = table.contains(code) ? table[code] : before;
            if (!table.contains(code)) word.push_back(before.front());
            out.insert(out.end(), word.begin(), word.end());
            if (!before.empty() && table.size() < 4096) {
                before.push_back(word.front());
                table[static_cast<int>(table.size())] = before;
            }
            if (static_cast<int>(table.size()) == 1 << bits && bits < 12) ++bits;
            before = word;
        }
        return out;
    }

    const std::string& bytes_;
    std::size_t at_ = 0;
};

Image noise(int width, int height, int channels, int colors, unsigned seed) {
    Image image{width, height, channels, {}};
    for (int i = 0; i < width * height * channels; ++i) {
        seed = seed * 1664525 + 1013904223;
        image.pixels.push_back(static_cast<std::uint8_t>(static_cast<int>(seed >> 16) % colors * (255 / colors)));
    }
    return image;
}

int largestError(const GifReader::Frame& frame, const Image& image) {
    int error = 0;
    for (std::size_t i = 0; i < frame.pixels.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) error = std::max(error, std::abs(frame.pixels[i][c] - image.pixels[image.channels == 1 ? i : 3 * i + c]));
    return error;
}

}  // namespace

class TestGif : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void framesReadBackExactlyWhereThePaletteHoldsThem_data();
    void framesReadBackExactlyWhereThePaletteHoldsThem();
    void manyColoursBecomeTheirNearest();
    void timesAreKeptAndTheLastFrameStands();
    void palettesAreTheSameForTheSamePicture();
    void framesThatDoNotFitAreRefused();
};

void TestGif::framesReadBackExactlyWhereThePaletteHoldsThem_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("colors");
    QTest::newRow("one pixel") << 1 << 1 << 3 << 2;
    QTest::newRow("one colour, long words") << 300 << 200 << 3 << 1;
    QTest::newRow("six values a channel, noise that fills the table often") << 200 << 150 << 3 << 6;
    QTest::newRow("grey noise of 255 levels") << 128 << 128 << 1 << 255;
    QTest::newRow("two colours") << 61 << 7 << 1 << 2;
}

void TestGif::framesReadBackExactlyWhereThePaletteHoldsThem() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(int, channels);
    QFETCH(int, colors);
    const std::vector<Image> images{noise(width, height, channels, colors, 1), noise(width, height, channels, colors, 2)};
    const std::string bytes = encodeGif(images, 0.1);
    const GifReader reader(bytes);
    QVERIFY(reader.whole && reader.repeats);
    QCOMPARE(reader.width, width);
    QCOMPARE(reader.frames.size(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i) {
        QCOMPARE(reader.frames[i].pixels.size(), static_cast<std::size_t>(width * height));
        QCOMPARE(largestError(reader.frames[i], images[i]), 0);
    }
}

void TestGif::manyColoursBecomeTheirNearest() {
    Image ramp{256, 64, 3, {}};
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 256; ++x)
            for (const int value : {x, 255 - x, 4 * y}) ramp.pixels.push_back(static_cast<std::uint8_t>(value));
    const std::string bytes = encodeGif(std::vector<Image>{ramp}, 0.1);
    const GifReader reader(bytes);
    QVERIFY2(largestError(reader.frames[0], ramp) <= 12, qPrintable(QString::number(largestError(reader.frames[0], ramp))));
    QCOMPARE(toPalette(ramp).palette.size(), std::size_t{256});
}

void TestGif::timesAreKeptAndTheLastFrameStands() {
    const std::vector<Image> images(3, noise(4, 4, 3, 4, 1));
    const std::string bytes = encodeGif(images, 0.25), hasty = encodeGif(images, 0.0);
    const GifReader reader(bytes), quick(hasty);
    QCOMPARE(reader.frames[0].hundredths, 25);
    QCOMPARE(reader.frames[2].hundredths, 100);
    QCOMPARE(quick.frames[0].hundredths, 2);
}

void TestGif::palettesAreTheSameForTheSamePicture() {
    const Image image = noise(90, 70, 3, 60, 4);
    QVERIFY(encodeGif(std::vector<Image>{image}, 0.1) == encodeGif(std::vector<Image>{image}, 0.1));
}

void TestGif::framesThatDoNotFitAreRefused() {
    QVERIFY_EXCEPTION_THROWN(encodeGif({}, 0.1), ShapeError);
    QVERIFY_EXCEPTION_THROWN(encodeGif(std::vector<Image>{noise(4, 4, 3, 4, 1), noise(4, 5, 3, 4, 1)}, 0.1), ShapeError);
    QVERIFY_EXCEPTION_THROWN(encodeGif(std::vector<Image>{noise(4, 4, 2, 4, 1)}, 0.1), ShapeError);
}

MASKSCOPE_TEST(TestGif)
#include "tst_gif.moc"
