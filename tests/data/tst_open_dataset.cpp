#include "core/error.h"
#include "core/random.h"
#include "data/images/cache.h"
#include "data/images/image_dataset.h"
#include "data/images/statistics.h"
#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_files.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;
namespace fs = std::filesystem;

namespace {

int firstPixel(const ImageDataset& dataset, std::int64_t sample) { return dataset.read(sample).pixels8()[0]; }

QString messageOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// Two classes in train, one picture of each in test.
NamedFiles trainAndTest(const std::string& root) {
    return {{root + "train/cat/1.png", plainPng(4, 3, 11)},
            {root + "train/cat/2.png", plainPng(4, 3, 12)},
            {root + "train/dog/1.png", plainPng(5, 3, 21)},
            {root + "test/cat/9.png", plainPng(4, 3, 19)},
            {root + "test/dog/9.png", plainPng(4, 3, 29)}};
}

std::string anyMatch(const std::vector<std::string>& texts, const std::string& part) {
    for (const std::string& text : texts)
        if (text.find(part) != std::string::npos) return text;
    return {};
}

}  // namespace

class TestOpenDataset : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void everyPackingReadsTheSame_data();
    void everyPackingReadsTheSame();
    void labelsComeFromFolders();
    void oneClassOrNoneMeansNoLabels();
    void hiddenAndOtherFilesAreLeftAside();
    void corruptFilesAreNamed();
    void truncatedTarUsesWhatIsWhole();
    void namesThatEscapeAreRefused();
    void missingPartsNameWhatThereIs();
    void emptyPlacesSayWhatIsAccepted();
    void compressedArchiveKeepsToItsBudget();
    void cifarBinaries();
    void cifar100Binaries();
    void damagedCifarIsRefused();
    void idxWithLabels_data();
    void idxWithLabels();
    void damagedIdxIsRefused();
    void npyAndNpz();
    void singlePicture();
    void fingerprintFollowsContent();
    void stopEndsTheScan();

    void cacheGivesTheSamePixels();
    void cacheKeepsNumbersOfCorruptSamples();
    void cacheRespectsItsBudget();
    void holdOutIsDisjointAndExact_data();
    void holdOutIsDisjointAndExact();
    void holdOutFollowsNamesNotNumbers();
    void holdOutOfOne();
    void statisticsAreRight();
    void statisticsSurviveCorruptFiles();

private:
    fs::path place(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }

    std::unique_ptr<QTemporaryDir> folder_;
};

void TestOpenDataset::everyPackingReadsTheSame_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("filter");
    QTest::addColumn<QString>("options");
    QTest::newRow("folder") << "set"
                            << ""
                            << ""
                            << "";
    QTest::newRow("pax tar") << "set.tar"
                             << "pax"
                             << "none"
                             << "";
    QTest::newRow("ustar") << "set.tar"
                           << "ustar"
                           << "none"
                           << "";
    QTest::newRow("GNU tar") << "set.tar"
                             << "gnutar"
                             << "none"
                             << "";
    QTest::newRow("tar.gz") << "set.tar.gz"
                            << "pax"
                            << "gzip"
                            << "";
    QTest::newRow("zip, deflated") << "set.zip"
                                   << "zip"
                                   << "none"
                                   << "zip:compression=deflate";
    QTest::newRow("zip, stored") << "set.zip"
                                 << "zip"
                                 << "none"
                                 << "zip:compression=store";
}

