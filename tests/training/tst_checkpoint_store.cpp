#include "core/error.h"
#include "core/files.h"
#include "training/checkpoint_store.h"

#include <torch/torch.h>

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <thread>

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test_main.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;
using Steps = std::vector<std::int64_t>;
constexpr auto kRead = CheckpointStore::Access::Read;
constexpr auto kWrite = CheckpointStore::Access::Write;

/// Every value says its step. Only fills memory that is there: safe after fork.
Checkpoint checkpointOf(std::int64_t step, std::int64_t size = 16) {
    Checkpoint checkpoint;
    checkpoint.step = step;
    checkpoint.model = {{"z", at::full({size}, static_cast<double>(step))}, {"a", at::full({2, 3}, static_cast<double>(step), at::kDouble)}};
    checkpoint.optimizer = {{"z.step", at::full({}, static_cast<double>(step))}};
    checkpoint.state = {{"step", step}, {"seconds", 0.1 * static_cast<double>(step)}};
    return checkpoint;
}

Steps completeSteps(const CheckpointStore& store) {
    Steps steps;
    for (const CheckpointInfo& info : store.list())
        if (info.isComplete()) steps.push_back(info.step);
    return steps;
}

bool holdsStep(const Checkpoint& checkpoint, std::int64_t step) {
    const auto all = [&](const NamedTensors& tensors) {
        return std::all_of(tensors.begin(), tensors.end(), [&](const NamedTensor& item) { return (item.second == step).all().item<bool>(); });
    };
    return checkpoint.step == step && checkpoint.state.at("step") == step && all(checkpoint.model) && all(checkpoint.optimizer);
}

void damage(const fs::path& file) {
    std::string content = readFile(file);
    content.back() = static_cast<char>(content.back() ^ 1);
    writeFileAtomically(file, content);
}

}  // namespace

class TestCheckpointStore : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void comesBackInOrderAndBitForBit();
    void weightsOutliveTheCheckpoint();
    void aSecondSaveReplacesTheFirst();
    void damageIsNamedAndPassedOver_data();
    void damageIsNamedAndPassedOver();
    void everyShortenedStateIsRefused();
    void remainsAreClearedByWritersOnly();
    void cutRemovesLaterOnes();
    void thinningFollowsTheRule();
    void whatIsTakenAwayIsNoDamage();
    void readersCannotChangeAnything();
    void fullDiskLeavesTheFormerOnes();
    void killedAtAnyInstantTheNewestLoads();

private:
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder_;
};

void TestCheckpointStore::init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    folder_ = temporary_->filePath(QStringLiteral("checkpoints")).toStdString();
}

void TestCheckpointStore::comesBackInOrderAndBitForBit() {
    at::manual_seed(1);
    Checkpoint saved = checkpointOf(400);
    saved.model = {{"z", at::randn({5})}, {"a", at::randn({2, 2}, at::kDouble)}, {"n", at::full({}, 7, at::kLong)}};
    saved.ema = {{"z", at::randn({5})}};
    saved.signals = {{"difficulty", at::randn({3}).to(at::kBFloat16)}};
    saved.state = {{"seconds", 0.1 + 0.2}, {"nested", {{"list", {1, 2.5, "x"}}}}, {"seed", 18446744073709551615ULL}};
    CheckpointStore store(folder_, kWrite);
    const std::uint64_t bytes = store.save(saved);
    std::uint64_t onDisk = 0;
    for (const auto& item : fs::directory_iterator(folder_ / "step-400")) onDisk += item.file_size();
    QCOMPARE(bytes, onDisk);

    const Checkpoint loaded = CheckpointStore(folder_, kRead).load(400);
    QCOMPARE(loaded.step, std::int64_t(400));
    QVERIFY(loaded.state == saved.state);
    for (const auto part : {&Checkpoint::model, &Checkpoint::ema, &Checkpoint::optimizer, &Checkpoint::signals}) {
        QCOMPARE((loaded.*part).size(), (saved.*part).size());
        for (std::size_t i = 0; i < (saved.*part).size(); ++i) {
            QCOMPARE((loaded.*part)[i].first, (saved.*part)[i].first);
            QCOMPARE((loaded.*part)[i].second.scalar_type(), (saved.*part)[i].second.scalar_type());
            QVERIFY(at::equal((loaded.*part)[i].second, (saved.*part)[i].second));
        }
    }
    QVERIFY_THROWS_EXCEPTION(FileError, store.load(401));
}

