#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// What a model shows: reconstruct, attention, probe; and masks alone.
class TestPictures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void reconstructWritesFivePictures_data();
    void reconstructWritesFivePictures();
    void reconstructDependsOnMaskSeedAndStep();
    void leaksAreLabelledAndOnlyOnDemand();
    void sameStemsDoNotOverwrite();
    void corruptImagesDoNotStopTheOthers();
    void wrongReconstructionsAreRefused_data();
    void wrongReconstructionsAreRefused();
    void attentionAnswers_data();
    void attentionAnswers();
    void attentionNamesTheRange_data();
    void attentionNamesTheRange();
    void probesMeasure_data();
    void probesMeasure();
    void probesRefuse_data();
    void probesRefuse();
    void maskCountsAreExact_data();
    void maskCountsAreExact();
    void maskFilesRepeat();
    void maskPreviewIsAPicture();
    void wrongMasksAreRefused_data();
    void wrongMasksAreRefused();

private:
    static QStringList files(const QString& folder) { return QDir(folder).entryList(QDir::Files, QDir::Name); }
    QTemporaryDir folder_;
    QString run_;
};

void TestPictures::initTestCase() {
    run_ = folder_.filePath("run");
    QCOMPARE(runCli(trainArguments(run_, {"encoder.depth=2"})).status, 0);
    QVERIFY(writeFile(folder_.filePath("half.pgm"), "P5\n8 8\n255\n" + QByteArray(32, '\xff') + QByteArray(32, '\0')));
}

void TestPictures::reconstructWritesFivePictures_data() {
    QTest::addColumn<QString>("picture");
    QTest::addColumn<QStringList>("more");
    QTest::newRow("the recipe's mask") << onePicture() << QStringList();
    QTest::newRow("a mask with settings") << onePicture() << QStringList{"--mask", "block:ratio=0.5"};
    QTest::newRow("a painted mask") << onePicture() << QStringList{"--mask-image", folder_.filePath("half.pgm")};
    QTest::newRow("an earlier step") << onePicture() << QStringList{"--step", "0"};
    const QString grey = folder_.filePath("grey.pgm"), wide = folder_.filePath("a b \u00fc.ppm"), dot = folder_.filePath("dot.pgm");
    QVERIFY(writeFile(grey, plainPicture(50, 20, 1)) && writeFile(wide, plainPicture(700, 3, 3)) && writeFile(dot, plainPicture(1, 1, 1)));
    QTest::newRow("a grey picture") << grey << QStringList();
    QTest::newRow("a wide picture with a blank in its name") << wide << QStringList();
    QTest::newRow("one pixel") << dot << QStringList();
}

void TestPictures::reconstructWritesFivePictures() {
    QFETCH(QString, picture);
    QFETCH(QStringList, more);
    const QString out = folder_.filePath("out-" + QString::number(qHash(picture + more.join(' '))));
    const Outcome outcome = runCli(QStringList{"reconstruct", "--run", run_, "--image", picture, "--out", out, "--json"} + more);
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QString stem = QFileInfo(picture).completeBaseName();
    QStringList expected;
    for (const char* name : {"composite", "error", "input", "masked", "reconstruction"}) expected << stem + '-' + QLatin1String(name) + ".png";
    QCOMPARE(files(out), expected);
    for (const QString& name : expected) QVERIFY2(isPng(out + '/' + name), qPrintable(name));
    QCOMPARE(outcome.lastObject()["files"].toArray().size(), qsizetype(5));
    QVERIFY(outcome.lastObject()["hidden_loss"].toDouble() > 0.0);
    QVERIFY(contentOf(out + '/' + stem + "-masked.png") != contentOf(out + '/' + stem + "-input.png"));
}