void TestOpenDataset::everyPackingReadsTheSame() {
    QFETCH(QString, name);
    QFETCH(QString, format);
    QFETCH(QString, filter);
    QFETCH(QString, options);
    // An accent makes pax write a header of its own before the member.
    NamedFiles files = trainAndTest("top/");
    files.push_back({"top/train/dog/" + std::string(70, 'x') + "\xC3\xA9.png", plainPng(6, 3, 33)});
    const fs::path path = place(name.toStdString());
    if (format.isEmpty())
        writeFiles(path, files);
    else
        writeArchive(path, format.toUtf8().constData(), filter.toUtf8().constData(), files,
                     options.isEmpty() ? nullptr : options.toUtf8().constData());

    const auto whole = openImages(path);
    QCOMPARE(whole->size(), 4);
    QVERIFY(!anyMatch(whole->notices(), "only its folder 'train' is used (4 of 6 pictures)").empty());
    QCOMPARE(firstPixel(*whole, 0), 11);
    QCOMPARE(firstPixel(*whole, 3), 33);
    QCOMPARE(whole->read(3).width(), 6);
    for (const char* part : {"/train", ":train", "/top/train", ":top/train/"}) {
        if (format.isEmpty() && part[0] == '/') continue;  // the file system's own business
        const auto dataset = openImages(path.string() + part);
        QCOMPARE(dataset->size(), 4);
        QCOMPARE(dataset->sampleName(2), std::string("dog/1.png"));
        QCOMPARE(firstPixel(*dataset, 2), 21);
        QCOMPARE(dataset->fingerprint(), whole->fingerprint());
    }
    QCOMPARE(firstPixel(*openImages(path.string() + ":test"), 1), 29);
    QVERIFY(whole->problems().empty());
}

void TestOpenDataset::labelsComeFromFolders() {
    writeFiles(place("set"), {{"b/x/1.png", plainPng(2, 1, 1)}, {"a/1.png", plainPng(2, 1, 2)}, {"root.png", plainPng(2, 1, 3)}});
    const auto dataset = openImages(place("set"));
    QCOMPARE(dataset->classNames(), (std::vector<std::string>{"a", "b/x"}));
    QCOMPARE(dataset->sampleName(2), std::string("root.png"));
    QCOMPARE(dataset->label(0), 0);
    QCOMPARE(dataset->label(1), 1);
    QCOMPARE(dataset->label(2), -1);
    QCOMPARE(dataset->channels(), 1);
}

void TestOpenDataset::oneClassOrNoneMeansNoLabels() {
    writeFiles(place("flat"), {{"1.png", plainPng(2, 1, 1)}, {"2.png", plainPng(2, 1, 2)}});
    writeFiles(place("single"), {{"cats/1.png", plainPng(2, 1, 1)}, {"cats/2.png", plainPng(2, 1, 2)}});
    for (const char* name : {"flat", "single"}) {
        const auto dataset = openImages(place(name));
        QVERIFY(dataset->classNames().empty());
        QCOMPARE(dataset->label(1), -1);
    }
}

void TestOpenDataset::hiddenAndOtherFilesAreLeftAside() {
    writeFiles(place("set"), {{"1.png", plainPng(2, 1, 1)}, {".2.png", "x"}, {".cache/3.png", "x"}, {"list.txt", "x"}, {"4.PNG", plainPng(2, 1, 4)}});
    const auto dataset = openImages(place("set"));
    QCOMPARE(dataset->size(), 2);
    QVERIFY(!anyMatch(dataset->notices(), "1 other file beside").empty());
}

void TestOpenDataset::corruptFilesAreNamed() {
    writeFiles(place("set"), {{"1.png", plainPng(2, 1, 1)}, {"2.png", "text"}, {"3.png", ""}});
    const auto dataset = openImages(place("set"));
    QCOMPARE(dataset->size(), 3);
    QVERIFY(messageOf([&] { dataset->read(1); }).contains("set/2.png: not a picture (it begins with 'text')"));
    QVERIFY(messageOf([&] { dataset->read(2); }).contains("set/3.png: empty"));
    fs::remove(place("set/1.png"));
    QVERIFY(messageOf([&] { dataset->channels(); }).contains("none of its 3 samples can be read"));
    QCOMPARE(dataset->problems().size(), std::size_t(3));
}