void TestCheckpointStore::weightsOutliveTheCheckpoint() {
    CheckpointStore store(folder_, kWrite);
    Checkpoint saved = checkpointOf(3);
    saved.ema = {{"z", at::full({4}, 9.0)}};
    store.save(saved);
    const NamedTensors model = store.loadWeights(3), ema = store.loadWeights(3, true);
    store.cutAfter(2);
    QCOMPARE(model[0].first, std::string("z"));
    QCOMPARE(model[0].second.sum().item<float>(), 48.0F);
    QCOMPARE(ema[0].second.sum().item<float>(), 36.0F);
    store.save(checkpointOf(4));
    QVERIFY_THROWS_EXCEPTION(DataError, store.loadWeights(4, true));
}

void TestCheckpointStore::aSecondSaveReplacesTheFirst() {
    CheckpointStore store(folder_, kWrite);
    Checkpoint first = checkpointOf(5);
    first.ema = {{"z", at::zeros({1})}};
    store.save(first);
    store.pin(5);
    Checkpoint second = checkpointOf(5);
    second.state["run"] = 2;
    store.save(second);
    QCOMPARE(store.load(5).state.at("run").get<int>(), 2);
    QVERIFY(!fs::exists(folder_ / "step-5" / "ema.safetensors"));
    QVERIFY(store.list()[0].pinned);
    QCOMPARE(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), std::ptrdiff_t(1));
}

void TestCheckpointStore::damageIsNamedAndPassedOver_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("words");
    QTest::addColumn<bool>("seenByList");
    QTest::newRow("no state.json") << "state.json"
                                   << "remove"
                                   << "state.json" << true;
    QTest::newRow("empty state.json") << "state.json"
                                      << "empty"
                                      << "not the JSON" << true;
    QTest::newRow("changed state.json") << "state.json"
                                        << "edit"
                                        << "checksum does not match" << true;
    QTest::newRow("no model") << "model.safetensors"
                              << "remove"
                              << "model.safetensors: missing" << true;
    QTest::newRow("shortened model") << "model.safetensors"
                                     << "shorten"
                                     << "bytes, expected" << true;
    QTest::newRow("a bit of the model") << "model.safetensors"
                                        << "damage"
                                        << "model.safetensors: checksum" << false;
    QTest::newRow("a bit of the optimizer") << "optimizer.safetensors"
                                            << "damage"
                                            << "optimizer.safetensors: checksum" << false;
}

void TestCheckpointStore::damageIsNamedAndPassedOver() {
    QFETCH(QString, file);
    QFETCH(QString, how);
    QFETCH(QString, words);
    QFETCH(bool, seenByList);
    QStringList notices;
    CheckpointStore store(folder_, kWrite, [&](const std::string& text) { notices << QString::fromStdString(text); });
    store.save(checkpointOf(1));
    store.save(checkpointOf(2));
    const fs::path target = folder_ / "step-2" / file.toStdString();
    if (how == QLatin1String("remove")) fs::remove(target);
    if (how == QLatin1String("empty")) fs::resize_file(target, 0);
    if (how == QLatin1String("shorten")) fs::resize_file(target, fs::file_size(target) - 1);
    if (how == QLatin1String("damage")) damage(target);
    if (how == QLatin1String("edit")) {
        std::string text = readFile(target);
        text.replace(text.find("\"seconds\": 0.2"), 14, "\"seconds\": 0.3");
        writeFileAtomically(target, text);
    }
    QCOMPARE(store.newestComplete(), std::optional<std::int64_t>(1));
    QCOMPARE(notices.size(), 1);
    QVERIFY2(notices[0].contains(words) && notices[0].contains(QStringLiteral("step 2")), qPrintable(notices[0]));
    QCOMPARE(completeSteps(store), seenByList ? Steps{1} : (Steps{1, 2}));
    QVERIFY_THROWS_EXCEPTION(Error, store.load(2));
    store.thin({.recent = 1});
    QVERIFY(fs::exists(folder_ / "step-2"));  // nobody's to delete
    QVERIFY(holdsStep(store.load(1), 1));
    store.save(checkpointOf(2));  // the run goes on and reaches the step again
    QCOMPARE(store.newestComplete(), std::optional<std::int64_t>(2));
}

