#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// What is wrong is said in one line, and nothing is left behind or lost.
class TestBadInput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void settingsAreRefused_data();
    void settingsAreRefused();
    void dataAreRefused_data();
    void dataAreRefused();
    void recipeFilesAreRefused_data();
    void recipeFilesAreRefused();
    void foldersAreRefused_data();
    void foldersAreRefused();
    void cutArchivesTrainOnWhatTheyHold();
    void missingDeviceIsNamed();
    void lossThatExplodesStops();
    void readOnlyFolderIsNamed();
    void readOnlyRunIsReadable();
    void fullDiskLosesNothing();

private:
    /// Exit 2, one line with the words, and no run.
    void refuses(const QStringList& arguments, const QString& words);
    QTemporaryDir folder_;
};

void TestBadInput::refuses(const QStringList& arguments, const QString& words) {
    const QString out = folder_.filePath("refused");
    const Outcome outcome = runCli(arguments + QStringList{"--out", out});
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestBadInput::settingsAreRefused_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const QString& setting, const QString& words) {
        QTest::newRow(name) << QStringList{"--set", setting} << words;
    };
    row("ratio 0", "mask.ratio=0", "--set mask.ratio: mask.ratio of mask 'random' is 0, expected 0 < x < 1");
    row("ratio 1", "mask.ratio=1", "is 1, expected 0 < x < 1");
    row("ratio 1.5", "mask.ratio=1.5", "is 1.5, expected 0 < x < 1");
    row("a ratio that is a text", "mask.ratio=much", "must be a number, found the text 'much'");
    row("no value", "mask.ratio=", "must be a number");
    row("no equals sign", "mask.ratio", "--set mask.ratio: expected key=value");
    row("no key", "=1", "expected key=value");
    row("a typing error in a key", "mask.ratoi=0.5", "mask.ratoi is not a parameter of mask 'random'; did you mean 'ratio'?");
    row("a typing error in a table", "traim.batch=4", "traim");
    row("a table that is a number", "encoder=3", "encoder must be a table");
    row("a patch that does not divide the image", "input.patch=5", "input.patch of the input is 5 x 5, which does not divide the image size 32 x 32");
    row("one patch", "input.patch=32", "leaves a single patch");
    row("heads that do not divide the width", "encoder.heads=5", "encoder.heads of encoder 'vit' is 5, expected a divisor of the width 96");
    row("an unknown encoder", "encoder.kind=vitt", "there is no encoder 'vitt'");
    row("an unknown mask", "mask.strategy=blok", "there is no mask 'blok'; did you mean 'block'?");
    row("an unknown loss", "objective.loss.kind=msee", "there is no loss 'msee'; did you mean 'mse'?");
    row("a head that cannot restore", "objective.head={kind=\"linear\"}",
        "the encoder drops hidden tokens, and head 'linear' cannot restore them; choose head 'transformer'");
    row("half a batch", "train.batch=1.5", "train.batch of training must be a whole number");
    row("no batch", "train.batch=0", "is 0, expected 1 <= x");
    row("micro-batches that do not divide the batch", "train.accumulate=7", "is 7, expected a divisor of the batch 64");
    QTest::newRow("an unknown scale") << QStringList{"--scale", "huge"} << "the recipe has no scale 'huge'; it has classroom, laptop, paper";
    QTest::newRow("an unknown device") << QStringList{"--device", "tpu"} << "--device tpu: expected auto, cpu, cuda or cuda:N";
}

void TestBadInput::settingsAreRefused() {
    QFETCH(QStringList, more);
    QFETCH(QString, words);
    refuses(QStringList{"train", "mae", "--data", pictures("train")} + more, words);
}

void TestBadInput::dataAreRefused_data() {
    QTest::addColumn<QString>("data");
    QTest::addColumn<QString>("words");
    const auto make = [this](const QString& name, const QByteArray& content) {
        const QString file = folder_.filePath("data/" + name);
        if (!writeFile(file, content)) qWarning("%s cannot be written", qPrintable(file));
        return file;
    };
    make("only/a.jpg", "Dear reader");
    make("only/b.png", "");
    QDir().mkpath(folder_.filePath("data/empty"));
    QTest::newRow("nothing there") << "/nonexistent/photos"
                                   << "/nonexistent/photos: there is no such file or folder";
    QTest::newRow("an empty folder") << folder_.filePath("data/empty") << "data/empty: empty, expected a folder";
    QTest::newRow("corrupt pictures only") << folder_.filePath("data/only") << "the first problem: " + folder_.filePath("data/only/");
    QTest::newRow("a text") << make("thesis.tex", "\\documentclass") << "thesis.tex: a file of unknown kind, expected";
    QTest::newRow("a text named .jpg") << make("letter.jpg", "Dear reader") << "letter.jpg: not a picture (it begins with 'Dear reader')";
    QTest::newRow("an empty picture") << make("nothing.png", "") << "nothing.png: empty";
    QTest::newRow("a text named .tar") << make("text.tar", "no archive") << "text.tar: not an archive that can be read";
    QTest::newRow("an empty archive") << make("zero.tar", "") << "zero.tar";
    QTest::newRow("a part of a picture") << onePicture() + "/train"
                                         << "there can be no 'train' in it";
    QTest::newRow("cut CIFAR binaries") << make("data_batch_1.bin", QByteArray(5000, 'x'))
                                        << "bytes, expected a multiple of 3073; the download is incomplete";
    QTest::newRow("a text named .npy") << make("a.npy", "text") << "a.npy";
    QTest::newRow("a text named .npz") << make("a.npz", "text") << "a.npz";
}

