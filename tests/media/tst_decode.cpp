#include "core/error.h"
#include "media/decode.h"
#include "media/npy.h"
#include "media/picture.h"
#include "media/tensor_image.h"

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::string encoded(const char* extension, const cv::Mat& mat, const std::vector<int>& settings = {}) {
    std::vector<unsigned char> bytes;
    cv::imencode(extension, mat, bytes, settings);
    return {bytes.begin(), bytes.end()};
}

/// Smooth colours, so that JPEG changes little.
cv::Mat ramp(int rows, int columns) {
    cv::Mat mat(rows, columns, CV_8UC3);
    for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x) mat.at<cv::Vec3b>(y, x) = {40, static_cast<unsigned char>(100 + y), static_cast<unsigned char>(10 + 3 * x)};
    return mat;
}

/// The message of the DataError that decoding ends in.
std::string messageOf(const std::string& bytes) {
    try {
        decodeImage(bytes, "cat.jpg");
    } catch (const DataError& error) {
        return error.what();
    }
    return "no error";
}

std::string npyBytes(const std::string& type, const std::string& shape, const std::string& data, const char* fortran = "False") {
    std::string header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': (" + shape + "), }";
    header.resize((header.size() + 10) / 64 * 64 + 64 - 10, ' ');
    header.back() = '\n';
    std::string bytes(kNpySignature);
    bytes += std::string("\x01\x00", 2) + static_cast<char>(header.size() & 0xFF) + static_cast<char>(header.size() >> 8);
    return bytes + header + data;
}

/// A little-endian TIFF of one uncompressed strip. @param planar  1 or 2
std::string tiffBytes(int width, int height, int samples, int bits, int planar, const std::string& data) {
    std::string bytes("II*\0\x08\0\0\0", 8);
    const auto put = [&](std::uint32_t value, int count) {
        for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
    };
    const std::vector<std::array<std::uint32_t, 2>> fields{{256, std::uint32_t(width)},
                                                           {257, std::uint32_t(height)},
                                                           {258, std::uint32_t(bits)},
                                                           {259, 1},
                                                           {262, 1},
                                                           {273, 8 + 2 + 10 * 12 + 4},
                                                           {277, std::uint32_t(samples)},
                                                           {278, std::uint32_t(height)},
                                                           {279, std::uint32_t(data.size())},
                                                           {284, std::uint32_t(planar)}};
    put(static_cast<std::uint32_t>(fields.size()), 2);
    for (const auto& [tag, value] : fields) {
        put(tag, 2);
        put(4, 2);  // LONG
        put(1, 4);
        put(value, 4);
    }
    put(0, 4);
    return bytes + data;
}

}  // namespace

class TestDecode : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pngIsExactAndRgb();
    void greyStaysOneChannel();
    void sixteenBitsStay();
    void alphaLiesOnMeanOfOpaquePixels();
    void paletteWithTransparencyIsComposed();
    void jpegIsCloseAndReducesOnRequest();
    void exifOrientationIsApplied();
    void otherFormatsDecode_data();
    void otherFormatsDecode();
    void manyChannelTiff_data();
    void manyChannelTiff();
    void npyForms();
    void badInputIsRefused_data();
    void badInputIsRefused();
    void contentCountsNotTheName();
    void tensorsAndBack();
};

void TestDecode::pngIsExactAndRgb() {
    const Image image{3, 1, 3, {255, 0, 0, 0, 255, 0, 1, 2, 3}};
    const DecodedImage decoded = decodeImage(encodePng(image), "x.png");
    QCOMPARE(decoded.bits(), 8);
    QCOMPARE(toImage(decoded).pixels, image.pixels);
}

