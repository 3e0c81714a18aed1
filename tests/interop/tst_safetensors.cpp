#include "core/error.h"
#include "core/files.h"
#include "interop/safetensors.h"
#include "interop/safetensors_dtype.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cstring>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::string lengthBytes(std::uint64_t length) {
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes;
}

std::string fileOf(const std::string& header, const std::string& data) { return lengthBytes(header.size()) + header + data; }

std::string problemOf(const std::filesystem::path& file) {
    try {
        const SafetensorsFile opened(file);
    } catch (const DataError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QVERIFY(folder_.isValid()); }
    void readsHandMadeBytes();
    void readsMisalignedData();
    void refusesHostileFiles_data();
    void refusesHostileFiles();
    void refusesMissingFilesAndFolders();
    void everyDtypeComesBack_data();
    void everyDtypeComesBack();
    void scalarsEmptyAndStridedTensorsComeBack();
    void layoutIsSortedAndAligned();
    void viewOutlivesTheFileAndNeverWritesIt();
    void boolsAreZeroOrOne();
    void refusesWhatItCannotWrite();
    void sizeAndChecksumAreThoseOfTheFile();

private:
    std::filesystem::path path(const char* name) const { return folder_.filePath(QString::fromLatin1(name)).toStdString(); }
    QTemporaryDir folder_;
};

void TestSafetensors::readsHandMadeBytes() {
    const std::string data("\x00\x00\x80\x3f\x00\x00\x00\xc0\x07", 9);  // 1.0f, -2.0f, 7
    writeFileAtomically(path("a"), fileOf(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]},)"
                                          R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   )",
                                          data));
    const SafetensorsFile file(path("a"));
    QCOMPARE(file.names(), (std::vector<std::string>{"a", "b"}));  // in the order of the data
    QCOMPARE(file.tensor("a").sizes().vec(), (std::vector<std::int64_t>{2, 1}));
    QCOMPARE(file.tensor("a").scalar_type(), at::kFloat);
    QCOMPARE(file.tensor("a").const_data_ptr<float>()[0], 1.0F);
    QCOMPARE(file.tensor("a").const_data_ptr<float>()[1], -2.0F);
    QCOMPARE(file.tensor("b").dim(), 0);
    QCOMPARE(int(file.tensor("b").const_data_ptr<std::uint8_t>()[0]), 7);
    QCOMPARE(file.metadata().at("format"), std::string("pt"));
    QVERIFY(file.has("a") && !file.has("__metadata__"));
    try {
        file.tensor("aa");
        QFAIL("a missing tensor must be an error");
    } catch (const DataError& error) {
        QVERIFY(std::string(error.what()).find("did you mean 'a'") != std::string::npos);
    }
}

void TestSafetensors::readsMisalignedData() {
    // The header's length puts the number at an odd place.
    writeFileAtomically(path("odd"), fileOf(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}  )"
                                            "\n",
                                            lengthBytes(0x4000000000000000ULL)));
    const SafetensorsFile file(path("odd"));
    QVERIFY(file.entry("a").begin % 8 != 0);
    const at::Tensor view = file.view("a");
    QCOMPARE(reinterpret_cast<std::uintptr_t>(view.const_data_ptr()) % alignof(double), std::uintptr_t(0));
    QCOMPARE(view.const_data_ptr<double>()[0], 2.0);
    QCOMPARE(file.tensor("a").const_data_ptr<double>()[0], 2.0);
}