void TestBadInput::dataAreRefused() {
    QFETCH(QString, data);
    QFETCH(QString, words);
    if (qstrlen(QTest::currentDataTag()) % 2 == 0)  // some as training images, some as validation images
        refuses({"train", "mae", "--data", data}, words);
    else
        refuses({"train", "mae", "--data", pictures("train"), "--val", data}, words);
}

void TestBadInput::recipeFilesAreRefused_data() {
    QTest::addColumn<QByteArray>("recipe");
    QTest::addColumn<QString>("words");
    const QByteArray whole = contentOf(qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/resources/recipes/mae/mae.toml");
    const auto changed = [&](const char* from, const char* to) { return QByteArray(whole).replace(from, to); };
    const auto lineOf = [&](const char* text) { return QString::number(whole.first(whole.indexOf(text)).count('\n') + 1); };
    QVERIFY(whole.contains("ratio = 0.75"));
    QTest::newRow("a typing error") << changed("ratio = 0.75", "ratoi = 0.75")
                                    << "my.toml:" + lineOf("ratio = 0.75") +
                                           ": mask.ratoi is not a parameter of mask 'random'; did you mean 'ratio'?";
    QTest::newRow("no TOML") << QByteArray("id = \"x\"\n[mask") << "my.toml:2: not valid TOML";
    QTest::newRow("empty") << QByteArray() << "scale";
    QTest::newRow("an unknown component") << changed("strategy = \"random\"", "strategy = \"rnadom\"")
                                          << "there is no mask 'rnadom'; did you mean 'random'?";
    QTest::newRow("a newer schema") << changed("schema = 1", "schema = 2") << "this program reads schema 1; update";
    QTest::newRow("an unknown table") << whole + "\n[masks]\nratio = 1\n"
                                      << "masks";
    QTest::newRow("extends itself") << QByteArray("extends = \"my.toml\"\n") << "in a circle";
    QTest::newRow("extends nothing") << QByteArray("extends = \"mea\"\n") << "there is no recipe 'mea'; did you mean 'mae'?";
}

void TestBadInput::recipeFilesAreRefused() {
    QFETCH(QByteArray, recipe);
    QFETCH(QString, words);
    QVERIFY(writeFile(folder_.filePath("my.toml"), recipe));
    refuses({"train", folder_.filePath("my.toml"), "--data", pictures("train")}, words);
}

void TestBadInput::foldersAreRefused_data() {
    QTest::addColumn<QString>("out");
    QTest::addColumn<QString>("words");
    QVERIFY(writeFile(folder_.filePath("work/thesis.tex"), "years of work"));
    QTest::newRow("not empty") << "work"
                               << "is not empty, and no run; choose a new or empty folder";
    QTest::newRow("a file") << "work/thesis.tex"
                            << "is a file, expected a new or empty folder";
    QTest::newRow("a run") << "run"
                           << "is a run already; go on with `maskscope-cli resume";
}

void TestBadInput::foldersAreRefused() {
    QFETCH(QString, out);
    QFETCH(QString, words);
    if (out == "run") QCOMPARE(runCli(trainArguments(folder_.filePath(out))).status, 0);
    const QStringList before = listing(folder_.path());
    // Said before the data are read: these are not there.
    const Outcome outcome = runCli(QStringList{"train", "mae", "--data", "/nonexistent", "--out", folder_.filePath(out)} + tiny());
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QCOMPARE(listing(folder_.path()), before);
}

void TestBadInput::cutArchivesTrainOnWhatTheyHold() {
    const QString whole = folder_.filePath("whole.tar"), cut = folder_.filePath("cut.tar"), run = folder_.filePath("cut-run");
    QCOMPARE(QProcess::execute("tar", {"cf", whole, "-C", pictures("train"), "."}), 0);
    const QByteArray content = contentOf(whole);
    QVERIFY(writeFile(cut, content.first(content.indexOf("IDAT", content.size() / 2) + 20)));
    Outcome outcome = runCli(QStringList{"train", "mae", "--data", cut, "--out", run} + tiny());
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY2(outcome.err.contains("the archive is cut off or damaged after"), outcome.err.constData());
    QVERIFY(writeFile(cut, content.first(300)));
    refuses(QStringList{"train", "mae", "--data", cut} + tiny(), "cut.tar: not an archive that can be read");
    outcome = runCli({"inspect", whole, "--json"});
    QCOMPARE(outcome.lastObject()["images"].toInt(), 40);
}

void TestBadInput::missingDeviceIsNamed() {
    const QString out = folder_.filePath("device");
    const Outcome outcome = runCli(trainArguments(out, {}, {"--device", "cuda"}));
    if (outcome.status == 0) QSKIP("this machine has a GPU that works");
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().startsWith("--device cuda: "), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestBadInput::lossThatExplodesStops() {
    const QString run = folder_.filePath("explodes");
    const Outcome outcome =
        runCli(trainArguments(run, {"train.optimizer.lr=1e30", "train.clip=0", "train.checkpoint_every=1", "train.schedule.warmup=0"}));
    QCOMPARE(outcome.status, 1);
    const auto match =
        QRegularExpression(
            "became (NaN|infinite) at step (\\d+) .*; last finite checkpoint: step (\\d+); start again with a lower train.optimizer.lr")
            .match(outcome.problem());
    QVERIFY2(match.hasMatch(), outcome.told().constData());
    QCOMPARE(match.captured(3).toInt(), match.captured(2).toInt() - 1);
    QCOMPARE(checkpointSteps(run).last(), match.captured(3).toInt());
    QCOMPARE(metricsColumn(run, "step").size(), qsizetype(match.captured(3).toInt()));
    const QJsonObject about = runCli({"inspect", run, "--json"}).lastObject();
    QCOMPARE(about["problems"].toArray().size(), qsizetype(0));
}

void TestBadInput::readOnlyFolderIsNamed() {
    const SmallDisk disk(folder_.filePath("read-only"), "size=1m,ro");
    if (!disk.isMounted()) QSKIP("no right to mount a tmpfs here");
    const Outcome outcome = runCli(trainArguments(folder_.filePath("read-only/run")));
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().contains("read-only/run: cannot make the folder: Read-only file system; choose a folder that you may write to"),
             outcome.told().constData());
    const Outcome pictures = runCli({"mask", "random", "--grid", "4x4", "--out", folder_.filePath("read-only/m.safetensors")});
    QCOMPARE(pictures.status, 1);
    QVERIFY2(pictures.problem().contains("Read-only file system"), pictures.told().constData());
}

void TestBadInput::readOnlyRunIsReadable() {
    const SmallDisk disk(folder_.filePath("archive"), "size=20m");
    if (!disk.isMounted()) QSKIP("no right to mount a tmpfs here");
    const QString run = folder_.filePath("archive/run");
    QCOMPARE(runCli(trainArguments(run, {}, {"--steps", "6"})).status, 0);
    QVERIFY(disk.change("ro"));
    const Outcome outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().contains("run.lock: cannot lock the run: Read-only file system"), outcome.told().constData());
    QCOMPARE(runCli({"inspect", run}).status, 0);
    QCOMPARE(runCli({"reconstruct", "--run", run, "--image", onePicture(), "--out", folder_.filePath("from-archive")}).status, 0);
}