void TestOpenDataset::truncatedTarUsesWhatIsWhole() {
    NamedFiles files;
    for (int i = 0; i < 6; ++i) files.push_back({"set/" + std::to_string(i) + ".png", plainPng(40, 3, static_cast<std::uint8_t>(i))});
    writeArchive(place("set.tar"), "ustar", "none", files);
    const std::string bytes = readFile(place("set.tar"));
    const std::size_t member = 512 + (files[0].second.size() + 511) / 512 * 512;
    for (const std::size_t cut : {3 * member + 512 + 20, 3 * member + 100}) {  // inside the fourth's content, inside its header
        writeFileAtomically(place("cut.tar"), std::string_view(bytes).substr(0, cut));
        const auto dataset = openImages(place("cut.tar"));
        QCOMPARE(dataset->size(), 3);
        QCOMPARE(firstPixel(*dataset, 2), 2);
        QVERIFY(!dataset->problems().empty());
        QVERIFY(dataset->problems().back().reason.find("cut off") != std::string::npos);
    }
    RandomStream random(1, "noise");  // which does not shrink
    for (auto& [name, content] : files) {
        Image noise{100, 100, 3, std::vector<std::uint8_t>(30000)};
        for (std::uint8_t& pixel : noise.pixels) pixel = static_cast<std::uint8_t>(random.next());
        content = encodePng(noise);
    }
    writeArchive(place("set.tar.gz"), "ustar", "gzip", files);
    const std::string packed = readFile(place("set.tar.gz"));
    writeFileAtomically(place("cut.tar.gz"), std::string_view(packed).substr(0, packed.size() / 2));
    const auto half = openImages(place("cut.tar.gz"));
    QVERIFY(half->size() >= 2 && half->size() <= 3);
    QCOMPARE(half->read(1).width(), 100);
    QVERIFY(!half->problems().empty());
    writeFileAtomically(place("none.tar"), std::string_view(bytes).substr(0, 600));
    QVERIFY(messageOf([&] { openImages(place("none.tar")); }).contains("none.tar: no file in it can be read"));
    writeFileAtomically(place("text.zip"), "this is no archive");
    QVERIFY(messageOf([&] { openImages(place("text.zip")); }).contains("text.zip: "));
}

void TestOpenDataset::namesThatEscapeAreRefused() {
    writeArchive(
        place("set.tar"), "ustar", "none",
        {{"../evil.png", plainPng(2, 1, 1)}, {"/abs.png", plainPng(2, 1, 2)}, {"a/../../b.png", plainPng(2, 1, 3)}, {"./ok.png", plainPng(2, 1, 4)}});
    const auto dataset = openImages(place("set.tar"));
    QCOMPARE(dataset->size(), 1);
    QCOMPARE(firstPixel(*dataset, 0), 4);
    QCOMPARE(dataset->problems().size(), std::size_t(3));
    QCOMPARE(dataset->problems()[0].name, std::string("../evil.png"));
    QVERIFY(dataset->problems()[1].reason.find("leads out of the archive") != std::string::npos);
    QVERIFY(messageOf([&] { openImages(place("set.tar").string() + ":../x"); }).contains("leads out of it"));
}

void TestOpenDataset::missingPartsNameWhatThereIs() {
    writeArchive(place("set.tar"), "ustar", "none", trainAndTest("top/"));
    QVERIFY(messageOf([&] { openImages(place("set.tar/tran")); }).contains("there is no 'tran' in it; it has test, train"));
    QVERIFY(messageOf([&] { openImages(place("nothing")); }).contains("there is no such file or folder"));
}

void TestOpenDataset::emptyPlacesSayWhatIsAccepted() {
    makeFolder(place("empty"));
    const QString message = messageOf([&] { openImages(place("empty")); });
    QVERIFY2(message.contains("empty: empty, expected a folder or .tar/.zip of pictures"), qPrintable(message));
    writeFiles(place("texts"), {{"a.txt", "a"}, {"b.txt", "b"}});
    QVERIFY(messageOf([&] { openImages(place("texts")); }).contains("2 files, none of which is a picture"));
    QVERIFY(messageOf([&] { openImages(place("texts/a.txt")); }).contains("a file of unknown kind"));
    QVERIFY(messageOf([&] { openImages(place("texts/a.txt/train")); }).contains("a single file"));
}

void TestOpenDataset::compressedArchiveKeepsToItsBudget() {
    writeArchive(place("set.tar.gz"), "ustar", "gzip", {{"1.bin", std::string(3 << 20, 'x')}, {"2.png", plainPng(2, 1, 1)}});
    QVERIFY(messageOf([&] { openImages(place("set.tar.gz"), {.archiveMb = 1}); }).contains("unpacks to more than the 1.0 MiB"));
    QCOMPARE(openImages(place("set.tar.gz"), {.archiveMb = 8})->size(), 1);
}

