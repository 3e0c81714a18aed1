#include "core/error.h"
#include "core/files.h"
#include "interop/torch_checkpoint.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>

#include <QTemporaryDir>
#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

fs::path madeFile(const char* name) { return fs::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests" / "interop" / "torch_files" / name; }

std::string problemOf(const fs::path& file) {
    try {
        const TorchCheckpoint opened(file);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

at::Tensor named(const NamedTensors& tensors, const std::string& name) {
    for (const auto& [known, tensor] : tensors)
        if (known == name) return tensor;
    return {};
}

/// A pickle of protocol 2 from its instructions.
std::string protocol2(const std::string& instructions) { return "\x80\x02" + instructions + "."; }

}  // namespace

class TestTorchCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tensorsComeBackWithTheirValues();
    void plainValuesAreTold();
    void nothingIsExecuted();
    void otherFilesSayWhatTheyAre_data();
    void otherFilesSayWhatTheyAre();
    void cutFilesAreRefused();
    void damagedPicklesNeverCrash();
    void circlesAndDepthEnd();
    void picklesReadTheirInstructions_data();
    void picklesReadTheirInstructions();

private:
    QTemporaryDir folder_;
};

void TestTorchCheckpoint::tensorsComeBackWithTheirValues() {
    const TorchCheckpoint checkpoint(madeFile("mae_like.pth"));
    const NamedTensors tensors = checkpoint.tensors("model");
    QCOMPARE(tensors.size(), std::size_t{11});
    const at::Tensor ramp = at::arange(24, at::kFloat);
    const auto same = [&](const char* name, const at::Tensor& expected) {
        const at::Tensor found = named(tensors, name);
        return found.defined() && found.scalar_type() == expected.scalar_type() && found.is_contiguous() && at::equal(found, expected);
    };
    QVERIFY(same("cls_token", at::tensor({0.5F, -1.0F, 2.0F}).reshape({1, 1, 3})));
    QVERIFY(same("blocks.0.attn.qkv.weight", ramp.reshape({4, 6})));
    QVERIFY(same("transposed", ramp.reshape({4, 6}).t()));
    QVERIFY(same("part.of.a.storage", ramp.narrow(0, 8, 6)));
    QVERIFY(same("half", at::tensor({1.0F, 0.333F}).to(at::kHalf)));
    QVERIFY(same("brain", at::tensor({1.0F, -2.5F}).to(at::kBFloat16)));
    QVERIFY(same("steps", at::tensor({std::int64_t{7}, std::int64_t{-9}})));
    QVERIFY(same("flags", at::tensor({1, 0, 1}).to(at::kBool)));
    QVERIFY(same("scalar", at::scalar_tensor(3.25, at::kDouble)));
    QVERIFY(same("parameter", at::tensor({1.5F, 2.5F})));
    QCOMPARE(named(tensors, "empty").sizes().vec(), (std::vector<std::int64_t>{0, 3}));
}

void TestTorchCheckpoint::plainValuesAreTold() {
    const std::map<std::string, std::string> values = TorchCheckpoint(madeFile("mae_like.pth")).values();
    QCOMPARE(values.at("epoch"), std::string("1599"));
    QCOMPARE(values.at("scaler.scale"), std::string("65536"));
    QCOMPARE(values.at("args"), std::string("an object of argparse.Namespace"));
    QCOMPARE(values.at("args.norm_pix_loss"), std::string("true"));
    QCOMPARE(values.at("args.model"), std::string("'mae_vit_base_patch16'"));
    QCOMPARE(values.at("args.device"), std::string("nothing"));
}

void TestTorchCheckpoint::nothingIsExecuted() {
    const fs::path before = fs::current_path();
    fs::current_path(folder_.path().toStdString());
    const TorchCheckpoint checkpoint(madeFile("hostile.pth"));
    const bool executed = fs::exists("executed-by-a-pickle");
    fs::current_path(before);
    QVERIFY(!executed);
    QCOMPARE(checkpoint.values().at("model"), std::string("an object of posix.system"));
    QVERIFY(checkpoint.entries().empty());
}

void TestTorchCheckpoint::otherFilesSayWhatTheyAre_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("told");
    QTest::newRow("the format of before 1.6") << QByteArray::fromStdString(readFile(madeFile("old_format.pth"))) << "PyTorch before 1.6";
    QTest::newRow("nothing") << QByteArray() << "empty";
    QTest::newRow("a text") << QByteArray("version https://git-lfs.github.com/spec/v1\n") << "the download may have gone wrong";
    QTest::newRow("a bare pickle") << QByteArray("\x80\x04N.", 4) << "a bare pickle";
    QTest::newRow("a tar archive") << QByteArray(257, 'x') + QByteArray("ustar") + QByteArray(300, '\0') << "before 0.2";
}