void TestPictures::reconstructDependsOnMaskSeedAndStep() {
    QHash<QString, QByteArray> masked, painted;
    const auto draw = [&](const QString& name, const QStringList& more) {
        const QString out = folder_.filePath("depends-" + name);
        QCOMPARE(runCli(QStringList{"reconstruct", "--run", run_, "--image", onePicture(), "--out", out} + more).status, 0);
        masked[name] = contentOf(out + "/0000-masked.png");
        painted[name] = contentOf(out + "/0000-reconstruction.png");
    };
    draw("first", {"--seed", "1"});
    draw("again", {"--seed", "1"});
    draw("seed", {"--seed", "2"});
    draw("step", {"--seed", "1", "--step", "0"});
    draw("block", {"--seed", "1", "--mask", "block"});
    QVERIFY(!masked["first"].isEmpty());
    QVERIFY(masked["first"] == masked["again"] && painted["first"] == painted["again"]);
    QVERIFY(masked["first"] != masked["seed"] && masked["first"] != masked["block"]);
    QVERIFY(masked["first"] == masked["step"] && painted["first"] != painted["step"]);
}

void TestPictures::leaksAreLabelledAndOnlyOnDemand() {
    const QString normalised = folder_.filePath("normalised");
    QCOMPARE(runCli(trainArguments(normalised, {"objective.target.normalize=true"})).status, 0);
    const auto leaks = [&](const QString& run, const QStringList& more) {
        const QString out = folder_.filePath("leaks-" + QString::number(qHash(run + more.join(' '))));
        if (runCli(QStringList{"reconstruct", "--run", run, "--image", onePicture(), "--out", out} + more).status != 0) return QStringList{"failed"};
        return files(out).filter("LEAKS") + QStringList{QString::number(files(out).size())};
    };
    QCOMPARE(leaks(normalised, {"--leaks"}), (QStringList{"0000-composite-LEAKS.png", "6"}));
    QCOMPARE(leaks(normalised, {}), QStringList{"5"});
    QCOMPARE(leaks(run_, {"--leaks"}), QStringList{"5"});
}

void TestPictures::sameStemsDoNotOverwrite() {
    const QString out = folder_.filePath("stems");
    const Outcome outcome = runCli({"reconstruct", "--run", run_, "--out", out, "--json", "--image", onePicture(), pictures("train/disc/0000.png")});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(files(out).size(), qsizetype(10));
    QSet<QString> named;
    for (const QJsonDocument& line : outcome.json())
        for (const QJsonValue& file : line.object()["files"].toArray()) named << file.toString();
    QCOMPARE(named.size(), qsizetype(10));
}

void TestPictures::corruptImagesDoNotStopTheOthers() {
    const QString out = folder_.filePath("others"), bad = folder_.filePath("letter.png");
    QVERIFY(writeFile(bad, "Dear reader"));
    const Outcome outcome =
        runCli({"reconstruct", "--run", run_, "--out", out, "--json", "--image", folder_.filePath("missing.png"), bad, folder_.path(), onePicture()});
    QCOMPARE(outcome.status, 2);
    const QStringList errors = outcome.lines(outcome.err).filter("error: ");
    QCOMPARE(errors.size(), qsizetype(3));
    QVERIFY(errors[0].contains("missing.png: cannot open") && errors[1].contains("letter.png: not a picture") &&
            errors[2].contains("is a folder, expected a file"));
    QCOMPARE(files(out).size(), qsizetype(5));
}