void TestOpenDataset::cifarBinaries() {
    writeFiles(place("cifar"), {{"data_batch_1.bin", cifarRecord({3}, 10) + cifarRecord({9}, 20)},
                                {"data_batch_2.bin", cifarRecord({0}, 30)},
                                {"test_batch.bin", cifarRecord({1}, 99)},
                                {"batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"}});
    const auto dataset = openImages(place("cifar"));
    QCOMPARE(dataset->form(), std::string("CIFAR-10 binaries"));
    QCOMPARE(dataset->size(), 3);
    QCOMPARE(dataset->sampleName(1), std::string("data_batch_1.bin#1"));
    QCOMPARE(dataset->classNames()[std::size_t(dataset->label(1))], std::string("truck"));
    const DecodedImage image = dataset->read(2);
    QCOMPARE(image.width(), 32);
    for (int c = 0; c < 3; ++c) QCOMPARE(int(image.pixels8()[3 * 700 + c]), 30 + c);
    QVERIFY(!anyMatch(dataset->notices(), "only the training binaries").empty());
    QCOMPARE(openImages(place("cifar/test_batch.bin"))->label(0), 1);
    // The archive as it is offered for download.
    writeArchive(place("cifar.tar.gz"), "ustar", "gzip",
                 {{"cifar-10-batches-bin/data_batch_1.bin", cifarRecord({3}, 10)}, {"cifar-10-batches-bin/readme.html", "x"}});
    QCOMPARE(firstPixel(*openImages(place("cifar.tar.gz")), 0), 10);
}

void TestOpenDataset::cifar100Binaries() {
    writeFiles(place("c100"), {{"train.bin", cifarRecord({4, 77}, 10) + cifarRecord({19, 99}, 20)}, {"test.bin", cifarRecord({0, 0}, 0)}});
    const auto dataset = openImages(place("c100"));
    QCOMPARE(dataset->form(), std::string("CIFAR-100 binaries"));
    QCOMPARE(dataset->size(), 2);
    QCOMPARE(dataset->label(0), 77);
    QCOMPARE(firstPixel(*dataset, 1), 20);
    QCOMPARE(dataset->classNames().size(), std::size_t(100));
}

void TestOpenDataset::damagedCifarIsRefused() {
    const std::string record = cifarRecord({3}, 10);
    writeFiles(place("c"), {{"data_batch_1.bin", record + record.substr(0, 500)}});
    const QString message = messageOf([&] { openImages(place("c")); });
    QVERIFY2(message.endsWith("c/data_batch_1.bin: 3 573 bytes, expected a multiple of 3073; the download is incomplete"), qPrintable(message));
    writeFiles(place("l"), {{"data_batch_1.bin", cifarRecord({200}, 10)}});
    QVERIFY(messageOf([&] { openImages(place("l")); }).contains("its labels go beyond"));
    writeFiles(place("e"), {{"data_batch_1.bin", ""}});
    QVERIFY(messageOf([&] { openImages(place("e/data_batch_1.bin")); }).contains("0 bytes"));
}

void TestOpenDataset::idxWithLabels_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("plain") << false;
    QTest::newRow("gz") << true;
}

void TestOpenDataset::idxWithLabels() {
    QFETCH(bool, packed);
    const auto pack = [&](const std::string& bytes) { return packed ? gzipped(bytes) : bytes; };
    const std::string end = packed ? ".gz" : "", pixels = "abcdefghijkl";
    writeFiles(place("mnist"), {{"train-images-idx3-ubyte" + end, pack(idxFile({2, 2, 3}, pixels))},
                                {"train-labels-idx1-ubyte" + end, pack(idxFile({2}, {7, 9}))},
                                {"t10k-images-idx3-ubyte" + end, pack(idxFile({1, 2, 3}, "mnopqr"))}});
    for (const fs::path& path : {place("mnist"), place("mnist/train-images-idx3-ubyte" + end)}) {
        const auto dataset = openImages(path);
        QCOMPARE(dataset->size(), 2);
        QCOMPARE(dataset->read(0).width(), 3);
        QCOMPARE(dataset->read(0).height(), 2);
        QCOMPARE(firstPixel(*dataset, 1), int('g'));
        QCOMPARE(dataset->label(1), 9);
        QCOMPARE(dataset->classNames().size(), std::size_t(10));
    }
    const auto test = openImages(place("mnist/t10k-images-idx3-ubyte" + end));
    QCOMPARE(firstPixel(*test, 0), int('m'));
    QCOMPARE(test->label(0), -1);
}