void TestTorchCheckpoint::otherFilesSayWhatTheyAre() {
    QFETCH(QByteArray, content);
    QFETCH(QString, told);
    const fs::path file = fs::path(folder_.path().toStdString()) / "other.pth";
    writeFileAtomically(file, content.toStdString());
    const QString problem = QString::fromStdString(problemOf(file));
    QVERIFY2(problem.contains(told) && problem.startsWith(QString::fromStdString(file.string())), qPrintable(problem));
}

void TestTorchCheckpoint::cutFilesAreRefused() {
    const std::string whole = readFile(madeFile("mae_like.pth"));
    const fs::path file = fs::path(folder_.path().toStdString()) / "cut.pth";
    for (std::size_t size = 4; size < whole.size(); size += 97) {
        writeFileAtomically(file, whole.substr(0, size));
        QVERIFY2(problemOf(file) != "no error", qPrintable(QString("cut at %1").arg(size)));
    }
}

void TestTorchCheckpoint::damagedPicklesNeverCrash() {
    std::string whole = readFile(madeFile("mae_like.pth"));
    const std::size_t begin = whole.find("\x80\x02}q"), end = whole.find("PK\x03\x04", begin);
    QVERIFY(begin != std::string::npos && end != std::string::npos);
    const std::string pickle = whole.substr(begin, end - begin);
    int read = 0, refused = 0;
    for (std::size_t at = 0; at < pickle.size(); ++at)
        for (const char byte : {'\0', '\xFF', '(', 'R', '}', 'u', '.', 'q'}) {
            std::string damaged = pickle;
            damaged[at] = byte;
            try {
                const Pickle opened(damaged, "damaged");
                QVERIFY(!opened.root().describe().empty());
                ++read;
            } catch (const DataError&) {
                ++refused;
            }
        }
    QVERIFY(read > 0 && refused > 0);
    for (std::size_t size = 0; size < pickle.find_last_of('.'); ++size) QVERIFY_EXCEPTION_THROWN(Pickle(pickle.substr(0, size), "cut"), DataError);
}

void TestTorchCheckpoint::circlesAndDepthEnd() {
    const Pickle circle(protocol2("]q\x01h\x01"
                                  "a"),
                        "a list that holds itself");
    QCOMPARE(circle.root().members()->front(), &circle.root());
    const Pickle calls(protocol2("cbuiltins\nlist\n" +
                                 [] {
                                     std::string many;
                                     for (int i = 0; i < 100'000; ++i) many += ")R";
                                     return many;
                                 }()),
                       "a call of a call of a call");
    QCOMPARE(calls.root().describe(), std::string("an object"));
}

void TestTorchCheckpoint::picklesReadTheirInstructions_data() {
    QTest::addColumn<QByteArray>("instructions");
    QTest::addColumn<QString>("described");
    QTest::newRow("a small number") << QByteArray("K\x05") << "5";
    QTest::newRow("a negative number") << QByteArray("J\xFE\xFF\xFF\xFF") << "-2";
    QTest::newRow("a long number") << QByteArray("\x8A\x03\x01\x00\x80", 5) << "-8388607";
    QTest::newRow("a number beyond 64 bits") << QByteArray("\x8A\x09\x01\x00\x00\x00\x00\x00\x00\x00\x01", 11) << "a huge number";
    QTest::newRow("a real number") << QByteArray("G\x3F\xF8\x00\x00\x00\x00\x00\x00", 9) << "1.5";
    QTest::newRow("a decimal line") << QByteArray("I42\n") << "42";
    QTest::newRow("a truth line") << QByteArray("I01\n") << "true";
    QTest::newRow("a text") << QByteArray("X\x02\x00\x00\x00hi", 7) << "'hi'";
    QTest::newRow("a dictionary") << QByteArray("}(K\x01K\x02K\x03K\x04u") << "a dictionary of 2";
    QTest::newRow("a list") << QByteArray(
                                   "](K\x01K\x02"
                                   "e")
                            << "a list of 2";
    QTest::newRow("a tuple of three") << QByteArray("NNN\x87") << "a list of 3";
    QTest::newRow("a class") << QByteArray("cargparse\nNamespace\n") << "argparse.Namespace";
}

void TestTorchCheckpoint::picklesReadTheirInstructions() {
    QFETCH(QByteArray, instructions);
    QFETCH(QString, described);
    const Pickle pickle(protocol2(instructions.toStdString()), "made by hand");
    QCOMPARE(QString::fromStdString(pickle.root().describe()), described);
}

MASKSCOPE_TEST(TestTorchCheckpoint)
#include "tst_torch_checkpoint.moc"