void TestDecode::greyStaysOneChannel() {
    const Image image{5, 3, 1, std::vector<std::uint8_t>(15, 77)};
    const DecodedImage decoded = decodeImage(encodePng(image), "x.png");
    QCOMPARE(decoded.channels(), 1);
    QCOMPARE(decoded.width(), 5);
    QCOMPARE(decoded.height(), 3);
    QCOMPARE(toImage(decoded).pixels, image.pixels);
    QCOMPARE(decodeImage(encoded(".jpg", cv::Mat(9, 9, CV_8U, cv::Scalar(80))), "x.jpg").channels(), 1);
}

void TestDecode::sixteenBitsStay() {
    cv::Mat mat(2, 2, CV_16UC3, cv::Scalar(1, 256, 65535));
    const DecodedImage decoded = decodeImage(encoded(".png", mat), "x.png");
    QCOMPARE(decoded.bits(), 16);
    QCOMPARE(int(decoded.pixels16()[0]), 65535);
    QCOMPARE(int(decoded.pixels16()[1]), 256);
    QCOMPARE(int(decoded.pixels16()[2]), 1);
    QCOMPARE(toImage(decoded).pixels[0], std::uint8_t(255));
    QCOMPARE(toImage(decoded).pixels[1], std::uint8_t(1));
}

void TestDecode::alphaLiesOnMeanOfOpaquePixels() {
    // Opaque 100 and 200 (mean 150), half transparent 50, fully transparent 9.
    const Image image{4, 1, 4, {100, 0, 0, 255, 200, 0, 0, 255, 50, 0, 0, 51, 9, 9, 9, 0}};
    const DecodedImage decoded = decodeImage(encodePng(image), "x.png");
    QCOMPARE(decoded.channels(), 3);
    QVERIFY(decoded.alphaComposed());
    const Image result = toImage(decoded);
    QCOMPARE(int(result.pixels[0]), 100);
    QCOMPARE(int(result.pixels[3]), 200);
    QCOMPARE(int(result.pixels[6]), 130);  // 0.2 * 50 + 0.8 * 150
    QCOMPARE(int(result.pixels[9]), 150);
    QCOMPARE(int(result.pixels[10]), 0);
}

void TestDecode::paletteWithTransparencyIsComposed() {
    // 2 x 1; the palette is (200, 10, 20) and blue, blue is transparent.
    const QByteArray bytes = QByteArray::fromHex(
        "89504e470d0a1a0a0000000d4948445200000002000000010803000000c3fc8fb800000006504c5445c80a140000ffe01512f20000000274524e53ff"
        "00e5b7304a0000000a74455874436f6d6d656e74006869a2a258660000000b49444154789c636060040000040002bf7a3f4a0000000049454e44ae42"
        "6082");
    const DecodedImage image = decodeImage(std::string_view(bytes.data(), std::size_t(bytes.size())), "x.png");
    QVERIFY(image.alphaComposed());
    QCOMPARE(toImage(image).pixels, (std::vector<std::uint8_t>{200, 10, 20, 200, 10, 20}));
}

void TestDecode::jpegIsCloseAndReducesOnRequest() {
    const std::string bytes = encoded(".jpg", ramp(64, 80), {cv::IMWRITE_JPEG_QUALITY, 95});
    const Image image = toImage(decodeImage(bytes, "x.jpg"));
    QCOMPARE(image.width, 80);
    for (const auto& [x, y] : {std::pair(0, 0), std::pair(40, 30), std::pair(79, 63)}) {
        QVERIFY(std::abs(image.pixels[image.offset(x, y)] - (10 + 3 * x)) < 8);
        QVERIFY(std::abs(image.pixels[image.offset(x, y) + 2] - 40) < 8);
    }
    QCOMPARE(decodeImage(bytes, "x.jpg", {9}).width(), 80);  // 64 < 8 * 9
    QCOMPARE(decodeImage(bytes, "x.jpg", {8}).width(), 40);
    QCOMPARE(decodeImage(bytes, "x.jpg", {4}).height(), 16);
    QCOMPARE(decodeImage(bytes, "x.jpg", {1}).height(), 8);
}