void TestOpenDataset::damagedIdxIsRefused() {
    writeFiles(place("m"), {{"train-images-idx3-ubyte", idxFile({2, 2, 3}, "abc")}});
    QVERIFY(messageOf([&] { openImages(place("m")); }).contains("3 bytes of values, its header announces 12"));
    const std::string packed = gzipped(idxFile({2, 2, 3}, "abcdefghijkl"));
    writeFiles(place("g"), {{"train-images-idx3-ubyte.gz", packed.substr(0, packed.size() - 12)}});
    QVERIFY(messageOf([&] { openImages(place("g")); }).contains("the download is incomplete"));
    writeFiles(place("n"), {{"train-images-idx3-ubyte", idxFile({2, 1, 1}, "ab")}, {"train-labels-idx1-ubyte", idxFile({3}, "abc")}});
    QVERIFY(messageOf([&] { openImages(place("n")); }).contains("3 labels for 2 pictures"));
}

void TestOpenDataset::npyAndNpz() {
    std::string data(2 * 5 * 6 * 3, '\0');
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i);
    writeFileAtomically(place("last.npy"), npyFile("|u1", "2, 5, 6, 3", data));
    writeFileAtomically(place("first.npy"), npyFile("|u1", "2, 3, 5, 6", data));
    const auto last = openImages(place("last.npy")), first = openImages(place("first.npy"));
    QCOMPARE(last->size(), 2);
    QCOMPARE(last->read(1).pixels8()[4], std::uint8_t(94));
    QCOMPARE(first->read(1).channels(), 3);
    QCOMPARE(first->read(1).width(), 6);
    QCOMPARE(first->read(0).pixels8()[1], std::uint8_t(30));  // channel 1 of the first pixel
    writeFileAtomically(place("wide.npy"), npyFile("<u2", "3, 2, 2", bytesOf(std::vector<std::uint16_t>(12, 40000))));
    QCOMPARE(openImages(place("wide.npy"))->read(2).pixels16()[3], std::uint16_t(40000));
    writeFileAtomically(place("real.npy"), npyFile("<f8", "2, 1, 1", bytesOf(std::vector<double>{-0.5, 1.0})));
    const auto real = openImages(place("real.npy"));
    QCOMPARE(int(real->read(0).pixels16()[0]), 16384);
    QVERIFY(!anyMatch(real->notices(), "-1..1").empty());
    writeFileAtomically(place("nan.npy"), npyFile("<f4", "2, 1, 1", bytesOf(std::vector<float>{0.5F, std::nanf("")})));
    QVERIFY(messageOf([&] { openImages(place("nan.npy")); }).contains("value 1 is nan, expected finite"));

    writeArchive(place("set.npz"), "zip", "none",
                 {{"images.npy", npyFile("|u1", "2, 3, 5, 6", data)}, {"labels.npy", npyFile("<i8", "2", bytesOf(std::vector<std::int64_t>{4, 0}))}});
    const auto npz = openImages(place("set.npz"));
    QCOMPARE(npz->label(0), 4);
    QCOMPARE(npz->read(0).pixels8()[1], std::uint8_t(30));
    writeArchive(place("odd.npz"), "zip", "none", {{"weights.npy", npyFile("|u1", "2", "ab")}});
    QVERIFY(messageOf([&] { openImages(place("odd.npz")); }).contains("holds weights.npy, expected an array 'images'"));
}

void TestOpenDataset::singlePicture() {
    writeFileAtomically(place("one.png"), plainPng(3, 3, 8));
    const auto dataset = openImages(place("one.png"));
    QCOMPARE(dataset->size(), 1);
    QCOMPARE(firstPixel(*dataset, 0), 8);
    writeFileAtomically(place("bad.jpg"), "text");
    QVERIFY(messageOf([&] { openImages(place("bad.jpg")); }).contains("bad.jpg: not a picture"));
}