void TestCheckpointStore::everyShortenedStateIsRefused() {
    CheckpointStore store(folder_, kWrite);
    store.save(checkpointOf(1));
    const fs::path file = folder_ / "step-1" / "state.json";
    const std::string whole = readFile(file);
    for (std::size_t size = 0; size + 1 < whole.size(); size += 7) {  // without the last line break it is still whole
        writeFileAtomically(file, std::string_view(whole).substr(0, size));
        QVERIFY(!store.newestComplete());
    }
    for (const char* text :
         {"[]", "{}", R"({"format":1,"step":1,"files":[],"state":{},"crc32":"0"})", R"({"format":2,"step":1,"files":{},"state":{},"crc32":"0"})"}) {
        writeFileAtomically(file, text);
        QVERIFY(!store.newestComplete());
    }
    writeFileAtomically(file, whole);
    fs::rename(folder_ / "step-1", folder_ / "step-7");  // the state says another step
    QVERIFY(!store.newestComplete());
}

void TestCheckpointStore::remainsAreClearedByWritersOnly() {
    { CheckpointStore(folder_, kWrite).save(checkpointOf(1)); }
    for (const char* name : {".step-2.tmp-123", ".trash-step-3-99", ".step-x.tmp-1", "step-007", "step-", "notes", ".step-2.tmp-"})
        makeFolder(folder_ / name / "inside");
    { const CheckpointStore reader(folder_, kRead); }
    QVERIFY(fs::exists(folder_ / ".step-2.tmp-123"));
    const CheckpointStore writer(folder_, kWrite);
    QVERIFY(!fs::exists(folder_ / ".step-2.tmp-123") && !fs::exists(folder_ / ".trash-step-3-99"));
    for (const char* name : {".step-x.tmp-1", "step-007", "step-", "notes", ".step-2.tmp-"}) QVERIFY(fs::exists(folder_ / name));
    QCOMPARE(completeSteps(writer), Steps{1});
    QVERIFY(CheckpointStore(folder_ / "missing", kRead).list().empty());
}

void TestCheckpointStore::cutRemovesLaterOnes() {
    CheckpointStore store(folder_, kWrite);
    for (const std::int64_t step : {0, 9, 10, 100}) store.save(checkpointOf(step));
    fs::remove(folder_ / "step-100" / "state.json");
    store.cutAfter(9);
    QCOMPARE(completeSteps(store), (Steps{0, 9}));
    QVERIFY(!fs::exists(folder_ / "step-100") && !fs::exists(folder_ / "step-10"));
}

void TestCheckpointStore::thinningFollowsTheRule() {
    CheckpointStore store(folder_, kWrite);
    for (std::int64_t step = 0; step <= 20; ++step) {
        Checkpoint checkpoint = checkpointOf(step);
        if (step == 11) checkpoint.state["val_loss"] = 0.5;
        if (step == 12) checkpoint.state["val_loss"] = 0.75;
        if (step == 13) checkpoint.state["val_loss"] = nullptr;
        store.save(checkpoint);
    }
    store.pin(14);
    store.pin(15);
    store.pin(15, false);
    QCOMPARE(store.thin({.recent = 2}), (Steps{3, 5, 6, 7, 9, 10, 12, 13, 15, 17, 18}));
    QCOMPARE(completeSteps(store), (Steps{0, 1, 2, 4, 8, 11, 14, 16, 19, 20}));
    QVERIFY(store.thin({.recent = 2}).empty());
    QCOMPARE(store.list()[5].valLoss, std::optional(0.5));
}

/// A window lists a run's checkpoints while the run thins them out.
void TestCheckpointStore::whatIsTakenAwayIsNoDamage() {
    constexpr std::int64_t kSteps = 100;
    CheckpointStore store(folder_, kWrite);
    for (std::int64_t step = 0; step < kSteps; ++step) store.save(checkpointOf(step));
    const CheckpointStore reader(folder_, kRead);
    std::jthread writer([&] {
        for (std::int64_t step = kSteps; step-- > 0;) store.cutAfter(step);
    });
    std::size_t count = kSteps;
    while (count > 1) {
        const std::vector<CheckpointInfo> all = reader.list();
        for (const CheckpointInfo& info : all) QVERIFY2(info.isComplete(), info.problem.c_str());
        count = all.size();
    }
}