void TestPictures::wrongReconstructionsAreRefused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    QVERIFY(writeFile(folder_.filePath("white.pgm"), "P5\n8 8\n255\n" + QByteArray(64, '\xff')));
    const QStringList run{"--run", run_, "--image", onePicture()};
    QTest::newRow("no run and no model") << QStringList{"--image", onePicture()} << "needs --run RUN";
    QTest::newRow("a model that is not there") << QStringList{"--model", "/nonexistent", "--image", onePicture()}
                                               << "/nonexistent: there is no such file or folder";
    QTest::newRow("a run that is not there") << QStringList{"--run", "/nonexistent", "--image", onePicture()}
                                             << "/nonexistent: there is no such folder";
    QTest::newRow("a folder that is no run") << QStringList{"--run", pictures("train"), "--image", onePicture()} << "run.toml is missing";
    QTest::newRow("a step without a checkpoint") << run + QStringList{"--step", "5"} << "there is no checkpoint of step 5; there are 0, 3, 6, 9, 12";
    QTest::newRow("an unknown mask") << run + QStringList{"--mask", "blok"} << "did you mean 'block'?";
    QTest::newRow("a mask's unknown setting") << run + QStringList{"--mask", "block:ration=0.5"}
                                              << "block:ration=0.5: mask.ration is not a parameter of mask 'block'; did you mean 'ratio'?";
    QTest::newRow("a ratio of 1") << run + QStringList{"--mask", "random:ratio=1"} << "is 1, expected 0 < x < 1";
    QTest::newRow("a setting without a value") << run + QStringList{"--mask", "random:ratio"} << "'ratio' is no setting, expected NAME:key=value";
    QTest::newRow("a mask picture that is not there") << run + QStringList{"--mask-image", "/nonexistent.png"} << "/nonexistent.png: cannot open";
    QTest::newRow("a mask picture that hides all") << run + QStringList{"--mask-image", folder_.filePath("white.pgm")} << "hides 64 of the 64 tokens";
    QTest::newRow("two masks") << run + QStringList{"--mask", "random", "--mask-image", folder_.filePath("half.pgm")} << "exclude each other";
}

void TestPictures::wrongReconstructionsAreRefused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const QString out = folder_.filePath("refused");
    const Outcome outcome = runCli(QStringList{"reconstruct", "--out", out} + arguments);
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestPictures::attentionAnswers_data() {
    QTest::addColumn<QStringList>("more");
    QTest::newRow("the class token, last layer, all heads") << QStringList();
    QTest::newRow("one head of the first layer") << QStringList{"--layer", "0", "--head", "1"};
    QTest::newRow("a patch that looks") << QStringList{"--query", "7,0"};
    QTest::newRow("through all layers") << QStringList{"--rollout"};
}

void TestPictures::attentionAnswers() {
    QFETCH(QStringList, more);
    const QString out = folder_.filePath("attention.png");
    QFile::remove(out);
    const Outcome outcome = runCli(QStringList{"attention", "--run", run_, "--image", onePicture(), "--out", out, "--json"} + more);
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QVERIFY(isPng(out));
    const QJsonArray map = outcome.lastObject()["map"].toArray();
    QCOMPARE(map.size(), qsizetype(64));
    QCOMPARE(outcome.lastObject()["grid"].toArray(), (QJsonArray{8, 8}));
    double sum = 0.0;
    for (const QJsonValue& value : map) {
        QVERIFY(value.toDouble(-1.0) >= 0.0);
        sum += value.toDouble();
    }
    QVERIFY2(sum > 0.3 && sum < 1.0, qPrintable(QString::number(sum)));  // the class token has the rest
}

void TestPictures::attentionNamesTheRange_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("words");
    QTest::newRow("layer") << QStringList{"--layer", "2"} << "layer 2 does not exist; there are 2, counted from 0";
    QTest::newRow("layer below zero") << QStringList{"--layer", "-1"} << "layer -1 does not exist";
    QTest::newRow("head") << QStringList{"--head", "2"} << "head 2 does not exist; there are 2, counted from 0";
    QTest::newRow("head that is no number") << QStringList{"--head", "big"} << "--head big: expected a number or 'mean'";
    QTest::newRow("query") << QStringList{"--query", "8,0"} << "outside the patch grid of 8 rows and 8 columns";
    QTest::newRow("half a query") << QStringList{"--query", "8"} << "expected ROW,COLUMN";
    QTest::newRow("rollout of one layer") << QStringList{"--rollout", "--layer", "0"} << "excludes";
}

void TestPictures::attentionNamesTheRange() {
    QFETCH(QStringList, more);
    QFETCH(QString, words);
    const QString out = folder_.filePath("no-attention.png");
    const Outcome outcome = runCli(QStringList{"attention", "--run", run_, "--image", onePicture(), "--out", out} + more);
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestPictures::probesMeasure_data() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("neighbours") << "knn";
    QTest::newRow("a linear classifier") << "linear";
}