void TestOpenDataset::fingerprintFollowsContent() {
    const NamedFiles files{{"a/1.png", plainPng(4, 1, 1)}, {"b/2.png", plainPng(4, 1, 2)}};
    writeFiles(place("x"), files);
    const std::string first = openImages(place("x"))->fingerprint();
    QCOMPARE(first.size(), std::size_t(16));
    QCOMPARE(openImages(place("x"))->fingerprint(), first);
    writeFiles(place("y"), {files[0], {"b/2.png", plainPng(4, 1, 3)}});
    QVERIFY(openImages(place("y"))->fingerprint() != first);
    writeFiles(place("z"), {files[0], {"b/3.png", files[1].second}});
    QVERIFY(openImages(place("z"))->fingerprint() != first);
}

void TestOpenDataset::stopEndsTheScan() {
    writeFiles(place("x"), {{"1.png", plainPng(4, 1, 1)}});
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(openImages(place("x"), {.stop = source.get_token()}), StoppedError);
}

void TestOpenDataset::cacheGivesTheSamePixels() {
    NamedFiles files;
    for (int i = 0; i < 50; ++i)
        files.push_back({std::to_string(100 + i) + ".png", plainPng(1 + i % 7, i % 2 == 0 ? 1 : 3, static_cast<std::uint8_t>(i))});
    writeFiles(place("x"), files);
    const std::shared_ptr<const ImageDataset> plain = openImages(place("x"));
    const auto cached = cacheDecoded(plain, {});
    QCOMPARE(cached->fingerprint(), plain->fingerprint());
    for (const int time : {1, 2})
        for (std::int64_t i = 0; i < 50; ++i) {
            QVERIFY2(toImage(cached->read(i)).pixels == toImage(plain->read(i)).pixels, qPrintable(QString::number(time)));
            QCOMPARE(cached->sampleName(i), plain->sampleName(i));
        }
    const DecodedImage kept = cached->read(7), decoded = plain->read(7);
    QVERIFY(kept.pixels8() == cached->read(7).pixels8());  // the same memory
    QVERIFY(decoded.pixels8() != plain->read(7).pixels8());
}

void TestOpenDataset::cacheKeepsNumbersOfCorruptSamples() {
    writeFiles(place("x"), {{"1.png", plainPng(2, 1, 1)}, {"2.png", "text"}, {"3.png", plainPng(2, 1, 3)}});
    const auto cached = cacheDecoded(openImages(place("x")), {});
    QCOMPARE(cached->size(), 3);
    for (const int time : {1, 2}) {
        QVERIFY2(firstPixel(*cached, 2) == 3, qPrintable(QString::number(time)));
        QVERIFY(messageOf([&] { cached->read(1); }).contains("2.png: not a picture"));
    }
}

void TestOpenDataset::cacheRespectsItsBudget() {
    writeFiles(place("x"), {{"1.png", plainPng(1024, 1, 1)}, {"2.png", plainPng(1024, 1, 2)}});
    const std::shared_ptr<const ImageDataset> dataset = openImages(place("x"));
    QCOMPARE(estimateDecodedBytes(*dataset), 2.0 * 1024 * 1024);
    QVERIFY(cacheDecoded(dataset, {.budgetMb = 0}) == dataset);
    const auto kept = [](const ImageDataset& cached, std::int64_t sample) {
        const DecodedImage first = cached.read(sample), second = cached.read(sample);
        return first.pixels8() == second.pixels8();
    };
    const auto roomy = cacheDecoded(dataset, {.budgetMb = 2.1});
    QVERIFY(dataset->notices().empty());
    QVERIFY(kept(*roomy, 0) && kept(*roomy, 1));
    const auto tight = cacheDecoded(dataset, {.budgetMb = 1.9});
    QVERIFY(!anyMatch(dataset->notices(), "about 95 % of the pictures fit the cache of 1.9 MiB").empty());
    QVERIFY(kept(*tight, 1) && !kept(*tight, 0) && kept(*tight, 1));  // what came first stays
    QCOMPARE(firstPixel(*tight, 0), 1);
}

