#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "data/domain.h"
#include "data/images/image_dataset.h"
#include "families/family.h"
#include "interop/safetensors.h"
#include "interop/torch_checkpoint.h"
#include "interop/weights.h"
#include "masks/mask_file.h"
#include "media/decode.h"
#include "media/npy.h"
#include "recipes/method_spec.h"
#include "training/metrics_log.h"

#include <ATen/ops/arange.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <sys/resource.h>

#include <unistd.h>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_files.h"
#include "fuzz/mutation.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

/// Damaged files of every format that is read: each ends in a value or in one of our errors, never in a crash, another exception, memory
/// out of proportion, or files left open. MASKSCOPE_FUZZ_SECONDS is the time for one reader (5; 600 with --long), MASKSCOPE_FUZZ_FROM the first case.

namespace {

namespace fs = std::filesystem;
using Seeds = std::vector<std::string>;

constexpr long kMemoryKb = 700'000;  // beyond what the process had; the readers' seeds are a few kB

struct Reader {
    const char* name;
    const char* fileName;  // formats that are told by the name of the file
    Seeds seeds;
    std::function<void(const std::string& bytes, const fs::path& file)> read;
    bool fromFile;
};

// What a crash was busy with: a signal handler may read no more than this.
volatile std::sig_atomic_t runningCase = 0;
const char* runningReader = "";

extern "C" void tellCase(int signal) {
    std::array<char, 160> line{};
    const int length = std::snprintf(line.data(), line.size(), "signal %d in reader '%s', case %d (MASKSCOPE_FUZZ_FROM=%d repeats it)\n", signal,
                                     runningReader, static_cast<int>(runningCase), static_cast<int>(runningCase));
    if (length > 0) [[maybe_unused]]
        const auto written = write(STDERR_FILENO, line.data(), static_cast<std::size_t>(length));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

long peakMemoryKb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

std::ptrdiff_t openFileCount() { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); }

std::string picture(const char* extension, int type) {
    cv::Mat mat(13, 17, type);
    cv::randu(mat, 0, 255);
    std::vector<unsigned char> bytes;
    cv::imencode(extension, mat, bytes);
    return {bytes.begin(), bytes.end()};
}

std::string bytesOfTestFile(const char* place) { return readFile(fs::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / place); }

std::string safetensorsBytes(const fs::path& folder) {
    const at::Tensor ramp = at::arange(24, at::kFloat);
    writeSafetensors(folder / "seed.safetensors", {{"weight", ramp.reshape({4, 6})}, {"half", ramp.to(at::kHalf)}, {"steps", ramp.to(at::kLong)}},
                     {{"format", "pt"}});
    return readFile(folder / "seed.safetensors");
}

std::string archiveBytes(const fs::path& folder, const char* format, const char* filter) {
    writeArchive(folder / "seed.archive", format, filter, {{"cat/a.png", plainPng(8, 3, 20)}, {"dog/b.png", plainPng(8, 1, 200)}});
    return readFile(folder / "seed.archive");
}

void readAllTensors(const fs::path& file) {
    const SafetensorsFile opened(file);
    for (const std::string& name : opened.names()) opened.tensor(name);
}

void readAllWeights(const fs::path& index) {
    const Weights weights = openWeights(index);
    for (const std::string& name : weights.names()) weights.tensor(name);
}

void readCheckpoint(const fs::path& file) {
    const TorchCheckpoint opened(file);
    for (const auto& entry : opened.entries()) opened.tensor(entry);
}

void readPictures(const fs::path& file) {
    const auto data = openImages(file);
    for (std::int64_t i = 0; i < std::min<std::int64_t>(data->size(), 8); ++i) data->read(i);
}

/// The folder of a file becomes that of a model: what the file is not comes from a case.
std::string modelSeed(const fs::path& folder, const char* name, const char* file) {
    const fs::path model = fs::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests/parity" / name / "model";
    fs::create_directories(folder);
    for (const char* each : {"config.json", "model.safetensors"}) fs::copy_file(model / each, folder / each, fs::copy_options::overwrite_existing);
    return readFile(model / file);
}

void openModel(const fs::path& file) {
    const OpenedModel opened = openFamilyModel(file.parent_path());
    opened.model->asMethod({});
}

std::string idxBytes() { return std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x04\0\0\0\x04", 16) + std::string(32, '\x55'); }
std::string cifarBytes() { return std::string(3073 * 2, '\x05'); }
std::string floats(std::size_t count) { return std::string(count * 4, '\0'); }

}  // namespace

class TestReaders : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void damagedFilesEndInOneClearError_data();
    void damagedFilesEndInOneClearError();
    void foldedCheckpointsAreNotUnfolded();

private:
    std::vector<Reader> readers() const;
    void runCase(const Reader& reader, const std::string& bytes, int number);