void TestSafetensors::refusesHostileFiles_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& content, const char* words) {
        QTest::newRow(name) << QByteArray::fromStdString(content) << QString::fromLatin1(words);
    };
    const std::string four(4, '\0'), eight(8, '\0');
    row("empty file", "", "header length");
    row("seven bytes", "1234567", "header length");
    row("header beyond the file", lengthBytes(100) + "{}", "ends 2 bytes after");
    row("header length of 2^64 - 1", lengthBytes(~0ULL) + "{}", "at most");
    row("header of 100 MB and one", lengthBytes(100'000'001) + "{}", "at most");
    row("header of no bytes", lengthBytes(0), "begin with '{'");
    row("header begins with a space", fileOf(" {}", ""), "begin with '{'");
    row("header is an array", fileOf("[]", ""), "begin with '{'");
    row("header is cut", fileOf(R"({"a":{"dtype")", ""), "not JSON");
    row("header with rubbish behind it", fileOf("{}x", ""), "not JSON");
    row("header is not UTF-8", fileOf("{\"\xff\":1}", ""), "not JSON");
    row("ten thousand brackets", fileOf("{\"a\":" + std::string(10000, '['), ""), "nested too deeply");
    row("nested objects", fileOf(R"({"a":{"b":{"c":{"d":{}}}}})", ""), "nested too deeply");
    row("tensor is a number", fileOf(R"({"a":1})", ""), "expected an object");
    row("no dtype", fileOf(R"({"a":{"shape":[],"data_offsets":[0,4]}})", four), "has no dtype");
    row("no shape", fileOf(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", four), "has no shape");
    row("no offsets", fileOf(R"({"a":{"dtype":"F32","shape":[]}})", four), "has no data_offsets");
    row("dtype is a number", fileOf(R"({"a":{"dtype":3,"shape":[],"data_offsets":[0,4]}})", four), "expected a text");
    row("unknown dtype", fileOf(R"({"a":{"dtype":"F4","shape":[],"data_offsets":[0,4]}})", four), "'F4', which is not supported");
    row("shape is a number", fileOf(R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", four), "not a list");
    row("negative size", fileOf(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", four), "has the size -1");
    row("broken size", fileOf(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", four), "has the size 1.0");
    row("size above 2^63", fileOf(R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", four), "has the size");
    row("size above 2^64", fileOf(R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}})", four), "has the size");
    row("65 axes",
        fileOf(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1" +
                [] {
                    std::string s;
                    for (int i = 0; i < 64; ++i) s += ",1";
                    return s;
                }() +
                "],\"data_offsets\":[0,1]}}",
            "x"),
        "at most 64");
    row("volume wraps to four", fileOf(R"({"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}})", eight + eight), "can count");
    row("bytes wrap to four", fileOf(R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", four), "too large");
    row("no elements, huge other sizes", fileOf(R"({"a":{"dtype":"F32","shape":[0,4611686018427387905,4],"data_offsets":[0,0]}})", ""), "can count");
    row("offsets are a number", fileOf(R"({"a":{"dtype":"F32","shape":[],"data_offsets":4}})", four), "expected [begin, end]");
    row("three offsets", fileOf(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}})", four), "expected [begin, end]");
    row("negative offset", fileOf(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[-4,0]}})", four), "expected [begin, end]");
    row("end before begin", fileOf(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}})", four), "lies at bytes 4 to 0");
    row("end beyond the file", fileOf(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", four), "lies at bytes 0 to 8");
    row("end near 2^64", fileOf(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[18446744073709551612,18446744073709551615]}})", four), "lies at");
    row("too few bytes for the shape", fileOf(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four), "4 bytes, expected 8");
    row("too many bytes for the shape", fileOf(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", eight), "8 bytes, expected 4");
    row("overlap",
        fileOf(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})", four + "12"),
        "overlaps");
    row("same bytes twice",
        fileOf(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", four), "overlaps");
    row("gap", fileOf(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", "123"), "gap");
    row("gap at the start", fileOf(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "12"), "gap");
    row("bytes left over", fileOf(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "12"), "holds 2 bytes");
    row("bytes and no tensor", fileOf("{}", "1"), "holds 1 bytes");
    row("name twice", fileOf(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1"),
        "'a' appears twice");
    row("dtype twice", fileOf(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "1"), "'dtype' of a tensor appears twice");
    row("metadata is a list", fileOf(R"({"__metadata__":[]})", ""), "not an object");
    row("metadata holds a number", fileOf(R"({"__metadata__":{"a":1}})", ""), "not a text");
}

void TestSafetensors::refusesHostileFiles() {
    QFETCH(QByteArray, content);
    QFETCH(QString, words);
    writeFileAtomically(path("bad.safetensors"), content.toStdString());
    const QString problem = QString::fromStdString(problemOf(path("bad.safetensors")));
    QVERIFY2(problem.contains(words) && problem.contains(QStringLiteral("bad.safetensors: ")), qPrintable(problem));
    QVERIFY2(!problem.contains(QLatin1Char('\n')), qPrintable(problem));
}

void TestSafetensors::refusesMissingFilesAndFolders() {
    QVERIFY_THROWS_EXCEPTION(FileError, SafetensorsFile(path("missing")));
    QVERIFY_THROWS_EXCEPTION(FileError, SafetensorsFile(folder_.path().toStdString()));
}

void TestSafetensors::everyDtypeComesBack_data() {
    QTest::addColumn<QString>("word");
    for (const char* word :
         {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "U64", "U32", "U16", "F8_E4M3", "F8_E5M2", "F8_E8M0", "C64"})
        QTest::newRow(word) << QString::fromLatin1(word);
}

void TestSafetensors::everyDtypeComesBack() {
    QFETCH(QString, word);
    const auto dtype = dtypeOfWord(word.toStdString());
    QVERIFY(dtype.has_value());
    QCOMPARE(wordOfDtype(*dtype), std::string_view(word.toStdString()));
    const at::Tensor original = at::empty({3, 2}, *dtype);
    auto* bytes = static_cast<std::uint8_t*>(original.data_ptr());
    for (std::size_t i = 0; i < original.nbytes(); ++i) bytes[i] = static_cast<std::uint8_t>(*dtype == at::kBool ? i % 2 : 37 * i + 5);
    writeSafetensors(path("t"), {{"x", original}});
    const SafetensorsFile file(path("t"));
    for (const at::Tensor& read : {file.tensor("x"), file.view("x")}) {
        QCOMPARE(read.scalar_type(), *dtype);
        QCOMPARE(read.sizes(), original.sizes());
        QCOMPARE(std::memcmp(read.const_data_ptr(), original.const_data_ptr(), original.nbytes()), 0);
    }
}

void TestSafetensors::scalarsEmptyAndStridedTensorsComeBack() {
    const at::Tensor strided = at::arange(6, at::kFloat).reshape({2, 3}).t();
    writeSafetensors(path("t"), {{"scalar", at::scalar_tensor(2.5)}, {"empty", at::zeros({0, 3})}, {"strided", strided}, {"", at::zeros({1})}},
                     {{"k", "v \"quoted\""}});
    const SafetensorsFile file(path("t"));
    QCOMPARE(file.names().size(), std::size_t(4));
    QCOMPARE(file.tensor("scalar").item<float>(), 2.5F);
    QCOMPARE(file.tensor("empty").sizes().vec(), (std::vector<std::int64_t>{0, 3}));
    QCOMPARE(file.view("empty").sizes().vec(), (std::vector<std::int64_t>{0, 3}));
    QVERIFY(at::equal(file.tensor("strided"), strided));
    QVERIFY(at::equal(file.view("strided"), strided));
    QVERIFY(file.has(""));
    QCOMPARE(file.metadata().at("k"), std::string("v \"quoted\""));
    writeSafetensors(path("none"), {});
    QVERIFY(SafetensorsFile(path("none")).names().empty());
}

void TestSafetensors::layoutIsSortedAndAligned() {
    writeSafetensors(path("t"), {{"z", at::zeros({3}, at::kByte)}, {"b", at::zeros({1})}, {"a", at::zeros({1})}, {"y", at::zeros({1}, at::kDouble)}});
    const SafetensorsFile file(path("t"));
    QCOMPARE(file.names(), (std::vector<std::string>{"y", "a", "b", "z"}));
    QCOMPARE(file.entry("y").begin % 8, std::uint64_t(0));
    for (const std::string& name : file.names()) QCOMPARE(file.entry(name).begin % c10::elementSize(file.entry(name).dtype), std::uint64_t(0));
}

void TestSafetensors::viewOutlivesTheFileAndNeverWritesIt() {
    writeSafetensors(path("t"), {{"x", at::arange(4, at::kFloat)}});
    const std::string before = readFile(path("t"));
    at::Tensor view = SafetensorsFile(path("t")).view("x");
    view.fill_(9.0);
    QCOMPARE(readFile(path("t")), before);
    std::filesystem::remove(path("t"));
    QCOMPARE(view.sum().item<float>(), 36.0F);
}

void TestSafetensors::boolsAreZeroOrOne() {
    writeFileAtomically(path("t"), fileOf(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", std::string("\x00\x01\xfe", 3)));
    const SafetensorsFile file(path("t"));
    for (const at::Tensor& read : {file.tensor("a"), file.view("a")})
        QCOMPARE(static_cast<const std::uint8_t*>(read.const_data_ptr())[2], std::uint8_t(1));
}

void TestSafetensors::refusesWhatItCannotWrite() {
    writeFileAtomically(path("t"), "former");
    QVERIFY_THROWS_EXCEPTION(DataError, writeSafetensors(path("t"), {{"a", at::zeros({1})}, {"a", at::zeros({1})}}));
    QVERIFY_THROWS_EXCEPTION(DataError, writeSafetensors(path("t"), {{"__metadata__", at::zeros({1})}}));
    QVERIFY_THROWS_EXCEPTION(DataError, writeSafetensors(path("t"), {{"a", at::Tensor()}}));
    QVERIFY_THROWS_EXCEPTION(DataError, writeSafetensors(path("t"), {{"a", at::zeros({1}, at::kComplexDouble)}}));
    QVERIFY_THROWS_EXCEPTION(DataError, writeSafetensors(path("t"), {{"\xff", at::zeros({1})}}));
    QVERIFY_THROWS_EXCEPTION(FileError, writeSafetensors(path("missing/t"), {{"a", at::zeros({1})}}));
    QCOMPARE(readFile(path("t")), std::string("former"));
}

void TestSafetensors::sizeAndChecksumAreThoseOfTheFile() {
    const WrittenFile written = writeSafetensors(path("t"), {{"x", at::arange(1000, at::kFloat)}, {"y", at::zeros({3}, at::kBool)}});
    const std::string content = readFile(path("t"));
    QCOMPARE(written.bytes, std::uint64_t(content.size()));
    std::uint32_t crc = 0xFFFFFFFFU;  // the definition, bit by bit
    for (const char byte : content) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
    }
    QCOMPARE(written.crc32, ~crc);
}

MASKSCOPE_TEST(TestSafetensors)
#include "tst_safetensors.moc"