void TestPictures::probesMeasure() {
    QFETCH(QString, kind);
    // Tested on what it learned from, a probe of any features is far above chance (0.1).
    const Outcome outcome = runCli({"probe", run_, "--data", pictures("train"), "--val", pictures("train"), "--kind", kind, "--k", "1", "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject report = outcome.lastObject();
    QCOMPARE(report["kind"].toString(), kind);
    for (const char* key : {"accuracy", "random_init_accuracy"}) QVERIFY2(report[QLatin1String(key)].toDouble() > 0.4, outcome.told().constData());
    QCOMPARE(report["classes"].toInt(), 10);
    const QJsonObject split = runCli({"probe", run_, "--data", pictures("train"), "--kind", kind, "--json"}).lastObject();
    QCOMPARE(split["train_images"].toInt(), 32);
    QCOMPARE(split["test_images"].toInt(), 8);
}

void TestPictures::probesRefuse_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("words");
    QTest::newRow("finetune") << QStringList{"--data", pictures("train"), "--kind", "finetune"} << "--kind finetune is not available";
    QTest::newRow("an unknown kind") << QStringList{"--data", pictures("train"), "--kind", "magic"} << "magic";
    QTest::newRow("no classes") << QStringList{"--data", pictures("train/disc")} << "a probe needs two classes or more";
    QTest::newRow("no data") << QStringList{"--data", "/nonexistent"} << "/nonexistent: there is no such file or folder";
    QTest::newRow("other classes to test on") << QStringList{"--data", pictures("train"), "--val", folder_.filePath("classes")}
                                              << "class 'zebra' does not occur in the training data";
    QVERIFY(writeFile(folder_.filePath("classes/zebra/1.ppm"), plainPicture(8, 8, 3)) &&
            writeFile(folder_.filePath("classes/disc/1.ppm"), plainPicture(8, 8, 3)));
}

void TestPictures::probesRefuse() {
    QFETCH(QStringList, more);
    QFETCH(QString, words);
    const Outcome outcome = runCli(QStringList{"probe", run_} + more);
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
}

void TestPictures::maskCountsAreExact_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<QString>("grid");
    QTest::addColumn<double>("ratio");
    for (const char* strategy : {"random", "block"})
        for (const char* grid : {"14x14", "7x3", "8x4x4", "50"})
            for (const double ratio : {0.1, 0.75}) {
                if (qstrcmp(strategy, "block") == 0 && qstrcmp(grid, "50") == 0) continue;
                QTest::addRow("%s of %s, %g hidden", strategy, grid, ratio) << strategy << grid << ratio;
            }
}