void TestOpenDataset::holdOutIsDisjointAndExact_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<double>("share");
    QTest::addColumn<int>("held");
    QTest::newRow("a tenth of 60") << 60 << 0.1 << 6;
    QTest::newRow("half of 7") << 7 << 0.5 << 4;
    QTest::newRow("at least one") << 3 << 0.01 << 1;
    QTest::newRow("never all") << 2 << 0.99 << 1;
}

void TestOpenDataset::holdOutIsDisjointAndExact() {
    QFETCH(int, count);
    QFETCH(double, share);
    QFETCH(int, held);
    writeFileAtomically(place("x.npy"), npyFile("|u1", std::to_string(count) + ", 8, 8", std::string(std::size_t(count) * 64, 'x')));
    const auto dataset = openImages(place("x.npy"));
    const HoldOut split = holdOut(*dataset, share, 5);
    QCOMPARE(int(split.validation.size()), held);
    std::set<std::int64_t> all(split.train.begin(), split.train.end());
    all.insert(split.validation.begin(), split.validation.end());
    QCOMPARE(int(all.size()), count);
    QCOMPARE(split.train.size() + split.validation.size(), std::size_t(count));
    QCOMPARE(holdOut(*dataset, share, 5).validation, split.validation);
    if (count == 60) QVERIFY(holdOut(*dataset, share, 6).validation != split.validation);
}

void TestOpenDataset::holdOutFollowsNamesNotNumbers() {
    NamedFiles files;
    for (int i = 0; i < 20; ++i) files.push_back({std::to_string(100 + i) + ".png", plainPng(1, 1, static_cast<std::uint8_t>(i))});
    writeFiles(place("x"), files);
    const auto namesHeld = [&] {
        const auto dataset = openImages(place("x"));
        std::set<std::string> names;
        for (const std::int64_t sample : holdOut(*dataset, 0.5, 1).validation) names.insert(dataset->sampleName(sample));
        return names;
    };
    const auto before = namesHeld();
    writeFiles(place("x"), {{"000.png", plainPng(1, 1, 0)}});  // shifts every number by one
    std::set<std::string> after = namesHeld(), kept;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::inserter(kept, kept.end()));
    QVERIFY(kept.size() >= before.size() - 1);
}

void TestOpenDataset::holdOutOfOne() {
    writeFileAtomically(place("one.png"), plainPng(3, 3, 8));
    const HoldOut split = holdOut(*openImages(place("one.png")), 0.1, 1);
    QCOMPARE(split.train, std::vector<std::int64_t>{0});
    QCOMPARE(split.validation, std::vector<std::int64_t>{0});
    QVERIFY(!split.notice.empty());
}

void TestOpenDataset::statisticsAreRight() {
    writeFiles(place("x"),
               {{"a/1.png", plainPng(2, 1, 0)}, {"a/2.png", plainPng(4, 1, 255)}, {"b/3.png", plainPng(8, 1, 0)}, {"b/4.png", plainPng(2, 1, 255)}});
    const DatasetStatistics statistics = computeStatistics(*openImages(place("x")));
    QCOMPARE(statistics.classes[1], (std::pair<std::string, std::int64_t>("b", 2)));
    QCOMPARE(statistics.unlabelled, 0);
    QCOMPARE(statistics.minWidth, 2);
    QCOMPARE(statistics.maxHeight, 8);
    QCOMPARE(statistics.channels.at(1), 4);
    QVERIFY(std::abs(statistics.mean[0] - 0.5) < 1e-9);
    QVERIFY(std::abs(statistics.std[0] - 0.5) < 1e-9);
}

void TestOpenDataset::statisticsSurviveCorruptFiles() {
    writeFiles(place("x"), {{"1.png", "text"}, {"2.png", plainPng(4, 3, 51)}});
    const auto dataset = openImages(place("x"));
    const DatasetStatistics statistics = computeStatistics(*dataset);
    QCOMPARE(statistics.unreadable, 1);
    QVERIFY(std::abs(statistics.mean[2] - 0.2) < 1e-9);
    QCOMPARE(statistics.minWidth, 4);
    QCOMPARE(dataset->problems().size(), std::size_t(1));
}

MASKSCOPE_TEST(TestOpenDataset)
#include "tst_open_dataset.moc"