void TestBadInput::fullDiskLosesNothing() {
    const SmallDisk disk(folder_.filePath("small"), "size=1m");
    if (!disk.isMounted()) QSKIP("no right to mount a tmpfs here");
    const QString run = folder_.filePath("small/run"), whole = folder_.filePath("roomy");
    const QStringList changes{"train.steps=40", "train.checkpoint_every=1", "train.keep_recent=100", "train.snapshot_every=100"};
    Outcome outcome = runCli(trainArguments(run, changes));
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().contains("No space left on device; free some space or choose another folder, then resume"),
             outcome.told().constData());
    const QList<int> steps = checkpointSteps(run);
    QVERIFY(steps.size() >= 2 && steps.last() < 40);
    outcome = runCli({"inspect", run, "--json"});
    QVERIFY2(outcome.status == 0 && outcome.lastObject()["problems"].toArray().isEmpty(), outcome.told().constData());
    // Still full: it says so again, and still nothing is lost.
    outcome = runCli({"resume", run});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.problem().contains("No space left on device"), outcome.told().constData());
    QCOMPARE(checkpointSteps(run).last() >= steps.last(), true);
    QVERIFY(disk.change("size=40m"));
    outcome = runCli({"resume", run});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(runCli(trainArguments(whole, changes)).status, 0);
    QVERIFY(model(run, 40).size() > 1000 && model(run, 40) == model(whole, 40));
    QCOMPARE(metricsColumn(run, "loss"), metricsColumn(whole, "loss"));
}

MASKSCOPE_TEST(TestBadInput)
#include "tst_bad_input.moc"