void TestPictures::maskCountsAreExact() {
    QFETCH(QString, strategy);
    QFETCH(QString, grid);
    QFETCH(double, ratio);
    const QString out = folder_.filePath("masks.safetensors");
    const Outcome outcome = runCli({"mask", strategy, "--grid", grid, "--ratio", QString::number(ratio), "--count", "5", "--out", out, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    qint64 tokens = 1;
    for (const QString& side : grid.split('x')) tokens *= side.toInt();
    // A block reaches through all frames: the count is exact in each of them.
    const qint64 frames = strategy == "block" && grid.count('x') == 2 ? grid.section('x', 0, 0).toInt() : 1;
    const qint64 expected = frames * std::lround(ratio * static_cast<double>(tokens / frames));
    // 8 bytes of header length, JSON, values
    const QByteArray content = contentOf(out);
    quint64 length = 0;
    memcpy(&length, content.constData(), sizeof(length));
    const QJsonObject entry = QJsonDocument::fromJson(content.mid(8, static_cast<qsizetype>(length))).object()["mask"].toObject();
    QCOMPARE(entry["dtype"].toString(), QStringLiteral("U8"));
    QCOMPARE(entry["shape"].toArray(), (QJsonArray{5, tokens}));
    const QByteArray values = content.mid(8 + static_cast<qsizetype>(length) + entry["data_offsets"].toArray()[0].toInteger(), 5 * tokens);
    QCOMPARE(values.size(), 5 * tokens);
    for (qsizetype row = 0; row < 5; ++row) {
        const QByteArray mask = values.mid(row * tokens, tokens);
        QCOMPARE(qint64(mask.count('\x01')), expected);
        QCOMPARE(mask.count('\x01') + mask.count('\0'), tokens);
    }
    QVERIFY(values.first(tokens) != values.last(tokens) || tokens / frames < 25);  // few tokens have few masks
}

void TestPictures::maskFilesRepeat() {
    QHash<QString, QByteArray> files;
    for (const auto& [name, seed] : {std::pair{"a", "1"}, {"b", "1"}, {"c", "2"}}) {
        const QString out = folder_.filePath(name);
        QCOMPARE(runCli({"mask", "block", "--grid", "14x14", "--count", "3", "--seed", seed, "--out", out}).status, 0);
        files[name] = contentOf(out);
    }
    QVERIFY(!files["a"].isEmpty() && files["a"] == files["b"]);
    const qsizetype tail = qsizetype{3} * 14 * 14;
    QVERIFY(files["a"].last(tail) != files["c"].last(tail));
}

void TestPictures::maskPreviewIsAPicture() {
    const QString plain = folder_.filePath("plain.png"), over = folder_.filePath("over.png");
    QCOMPARE(runCli({"mask", "random", "--grid", "8x8", "--count", "9", "--preview", plain}).status, 0);
    QCOMPARE(runCli({"mask", "random", "--grid", "8x8", "--count", "9", "--preview", over, "--image", onePicture()}).status, 0);
    QVERIFY(isPng(plain) && isPng(over) && contentOf(plain) != contentOf(over));
    const Outcome outcome = runCli({"mask", "random", "--grid", "4x6", "--ratio", "0.5"});
    QCOMPARE(outcome.out.count('#'), qsizetype(12));
    QCOMPARE(outcome.out.count('.'), qsizetype(12));
}

void TestPictures::wrongMasksAreRefused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    QTest::newRow("an unknown strategy") << QStringList{"blok", "--grid", "8x8"} << "did you mean 'block'?";
    QTest::newRow("ratio 0") << QStringList{"random", "--grid", "8x8", "--ratio", "0"} << "mask.ratio of mask 'random' is 0, expected 0 < x < 1";
    QTest::newRow("ratio 1") << QStringList{"random", "--grid", "8x8", "--ratio", "1"} << "is 1, expected 0 < x < 1";
    QTest::newRow("ratio 1.5") << QStringList{"block", "--grid", "8x8", "--ratio", "1.5"} << "is 1.5, expected 0 < x < 1";
    QTest::newRow("ratio nan") << QStringList{"block", "--grid", "8x8", "--ratio", "nan"} << "expected 0 < x < 1";
    QTest::newRow("four sides") << QStringList{"random", "--grid", "2x2x2x2"} << "has 4 sides, expected one to three";
    QTest::newRow("a side of 0") << QStringList{"random", "--grid", "0x8"} << "whole numbers from 1 to 4096";
    QTest::newRow("words for a grid") << QStringList{"random", "--grid", "big"} << "whole numbers from 1 to 4096";
    QTest::newRow("no masks") << QStringList{"random", "--grid", "8x8", "--count", "0"} << "0";
    QTest::newRow("an unknown setting") << QStringList{"random", "--grid", "8x8", "--set", "unti=2"} << "did you mean 'unit'?";
    QTest::newRow("a setting without a value") << QStringList{"random", "--grid", "8x8", "--set", "unit"} << "expected key=value";
    QTest::newRow("a picture that is not there") << QStringList{"random", "--grid", "8x8", "--image", "/nonexistent.png", "--preview", "x.png"}
                                                 << "/nonexistent.png: cannot open";
    QTest::newRow("no grid") << QStringList{"random"} << "--grid is required";
}

void TestPictures::wrongMasksAreRefused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const QString out = folder_.filePath("refused.safetensors");
    const Outcome outcome = runCli(QStringList{"mask"} + arguments + QStringList{"--out", out}, folder_.path());
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.problem().contains(words), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(folder_.filePath("x.png")) && !QFileInfo::exists(out));
}

MASKSCOPE_TEST(TestPictures)
#include "tst_pictures.moc"
