#include "core/error.h"
#include "core/files.h"
#include "sample_data/sample_data.h"
#include "sample_data/scene.h"
#include "sample_data/shapes.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <QTemporaryDir>
#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;
namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> contentsOf(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = readFile(entry.path());
    return files;
}

}  // namespace

class TestSampleData : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameBytesWhateverTheThreads();
    void classesAreBalancedAndPicturesDiffer();
    void completeSetIsLeftAlone();
    void halfWrittenSetIsCompleted();
    void stopLeavesNoManifest();
    void anotherSeedWritesAnew();
    void foreignFilesStay();
    void badOptionsAreRefused();
    void shapesHaveInsideAndOutside();
    void picturesHaveLightAndContrast();
};

void TestSampleData::sameBytesWhateverTheThreads() {
    QTemporaryDir a, b;
    generateSampleData(a.path().toStdString(), {.trainImages = 23, .testImages = 11, .sidePx = 32, .threads = 1});
    generateSampleData(b.path().toStdString(), {.trainImages = 23, .testImages = 11, .sidePx = 32, .threads = 3});
    const auto first = contentsOf(a.path().toStdString());
    QVERIFY(first == contentsOf(b.path().toStdString()));
    QCOMPARE(first.size(), std::size_t(23 + 11 + 1));
}

void TestSampleData::classesAreBalancedAndPicturesDiffer() {
    QTemporaryDir folder;
    generateSampleData(folder.path().toStdString(), {.trainImages = 40, .testImages = 20, .sidePx = 16});
    std::map<std::string, int> counts;
    std::set<std::string> distinct;
    for (const auto& [name, content] : contentsOf(folder.path().toStdString())) {
        if (!name.ends_with(".png")) continue;
        ++counts[name.substr(0, name.rfind('/'))];
        distinct.insert(content);
    }
    QCOMPARE(counts.size(), std::size_t(20));
    for (const auto& [name, count] : counts) QCOMPARE(count, name.starts_with("train/") ? 4 : 2);
    QCOMPARE(distinct.size(), std::size_t(60));
}

void TestSampleData::completeSetIsLeftAlone() {
    QTemporaryDir folder;
    const SampleDataOptions options{.trainImages = 10, .testImages = 0, .sidePx = 16};
    QCOMPARE(generateSampleData(folder.path().toStdString(), options).written, 10);
    const auto again = generateSampleData(folder.path().toStdString(), options);
    QCOMPARE(again.written, 0);
    QCOMPARE(again.kept, 10);
}

void TestSampleData::halfWrittenSetIsCompleted() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const SampleDataOptions options{.trainImages = 20, .testImages = 10, .sidePx = 16};
    generateSampleData(path, options);
    const auto whole = contentsOf(path);
    // As a process that died would leave it.
    fs::rename(path / "manifest.toml", path / "manifest.partial.toml");
    fs::remove(path / "train/star/0001.png");
    fs::resize_file(path / "train/disc/0000.png", 40);
    const auto result = generateSampleData(path, options);
    QCOMPARE(result.written, 2);
    QCOMPARE(result.kept, 28);
    QVERIFY(contentsOf(path) == whole);
}

void TestSampleData::stopLeavesNoManifest() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    std::stop_source source;
    const auto result = generateSampleData(
        path, {.trainImages = 100, .testImages = 0, .sidePx = 16, .threads = 1},
        [&](std::int64_t done, std::int64_t) {
            if (done == 5) source.request_stop();
        },
        source.get_token());
    QVERIFY(result.stopped);
    QCOMPARE(result.written, 5);
    QVERIFY(!fs::exists(path / "manifest.toml"));
}

void TestSampleData::anotherSeedWritesAnew() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    generateSampleData(path, {.trainImages = 20, .testImages = 0, .sidePx = 16});
    const auto before = contentsOf(path);
    QCOMPARE(generateSampleData(path, {.trainImages = 10, .testImages = 0, .sidePx = 16, .seed = 2}).written, 10);
    const auto after = contentsOf(path);
    QCOMPARE(after.size(), std::size_t(11));
    QVERIFY(before.at("train/star/0000.png") != after.at("train/star/0000.png"));
}

void TestSampleData::foreignFilesStay() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    makeFolder(path / "train/star");
    writeFileAtomically(path / "train/star/mine.png", "mine");
    generateSampleData(path, {.trainImages = 10, .testImages = 0, .sidePx = 16});
    QCOMPARE(QString::fromStdString(readFile(path / "train/star/mine.png")), QString("mine"));
}

void TestSampleData::badOptionsAreRefused() {
    QTemporaryDir folder;
    QVERIFY_EXCEPTION_THROWN(generateSampleData(folder.path().toStdString(), {.trainImages = 0}), UsageError);
    QVERIFY_EXCEPTION_THROWN(generateSampleData(folder.path().toStdString(), {.sidePx = 4}), UsageError);
    QVERIFY_EXCEPTION_THROWN(generateSampleData("/proc/nowhere", {.trainImages = 10}), FileError);
}

void TestSampleData::shapesHaveInsideAndOutside() {
    for (int shape = 0; shape < int(sample_data::kShapeNames.size()); ++shape) {
        int inside = 0;
        for (int i = 0; i < 100 * 100; ++i) inside += sample_data::shapeDistance(shape, i % 100 / 50.0 - 1 + 0.01, i / 100 / 50.0 - 1 + 0.01) < 0;
        const double area = inside * 4 / 10000.0;
        QVERIFY2(area > 0.8 && area < 2.8, sample_data::kShapeNames[std::size_t(shape)]);
        for (const auto& [x, y] : {std::pair(1.3, 1.3), std::pair(-1.3, 1.3), std::pair(0.0, 1.35), std::pair(1.35, 0.0), std::pair(0.0, -1.35)})
            QVERIFY2(sample_data::shapeDistance(shape, x, y) > 0, sample_data::kShapeNames[std::size_t(shape)]);
    }
    QVERIFY(sample_data::shapeDistance(6, 0, 0) > 0);  // the ring's hole
    QVERIFY(std::abs(sample_data::shapeDistance(3, 2, 0) - 1.14) < 1e-9);
}

void TestSampleData::picturesHaveLightAndContrast() {
    for (int i = 0; i < 40; ++i) {
        const Image image = sample_data::renderScene(i % 10, 32, RandomStream(3, "look", 0, std::uint64_t(i)));
        double sum = 0, squares = 0;
        for (const std::uint8_t value : image.pixels) {
            sum += value;
            squares += double(value) * value;
        }
        const double count = double(image.pixels.size()), mean = sum / count;
        QVERIFY2(mean > 20 && mean < 225, qPrintable(QString("picture %1: mean %2").arg(i).arg(mean)));
        QVERIFY2(std::sqrt(squares / count - mean * mean) > 8, qPrintable(QString("picture %1").arg(i)));
    }
}

MASKSCOPE_TEST(TestSampleData)
#include "tst_sample_data.moc"