void TestDecode::exifOrientationIsApplied() {
    std::string bytes = encoded(".jpg", ramp(16, 32));
    // APP1 with one tag: orientation 6 (turn clockwise).
    const std::string exif(
        "\xFF\xE1\x00\x22"
        "Exif\0\0"
        "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
        36);
    bytes.insert(2, exif);
    const DecodedImage image = decodeImage(bytes, "x.jpg");
    QCOMPARE(image.width(), 16);
    QCOMPARE(image.height(), 32);
}

void TestDecode::otherFormatsDecode_data() {
    QTest::addColumn<QString>("extension");
    for (const char* extension : {".bmp", ".tiff", ".webp", ".ppm"}) QTest::newRow(extension) << extension;
}

void TestDecode::otherFormatsDecode() {
    QFETCH(QString, extension);
    const std::vector<int> lossless = extension == ".webp" ? std::vector<int>{cv::IMWRITE_WEBP_QUALITY, 101} : std::vector<int>{};
    const std::string bytes = encoded(extension.toUtf8().constData(), ramp(7, 13), lossless);
    const ImageHeader header = readImageHeader(bytes);
    QCOMPARE(header.width, 13);
    QCOMPARE(header.height, 7);
    const Image image = toImage(decodeImage(bytes, "x"));
    QCOMPARE(image.channels, 3);
    QCOMPARE(int(image.pixels[image.offset(12, 6)]), 46);
    QCOMPARE(int(image.pixels[image.offset(12, 6) + 1]), 106);
    QCOMPARE(int(image.pixels[image.offset(12, 6) + 2]), 40);
}

void TestDecode::manyChannelTiff_data() {
    QTest::addColumn<int>("samples");
    QTest::addColumn<int>("planar");
    QTest::newRow("two channels, interleaved") << 2 << 1;
    QTest::newRow("five channels, interleaved") << 5 << 1;
    QTest::newRow("five channels, one after the other") << 5 << 2;
}

void TestDecode::manyChannelTiff() {
    QFETCH(int, samples);
    QFETCH(int, planar);
    std::string data;  // 16 bits: value = 1000 * channel + pixel
    for (int i = 0; i < 6 * samples; ++i) {
        const int value = planar == 1 ? 1000 * (i % samples) + i / samples : 1000 * (i / 6) + i % 6;
        data += static_cast<char>(value & 0xFF);
        data += static_cast<char>(value >> 8);
    }
    const std::string bytes = tiffBytes(3, 2, samples, 16, planar, data);
    const DecodedImage image = decodeImage(bytes, "x.tif");
    QCOMPARE(image.channels(), samples);
    for (int pixel = 0; pixel < 6; ++pixel)
        for (int c = 0; c < samples; ++c) QCOMPARE(int(image.pixels16()[pixel * samples + c]), 1000 * c + pixel);
    QVERIFY(messageOf(bytes.substr(0, bytes.size() - 1)).find("its pixels reach to byte") != std::string::npos);
}

void TestDecode::npyForms() {
    const DecodedImage grey = decodeImage(npyBytes("|u1", "2, 3", "abcdef"), "x.npy");
    QCOMPARE(grey.width(), 3);
    QCOMPARE(grey.channels(), 1);
    const DecodedImage first = decodeImage(npyBytes("|u1", "2, 3, 4", "aaaaaaaaaaaabbbbbbbbbbbb"), "x.npy");
    QCOMPARE(first.channels(), 2);
    QCOMPARE(toImage(first).pixels[1], std::uint8_t('b'));
    const std::vector<float> floats{0.0F, 0.5F, 1.0F, 0.25F};
    const DecodedImage real = decodeImage(npyBytes("<f4", "2, 2", {reinterpret_cast<const char*>(floats.data()), 16}), "x.npy");
    QCOMPARE(real.bits(), 16);
    QCOMPARE(int(real.pixels16()[1]), 32768);
    QCOMPARE(int(real.pixels16()[2]), 65535);
}