    QTemporaryDir folder_{QStringLiteral("/dev/shm/maskscope-fuzz-XXXXXX")};
    std::vector<Reader> readers_;
    int refused_ = 0;
};

std::vector<Reader> TestReaders::readers() const {
    const fs::path folder = folder_.path().toStdString();
    const std::string safetensors = safetensorsBytes(folder);
    const std::string npy = npyFile("<f4", "6, 5, 3", floats(90));
    const std::string pickled = bytesOfTestFile("tests/interop/torch_files/mae_like.pth");
    const auto fromFile = [](void (*read)(const fs::path&)) { return [read](const std::string&, const fs::path& file) { read(file); }; };
    return {
        {"safetensors", "x.safetensors", {safetensors}, fromFile(readAllTensors), true},
        {"index of shards",
         "x.safetensors.index.json",
         {R"({"metadata":{"total_size":288},"weight_map":{"weight":"seed.safetensors","half":"seed.safetensors","steps":"seed.safetensors"}})",
          R"({"weight_map":{"weight":"../seed.safetensors"}})"},
         fromFile(readAllWeights),
         true},
        {"torch.save",
         "x.pth",
         {pickled, bytesOfTestFile("tests/interop/torch_files/hostile.pth"), bytesOfTestFile("tests/interop/torch_files/old_format.pth")},
         fromFile(readCheckpoint),
         true},
        {"config of a model",
         "mae-config/config.json",
         {modelSeed(folder / "mae-config", "vit_mae_1_base", "config.json")},
         fromFile(openModel),
         true},
        {"config of a Swin", "swin-config/config.json", {modelSeed(folder / "swin-config", "swin_small", "config.json")}, fromFile(openModel), true},
        {"config of a text model",
         "bert-config/config.json",
         {modelSeed(folder / "bert-config", "bert_1_base", "config.json")},
         fromFile(openModel),
         true},
        {"weights of a model",
         "mae-weights/model.safetensors",
         {modelSeed(folder / "mae-weights", "vit_mae_1_base", "model.safetensors")},
         fromFile(openModel),
         true},
        {"pickle",
         "",
         {std::string("\x80\x02}q\0(X\x05\0\0\0modelq\x01]q\x02(K\x01K\x02eX\x05\0\0\0epochq\x03M\x39\x05u.", 44),
          std::string("\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.", 38), "(dp0\nS'a'\np1\nI5\ns."},
         [](const std::string& bytes, const fs::path&) { const Pickle pickle(bytes, "x.pkl"); },
         false},
        {"pictures",
         "",
         {picture(".png", CV_8UC3), picture(".png", CV_16UC1), picture(".jpg", CV_8UC3), picture(".tiff", CV_8UC3), picture(".bmp", CV_8UC3),
          picture(".webp", CV_8UC3), plainPng(9, 3, 7)},
         [](const std::string& bytes, const fs::path&) { decodeImage(bytes, "x.png"); },
         false},
        {"NumPy pictures",
         "",
         {npy, npyFile("|u1", "6, 5", std::string(30, 'x'))},
         [](const std::string& bytes, const fs::path&) { decodeNpyImage(bytes, "x.npy"); },
         false},
        {"NumPy data sets",
         "x.npy",
         {npyFile("|u1", "4, 6, 5", std::string(120, 'x')), npyFile("<f4", "2, 6, 5, 3", floats(180))},
         fromFile(readPictures),
         true},
        {"archives of pictures",
         "x.tar",
         {archiveBytes(folder, "ustar", "none"), archiveBytes(folder, "pax", "gzip"), archiveBytes(folder, "zip", "none")},
         fromFile(readPictures),
         true},
        {"IDX", "train-images-idx3-ubyte", {idxBytes(), gzipped(idxBytes())}, fromFile(readPictures), true},
        {"CIFAR", "data_batch_1.bin", {cifarBytes()}, fromFile(readPictures), true},
        {"masks as text", "x.csv", {"0,1,0\n1,0.5,0\n", "1\n"}, [](const std::string&, const fs::path& file) { readMaskPicture(file); }, true},
        {"metrics",
         "metrics.csv",
         {"step,loss,lr\n1,0.5,0.001\n2,0.25,0.001\n"},
         [](const std::string&, const fs::path& file) { MetricsLog::read(file); },
         true},
        {"recipes",
         "",
         {bytesOfTestFile("resources/recipes/mae/mae.toml"), bytesOfTestFile("resources/recipes/bert/bert.toml")},
         [](const std::string& bytes, const fs::path&) { expandRecipe(parseToml(bytes, "x.toml")); },
         false},
    };
}

