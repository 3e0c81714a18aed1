#include "masks/file_mask.h"

#include <cmath>

#include <ATen/ops/equal.h>

#include "core/error.h"
#include "core/files.h"
#include "masks/mask_file.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

template <typename T>
std::string bytesOf(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// What numpy.save writes.
std::string npy(const std::string& type, const std::string& shape, const std::string& values) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header += std::string(64 - (11 + header.size()) % 64, ' ') + '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + values;
}

std::string greyImage(int width, int height, const std::string& pixels) {
    return "P5\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" + pixels;
}

}  // namespace

class TestFileMask : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    std::string write(const char* name, const std::string& content) {
        const std::string path = folder_.filePath(name).toStdString();
        writeFileAtomically(path, content);
        return path;
    }

    std::unique_ptr<MaskStrategy> strategy(const std::string& path, const char* more = "") {
        return makeMask("strategy = 'file'\npath = '" + path + "'\n" + more);
    }

    QString messageOf(const std::string& path) {
        try {
            readMaskPicture(path);
        } catch (const DataError& error) {
            return QString(error.what()).section('/', -1);
        }
        return QStringLiteral("no error");
    }

private Q_SLOTS:
    void formatsAgree_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("content");
        const auto row = [](const char* name, const std::string& content) {
            QTest::newRow(name) << QByteArray(name) << QByteArray::fromStdString(content);
        };
        const char white = static_cast<char>(255);
        row("digits.txt", "110\n001\n");
        row("blanks.txt", "\n1 1 0\r\n0 0 1");
        row("numbers.csv", "1,1.0, 0\n0, 0.25 ,1e0\n");
        row("bytes.npy", npy("|u1", "(2, 3)", std::string("\1\1\0\0\0\1", 6)));
        row("flags.npy", npy("|b1", "(2, 3)", std::string("\1\1\0\0\0\1", 6)));
        row("floats.npy", npy("<f4", "(2, 3)", bytesOf<float>({1, 1, 0, 0, 0.25F, 1})));
        row("doubles.npy", npy("<f8", "(2, 3)", bytesOf<double>({1, 1, 0, 0, 0.25, 1})));
        row("integers.npy", npy("<i4", "(2, 3)", bytesOf<std::int32_t>({1, 1, 0, 0, 0, 1})));
        row("longs.npy", npy("<i8", "(2, 3)", bytesOf<std::int64_t>({1, 1, 0, 0, 0, 1})));
        row("image.pgm", greyImage(3, 2, {white, white, 0, 0, 10, white}));
    }
    void formatsAgree() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, content);
        const auto mask = strategy(write(name, content.toStdString()));
        const at::Tensor hidden = hiddenOf(*mask, Geometry::grid(2, {2, 3}), drawOf(1, {1, 2}));
        QCOMPARE(hidden.size(0), std::int64_t{2});
        for (std::int64_t row = 0; row < 2; ++row) QCOMPARE(drawn(hidden[row], 3), std::string("110/001"));
    }

    void colourCountsAsItsMean() {
        const std::string pixels{char(255), 0, 0, char(255), char(255), 0};  // red, yellow
        const at::Tensor hidden = hiddenOf(*strategy(write("colour.ppm", "P6\n2 1\n255\n" + pixels)), Geometry::grid(1, {1, 2}), drawOf(1, {1}))[0];
        QCOMPARE(drawn(hidden, 2), std::string("01"));
    }

    void picturesAreAveragedOverTheGrid() {
        const MaskPicture picture{2, 4, {1, 1, 0, 0, 1, 0, 0, 1}};
        QCOMPARE(picture.resized(1, 2).hidden, (std::vector<float>{0.75F, 0.25F}));
        QCOMPARE(picture.resized(2, 4).hidden, picture.hidden);
        const MaskPicture row{1, 3, {1, 0, 1}};
        const std::vector<float> halves = row.resized(1, 2).hidden;  // 1.5 pixels a cell
        QVERIFY(std::abs(halves[0] - 2.0F / 3.0F) < 1e-6F && std::abs(halves[1] - 2.0F / 3.0F) < 1e-6F);
        QCOMPARE(row.resized(2, 6).hidden, (std::vector<float>{1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1}));
    }

    void moreThanHalfIsHidden() {
        const std::string path = write("halves.txt", "1100\n1000\n1001\n1111\n");
        const at::Tensor hidden = hiddenOf(*strategy(path), Geometry::grid(1, {2, 2}), drawOf(1, {1}))[0];
        QCOMPARE(drawn(hidden, 2), std::string("10/11"));
        const at::Tensor inverse = hiddenOf(*strategy(path, "invert = true"), Geometry::grid(1, {2, 2}), drawOf(1, {1}))[0];
        QCOMPARE(drawn(inverse, 2), std::string("01/00"));
    }

    void framesRepeatTheFile() {
        const at::Tensor hidden = hiddenOf(*strategy(write("frame.txt", "10\n01\n")), Geometry::grid(1, {2, 2, 2}), drawOf(1, {1}))[0];
        QCOMPARE(drawn(hidden, 4), std::string("1001/1001"));
    }

    void emptyAndFullMasksAreRefused() {
        for (const char* content : {"00\n00\n", "11\n11\n"}) {
            const auto mask = strategy(write("one_sided.txt", content));
            QVERIFY_EXCEPTION_THROWN(mask->sample(Geometry::grid(1, {2, 2}), Signals{}, drawOf(1, {1})), DataError);
        }
    }

    void damageIsNamed() {
        QCOMPARE(messageOf(write("letters.txt", "10\n1x\n")), QString("letters.txt: line 2 holds 'x', expected only 0 (visible) and 1 (hidden)"));
        QCOMPARE(messageOf(write("ragged.txt", "10\n\n1\n")), QString("ragged.txt: line 3 has 1 values, expected 2 as in the lines before"));
        QCOMPARE(messageOf(write("empty.csv", "\n")), QString("empty.csv: is empty, expected rows of 0 (visible) and 1 (hidden)"));
        QCOMPARE(messageOf(write("large.csv", "0,255\n")), QString("large.csv: line 1 holds 255, expected a number in 0..1 (1 = hidden)"));
        QCOMPARE(messageOf(write("word.csv", "0,one\n")), QString("word.csv: line 1 holds 'one', expected a number in 0..1"));
        QVERIFY(messageOf(write("flat.npy", npy("|u1", "(6,)", "\1\1\1\1\1\1"))).contains("expected two dimensions"));
        QVERIFY(messageOf(write("short.npy", npy("<f4", "(2, 3)", "abcd"))) != "no error");
        QVERIFY(messageOf(write("nan.npy", npy("<f4", "(1, 2)", bytesOf<float>({1, NAN})))).contains("value 1 holds nan"));
        QVERIFY(messageOf(write("no.png", "not an image")) != "no error");
        QVERIFY_EXCEPTION_THROWN(strategy(folder_.filePath("missing.txt").toStdString()), FileError);
        QVERIFY_EXCEPTION_THROWN(makeMask("strategy = 'file'"), RecipeError);
    }
};

MASKSCOPE_TEST(TestFileMask)
#include "tst_file_mask.moc"