void TestCheckpointStore::readersCannotChangeAnything() {
    CheckpointStore(folder_, kWrite).save(checkpointOf(1));
    CheckpointStore reader(folder_, kRead);
    QVERIFY_THROWS_EXCEPTION(TrainingError, reader.save(checkpointOf(2)));
    QVERIFY_THROWS_EXCEPTION(TrainingError, reader.cutAfter(0));
    QVERIFY_THROWS_EXCEPTION(TrainingError, reader.thin({}));
    QVERIFY_THROWS_EXCEPTION(TrainingError, reader.pin(1));
    QCOMPARE(completeSteps(reader), Steps{1});
}

void TestCheckpointStore::fullDiskLeavesTheFormerOnes() {
    const fs::path disk = temporary_->filePath(QStringLiteral("disk")).toStdString();
    makeFolder(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
        QSKIP(qPrintable(QStringLiteral("mounting a small disk is not allowed here: %1").arg(QString::fromLocal8Bit(std::strerror(errno)))));
    const auto unmount = qScopeGuard([&] { ::umount2(disk.c_str(), MNT_DETACH); });
    CheckpointStore store(disk / "checkpoints", kWrite);
    store.save(checkpointOf(1, 100'000));
    try {
        store.save(checkpointOf(2, 300'000));
        QFAIL("a full disk must be an error");
    } catch (const FileError& error) {
        const QString words = QString::fromUtf8(error.what());
        QVERIFY2(words.contains(QStringLiteral("No space left")) && words.contains(QStringLiteral("free some space")), error.what());
    }
    QCOMPARE(std::distance(fs::directory_iterator(disk / "checkpoints"), fs::directory_iterator()), std::ptrdiff_t(1));
    QVERIFY(holdsStep(store.load(1), 1));
    store.save(checkpointOf(2, 100'000));  // goes on when there is room
    QCOMPARE(store.newestComplete(), std::optional<std::int64_t>(2));

    QCOMPARE(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
    QVERIFY_THROWS_EXCEPTION(FileError, store.save(checkpointOf(3)));
    QVERIFY(holdsStep(store.load(2), 2));
}

void TestCheckpointStore::killedAtAnyInstantTheNewestLoads() {
    const int kills = qEnvironmentVariableIsSet("MASKSCOPE_LONG") ? 400 : 20;
    const quint32 seed = qEnvironmentVariableIsSet("MASKSCOPE_TEST_SEED") ? qEnvironmentVariable("MASKSCOPE_TEST_SEED").toUInt()
                                                                          : QRandomGenerator::global()->generate();
    qInfo("seed %u (MASKSCOPE_TEST_SEED repeats it)", seed);
    QRandomGenerator random(seed);
    std::int64_t newest = 0;
    { CheckpointStore(folder_, kWrite).save(checkpointOf(0)); }
    for (int kill = 0; kill < kills || newest == 0; ++kill) {  // on a busy machine the first ones may all come before a second save
        QVERIFY2(kill < 20 * kills, "no checkpoint was saved in time");
        const int latestMicroseconds = 40'000 * (1 + kill / kills);
        const pid_t child = ::fork();
        if (child == 0) {
            CheckpointStore store(folder_, kWrite);
            for (std::int64_t step = newest;; ++step) {  // the first one replaces the newest
                store.save(checkpointOf(step));
                store.thin({.recent = 2});
            }
        }
        ::usleep(static_cast<useconds_t>(random.bounded(200, latestMicroseconds)));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const CheckpointStore store(folder_, kRead);
        const auto found = store.newestComplete();
        QVERIFY(found.has_value() && *found >= newest);
        QCOMPARE(store.list().back().step, *found);  // whatever has its name is whole
        QVERIFY(holdsStep(store.load(*found), *found));
        QVERIFY(holdsStep(store.load(0), 0));
        newest = *found;
    }
}

MASKSCOPE_TEST(TestCheckpointStore)
#include "tst_checkpoint_store.moc"