void TestReaders::initTestCase() {
    QVERIFY(folder_.isValid());
    readers_ = readers();
    for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS}) std::signal(signal, tellCase);
}

void TestReaders::damagedFilesEndInOneClearError_data() {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < readers_.size(); ++i) QTest::newRow(readers_[i].name) << static_cast<int>(i);
}

void TestReaders::runCase(const Reader& reader, const std::string& bytes, int number) {
    const fs::path file = reader.fromFile ? fs::path(folder_.path().toStdString()) / reader.fileName : fs::path();
    if (reader.fromFile) {
        std::FILE* out = std::fopen(file.c_str(), "wb");
        QVERIFY(out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size() && std::fclose(out) == 0);
    }
    try {
        reader.read(bytes, file);
    } catch (const Error& error) {
        ++refused_;
        const std::string message = error.what();
        QVERIFY2(!message.empty() && message.size() < 4000,
                 qPrintable(QStringLiteral("case %1: a message of %2 bytes").arg(number).arg(message.size())));
    } catch (const std::exception& error) {
        QFAIL(qPrintable(QStringLiteral("case %1 ends in an exception that is not ours: %2").arg(number).arg(QString::fromUtf8(error.what()))));
    }
}

void TestReaders::damagedFilesEndInOneClearError() {
    QFETCH(int, index);
    const Reader& reader = readers_[static_cast<std::size_t>(index)];
    for (const std::string& seed : reader.seeds) runCase(reader, seed, -1);
    runningReader = reader.name;
    refused_ = 0;
    const int seconds = qEnvironmentVariableIntValue("MASKSCOPE_FUZZ_SECONDS");
    const std::chrono::seconds budget(seconds > 0 ? seconds : qEnvironmentVariableIsSet("MASKSCOPE_LONG") ? 600 : 5);
    const auto start = std::chrono::steady_clock::now();
    const long memory = peakMemoryKb();
    const std::ptrdiff_t openFiles = openFileCount();
    const int from = qEnvironmentVariableIntValue("MASKSCOPE_FUZZ_FROM");
    int number = from;
    for (; std::chrono::steady_clock::now() - start < budget; ++number) {
        runningCase = number;
        RandomStream random(20, reader.name, static_cast<std::uint64_t>(number));
        runCase(reader, mutated(reader.seeds, random), number);
        if (QTest::currentTestFailed()) return;
        const long taken = peakMemoryKb() - memory;
        QVERIFY2(taken < kMemoryKb, qPrintable(QStringLiteral("case %1 took %2 MB").arg(number).arg(taken / 1000)));
    }
    qInfo("%s: %d damaged files, %d refused, the others still readable", reader.name, number - from, refused_);
    QVERIFY(refused_ > 0);
    QCOMPARE(openFileCount(), openFiles);
}

/// A few kilobytes that unfold to much memory are refused before they are read.
void TestReaders::foldedCheckpointsAreNotUnfolded() {
    const fs::path file = fs::path(folder_.path().toStdString()) / "folded.pth";
    writeArchive(file, "zip", "none", {{"archive/data.pkl", std::string(100'000'000, 'N')}});
    QVERIFY(fs::file_size(file) < 1'000'000);
    const auto start = std::chrono::steady_clock::now();
    try {
        const TorchCheckpoint opened(file);
        QFAIL("it was opened");
    } catch (const DataError& error) {
        QVERIFY2(QString(error.what()).contains("does not compress"), error.what());
    }
    QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}

MASKSCOPE_TEST(TestReaders)
#include "tst_readers.moc"