void TestDecode::badInputIsRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& bytes, const char* expected) {
        QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size())) << expected;
    };
    const std::string jpeg = encoded(".jpg", ramp(64, 64)), png = encodePng({2, 2, 1, {1, 2, 3, 4}});
    row("empty", "", "cat.jpg: empty");
    row("text named .jpg", "hello world, this is text", "it begins with 'hello world,'");
    row("JPEG cut off in its scan", jpeg.substr(0, jpeg.size() * 3 / 4), "no end-of-image marker");
    row("JPEG cut off in its header", jpeg.substr(0, 100), "ends before its first scan");
    row("PNG without its end", png.substr(0, png.size() - 12), "no IEND");
    std::string damaged = png;
    damaged[damaged.size() - 20] = static_cast<char>(damaged[damaged.size() - 20] ^ 1);
    row("PNG with a wrong checksum", damaged, "the checksum of its PNG chunk 'IDAT' is wrong");
    std::string huge = png;
    huge.replace(16, 8, std::string("\x00\x10\x00\x00\x00\x10\x00\x00", 8));
    row("a million pixels a side", huge, "1048576 x 1048576 pixels, expected at most 268435456");
    const std::string bmp = encoded(".bmp", ramp(16, 16));
    row("BMP cut off", bmp.substr(0, 200), "its header announces");
    const std::string webp = encoded(".webp", ramp(16, 16));
    row("WebP cut off", webp.substr(0, webp.size() - 10), "its header announces");
    row("npy cut off", npyBytes("|u1", "2, 3", "abc"), "the file is incomplete");
    row("npy of objects", npyBytes("|O", "2, 3", "abcdef"), "expected numbers");
    row("npy in Fortran order", npyBytes("|u1", "2, 3", "abcdef", "True"), "Fortran order");
    row("npy big-endian", npyBytes(">u2", "1, 1", "ab"), "big-endian");
    row("npy of five sides", npyBytes("|u1", "1, 1, 1, 1, 1", "a"), "expected one picture");
    row("npy of no pixels", npyBytes("|u1", "0, 4", ""), "expected one picture");
}

void TestDecode::badInputIsRefused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, expected);
    const QString message = QString::fromStdString(messageOf(bytes.toStdString()));
    QVERIFY2(message.contains(expected), qPrintable(message));
    QVERIFY2(message.startsWith("cat.jpg: ") && !message.contains('\n'), qPrintable(message));
}

void TestDecode::contentCountsNotTheName() {
    QCOMPARE(decodeImage(encodePng({2, 2, 1, {1, 2, 3, 4}}), "x.jpg").width(), 2);
    QVERIFY(hasImageExtension("a/b.JPEG"));
    QVERIFY(!hasImageExtension("jpg"));
    QVERIFY(!hasImageExtension("a.txt"));
}

void TestDecode::tensorsAndBack() {
    const Image image{2, 1, 3, {0, 51, 255, 102, 153, 204}};
    const at::Tensor tensor = toTensor(image);
    QCOMPARE(tensor.dim(), 3);
    QCOMPARE(tensor.size(2), 2);
    QVERIFY(std::abs(tensor.data_ptr<float>()[0]) < 1e-7F);
    QVERIFY(std::abs(tensor.data_ptr<float>()[1] - 0.4F) < 1e-6F);
    QVERIFY(std::abs(tensor.data_ptr<float>()[2] - 0.2F) < 1e-6F);
    QCOMPARE(toImage(tensor).pixels, image.pixels);
    QCOMPARE(withChannels(withChannels({1, 1, 1, {9}}, 3), 1).pixels, std::vector<std::uint8_t>{9});
    QVERIFY_EXCEPTION_THROWN(withChannels({1, 1, 2, {9, 9}}, 3), DataError);
}

MASKSCOPE_TEST(TestDecode)
#include "tst_decode.moc"
