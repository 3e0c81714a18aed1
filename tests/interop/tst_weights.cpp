#include "core/error.h"
#include "core/files.h"
#include "interop/cut_files.h"
#include "interop/weights.h"

#include <ATen/ops/full.h>

#include <QTemporaryDir>
#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

class TestWeights : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void opensOneFileOrItsFolder();
    void joinsShards();
    void refusesBrokenIndexes_data();
    void refusesBrokenIndexes();
    void refusesFoldersWithoutWeights();
    void aFileThatIsCutShortEndsInAnErrorAndNotInACrash();

private:
    /// Two shards, a = 1 and b = 2, in a new folder.
    std::filesystem::path shards(const std::string& index) {
        const std::filesystem::path folder = folder_.filePath(QString::number(++count_)).toStdString();
        makeFolder(folder);
        writeSafetensors(folder / "s1.safetensors", {{"a", at::full({2}, 1.0)}}, {{"format", "pt"}});
        writeSafetensors(folder / "s2.safetensors", {{"b", at::full({2}, 2.0)}}, {{"format", "np"}, {"k", "v"}});
        writeFileAtomically(folder / "model.safetensors.index.json", index);
        return folder;
    }
    QTemporaryDir folder_;
    int count_ = 0;
};

void TestWeights::opensOneFileOrItsFolder() {
    const std::filesystem::path folder = folder_.filePath(QStringLiteral("one")).toStdString();
    makeFolder(folder);
    writeSafetensors(folder / "model.safetensors", {{"a", at::full({2}, 3.0)}});
    for (const auto& place : {folder, folder / "model.safetensors"}) {
        const Weights weights = openWeights(place);
        QCOMPARE(weights.names(), std::vector<std::string>{"a"});
        QCOMPARE(weights.tensor("a").sum().item<float>(), 6.0F);
        QVERIFY_THROWS_EXCEPTION(DataError, weights.view("b"));
    }
}

/// As a program does that writes another checkpoint over the one that is open.
void TestWeights::aFileThatIsCutShortEndsInAnErrorAndNotInACrash() {
    const std::filesystem::path folder = folder_.filePath(QStringLiteral("cut")).toStdString(), file = folder / "model.safetensors";
    makeFolder(folder);
    constexpr std::int64_t kCount = 1 << 20;
    writeSafetensors(file, {{"a", at::full({kCount}, 1.0)}});
    {
        const Weights weights = openWeights(file);
        const at::Tensor a = weights.view("a");
        QCOMPARE(a[0].item<float>(), 1.0F);
        refuseCutFiles();
        std::filesystem::resize_file(file, 4096);
        const float left = a.sum().item<float>();
        QVERIFY(left >= 0.0F && left < static_cast<float>(kCount));
        try {
            refuseCutFiles();
            QFAIL("nobody noticed");
        } catch (const FileError& error) {
            QVERIFY2(QByteArray(error.what()).contains(file.c_str()), error.what());
        }
    }
    refuseCutFiles();  // nobody reads it any more
}

void TestWeights::joinsShards() {
    const auto folder = shards(R"({"metadata":{"total_size":16},"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}})");
    for (const auto& place : {folder, folder / "model.safetensors.index.json"}) {
        const Weights weights = openWeights(place);
        QCOMPARE(weights.names(), (std::vector<std::string>{"a", "b"}));
        QCOMPARE(weights.tensor("a").sum().item<float>(), 2.0F);
        QCOMPARE(weights.view("b").sum().item<float>(), 4.0F);
        QCOMPARE(weights.entry("b").shape, std::vector<std::int64_t>{2});
        QCOMPARE(weights.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"k", "v"}}));
    }
}

void TestWeights::refusesBrokenIndexes_data() {
    QTest::addColumn<QString>("index");
    QTest::addColumn<QString>("words");
    QTest::newRow("not JSON") << "{"
                              << "weight_map";
    QTest::newRow("a list") << "[]"
                            << "weight_map";
    QTest::newRow("no weight_map") << "{}"
                                   << "weight_map";
    QTest::newRow("weight_map is a list") << R"({"weight_map":[]})"
                                          << "weight_map";
    QTest::newRow("file is a number") << R"({"weight_map":{"a":1}})"
                                      << "not a text";
    QTest::newRow("file above the folder") << R"({"weight_map":{"a":"../1/s1.safetensors"}})"
                                           << "beside the index";
    QTest::newRow("absolute file") << R"({"weight_map":{"a":"/etc/passwd"}})"
                                   << "beside the index";
    QTest::newRow("two dots") << R"({"weight_map":{"a":".."}})"
                              << "beside the index";
    QTest::newRow("missing shard") << R"({"weight_map":{"a":"s3.safetensors"}})"
                                   << "is missing";
    QTest::newRow("tensor in no shard") << R"({"weight_map":{"c":"s1.safetensors"}})"
                                        << "'c' is not in s1.safetensors";
    QTest::newRow("tensor in the other shard") << R"({"weight_map":{"a":"s2.safetensors","b":"s1.safetensors"}})"
                                               << "'a' is not in s2.safetensors";
}

void TestWeights::refusesBrokenIndexes() {
    QFETCH(QString, index);
    QFETCH(QString, words);
    const auto folder = shards(index.toStdString());
    try {
        openWeights(folder);
        QFAIL("expected an error");
    } catch (const Error& error) {
        QVERIFY2(QString::fromUtf8(error.what()).contains(words), error.what());
    }
}

void TestWeights::refusesFoldersWithoutWeights() {
    const auto folder = shards("{}");
    std::filesystem::remove(folder / "model.safetensors.index.json");
    QVERIFY_THROWS_EXCEPTION(FileError, openWeights(folder));
    // the same tensor in two shards
    writeSafetensors(folder / "s2.safetensors", {{"a", at::full({2}, 2.0)}, {"b", at::full({2}, 2.0)}});
    writeFileAtomically(folder / "model.safetensors.index.json", R"({"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}})");
    QVERIFY_THROWS_EXCEPTION(DataError, openWeights(folder));
}

MASKSCOPE_TEST(TestWeights)
#include "tst_weights.moc"
