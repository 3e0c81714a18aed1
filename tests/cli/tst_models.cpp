#include <QtTest>

#include <QDirIterator>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

namespace {

QString caseFolder(const QString& name) { return qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/tests/parity/" + name; }

const QStringList kDecoderSizes =
    settings({"objective.head.width=16", "objective.head.heads=2", "train.steps=6", "train.batch=8", "train.threads=1"});

}  // namespace

/// Checkpoints of other programs on the command line, and runs given to other programs.
class TestModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void forwardWritesTheOutputs();
    void wrongQuestionsAreRefused_data();
    void wrongQuestionsAreRefused();
    void inspectShowsTheCard();
    void modelsReconstruct();
    void modelsShowAttention();
    void modelsAreProbed();
    void exportsOpenAgain_data();
    void exportsOpenAgain();
    void exportsOpenElsewhere_data();
    void exportsOpenElsewhere();
    void exportsKeepOtherFolders();
    void anEncoderGetsADecoder_data();
    void anEncoderGetsADecoder();
    void aDecoderNeedsAnEncoder();

private:
    QString exportedRun(const QString& recipe);

    QTemporaryDir folder_;
    QString run_;
};

void TestModels::initTestCase() {
    run_ = folder_.filePath("run");
    QCOMPARE(runCli(trainArguments(run_, {"encoder.depth=2"})).status, 0);
}

void TestModels::forwardWritesTheOutputs() {
    const QString from = caseFolder("vit_mae_1_base"), out = folder_.filePath("forward.safetensors");
    const Outcome outcome = runCli({"forward", "--model", from + "/model", "--inputs", from + "/inputs.safetensors", "--outputs", out, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject outputs = outcome.lastObject()["outputs"].toObject();
    QCOMPARE(outcome.lastObject()["family"].toString(), QString("vit_mae"));
    QCOMPARE(outputs["logits"].toArray(), (QJsonArray{2, 16, 192}));
    QVERIFY(outputs.contains("loss") && outputs.contains("ids_restore") && outputs.contains("attentions.1"));
    QVERIFY(QFile::exists(out));
}

void TestModels::wrongQuestionsAreRefused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("problem");
    const QString vit = caseFolder("vit_1_nonsquare"), mae = caseFolder("vit_mae_1_base"), out = folder_.filePath("refused");
    QTest::newRow("inputs of another model") << QStringList{"forward",   "--model", vit + "/model", "--inputs", mae + "/inputs.safetensors",
                                                            "--outputs", out}
                                             << "pixel_values";
    QTest::newRow("no such folder") << QStringList{"forward", "--model", vit + "/nothing", "--inputs", mae + "/inputs.safetensors", "--outputs", out}
                                    << "no such file or folder";
    QTest::newRow("a folder without weights") << QStringList{"forward", "--model", vit, "--inputs", vit + "/inputs.safetensors", "--outputs", out}
                                              << "model.safetensors";
    QTest::newRow("no decoder") << QStringList{"reconstruct", "--model", vit + "/model", "--image", onePicture(), "--out", out} << "";
    QTest::newRow("a size in words") << QStringList{"attention", "--model", vit + "/model", "--size", "large", "--image", onePicture(), "--out", out}
                                     << "HEIGHTxWIDTH";
    QTest::newRow("a size without a model") << QStringList{"attention", "--run", run_, "--size", "32x32", "--image", onePicture(), "--out", out}
                                            << "--model";
    QTest::newRow("a run and a model") << QStringList{"attention", "--run", run_, "--model", vit + "/model", "--image", onePicture(), "--out", out}
                                       << "--run";
    QTest::newRow("neither run nor model") << QStringList{"attention", "--image", onePicture(), "--out", out} << "--model";
    QTest::newRow("an export of a model") << QStringList{"export", vit + "/model", "--format", "hf", "--out", out} << "run";
    QTest::newRow("an unknown format") << QStringList{"export", run_, "--format", "onnx", "--out", out} << "onnx";
}

void TestModels::wrongQuestionsAreRefused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, problem);
    const Outcome outcome = runCli(arguments);
    QVERIFY2(outcome.status != 0 && !outcome.problem().isEmpty() && outcome.problem().contains(problem), outcome.told().constData());
    QVERIFY(!QFileInfo::exists(folder_.filePath("refused")));
}

void TestModels::inspectShowsTheCard() {
    const Outcome outcome = runCli({"inspect", caseFolder("vit_mae_2_normpix_gray") + "/model", "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const QJsonObject card = outcome.lastObject()["card"].toObject(), facts = card["facts"].toObject();
    QCOMPARE(card["family"].toString(), QString("vit_mae"));
    QCOMPARE(card["parameters"].toInt(), outcome.lastObject()["parameters"].toInt());
    QVERIFY(facts["Mask"].toString().contains("60 %"));
    QVERIFY(facts["Target"].toString().contains("normalised"));
    QVERIFY(facts["Input"].toString().contains("48 x 48") && facts["Input"].toString().contains("1 channel"));
    const Outcome plain = runCli({"inspect", caseFolder("vit_mae_2_normpix_gray") + "/model"});
    QVERIFY(plain.out.contains("Decoder: 2 blocks of width 16") && plain.out.contains("+ It reconstructs"));
}

void TestModels::modelsReconstruct() {
    const QString out = folder_.filePath("reconstructed");
    for (const QStringList& more : {QStringList(), QStringList{"--size", "48x64"}}) {
        const Outcome outcome = runCli(
            QStringList{"reconstruct", "--model", caseFolder("vit_mae_1_base") + "/model", "--image", onePicture(), "--out", out, "--json"} + more);
        QVERIFY2(outcome.status == 0, outcome.told().constData());
        QCOMPARE(outcome.lastObject()["files"].toArray().size(), qsizetype(5));
        QVERIFY(outcome.lastObject()["hidden_loss"].toDouble() > 0.0 && outcome.lastObject()["step"].isNull());
    }
}

void TestModels::modelsShowAttention() {
    const QString out = folder_.filePath("attention.png");
    const Outcome outcome = runCli({"attention", "--model", caseFolder("clip_vision_1_quickgelu") + "/model", "--size", "40x32", "--image",
                                    onePicture(), "--out", out, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lastObject()["grid"].toArray(), (QJsonArray{5, 4}));
    QVERIFY(isPng(out));
}

void TestModels::modelsAreProbed() {
    const QString data = folder_.filePath("classes");
    for (int i = 0; i < 8; ++i)
        for (const char* name : {"dark", "bright"}) {
            QVERIFY(QDir().mkpath(data + '/' + name));
            const char level = static_cast<char>(name[0] == 'd' ? 10 + i : 240 + i);
            QVERIFY(writeFile(QString("%1/%2/%3.ppm").arg(data, name).arg(i), "P6\n8 8\n255\n" + QByteArray(8 * 8 * 3, level)));
        }
    const Outcome outcome = runCli({"probe", "--model", caseFolder("clip_vision_1_quickgelu") + "/model", "--data", data, "--k", "3", "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    QCOMPARE(outcome.lastObject()["accuracy"].toDouble(), 1.0);
    QVERIFY(outcome.lastObject()["step"].isNull());
}

void TestModels::exportsOpenAgain_data() {
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("family");
    QTest::newRow("Hugging Face") << "hf"
                                  << "vit_mae";
    QTest::newRow("timm") << "timm"
                          << "timm_vit";
}

void TestModels::exportsOpenAgain() {
    QFETCH(QString, format);
    QFETCH(QString, family);
    const QString out = folder_.filePath("again-" + format);
    const Outcome outcome = runCli({"export", run_, "--format", format, "--out", out, "--json"});
    QVERIFY2(outcome.status == 0, outcome.told().constData());
    const Outcome inspected = runCli({"inspect", out, "--json"});
    const QJsonObject card = inspected.lastObject()["card"].toObject();
    QVERIFY2(card["family"].toString() == family, inspected.told().constData());
    QVERIFY(card["unexpected"].toArray().isEmpty());
    const QByteArray readme = contentOf(out + "/README.md");
    QVERIFY(readme.contains("## Training") && readme.contains("- steps: ") && readme.contains("- data: ") && readme.contains("metrics.csv"));
    // The same picture, through the run and through what was made of it.
    const auto mapOf = [&](const QStringList& model) {
        const Outcome shown = runCli(QStringList{"attention", "--image", onePicture(), "--out", folder_.filePath("map.png"), "--json"} + model);
        return shown.lastObject()["map"].toArray();
    };
    const QJsonArray own = mapOf({"--run", run_}), opened = mapOf({"--model", out});
    QVERIFY(!own.isEmpty() && own.size() == opened.size());
    for (qsizetype i = 0; i < own.size(); ++i) QVERIFY(qAbs(own[i].toDouble() - opened[i].toDouble()) < 1e-5);
}

void TestModels::exportsOpenElsewhere_data() {
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("className");
    QTest::newRow("MAE in Hugging Face") << "mae"
                                         << "hf"
                                         << "ViTMAEForPreTraining";
    QTest::newRow("MAE in timm") << "mae"
                                 << "timm"
                                 << "VisionTransformer";
    QTest::newRow("SimMIM in Hugging Face") << "simmim"
                                            << "hf"
                                            << "ViTForMaskedImageModeling";
    QTest::newRow("SimMIM in timm") << "simmim"
                                    << "timm"
                                    << "VisionTransformer";
    QTest::newRow("BERT in Hugging Face") << "bert"
                                          << "hf"
                                          << "BertForMaskedLM";
}

/// A tiny run of a recipe, in the form that other programs can hold whole.
QString TestModels::exportedRun(const QString& recipe) {
    if (recipe == "mae") return run_;
    const QString run = folder_.filePath("run-" + recipe), words = folder_.filePath("words.txt");
    if (QFile::exists(run)) return run;
    const QByteArray line = "the king sees the sea and the sailor forgets the crown.\n";
    if (!writeFile(words, line.repeated(200))) return {};
    const QString common = "encoder.width=16 encoder.depth=2 encoder.heads=2 train.steps=4 train.batch=8 train.schedule.warmup=2 train.threads=1";
    const QString own =
        recipe == "bert" ? QString(" input.vocabulary=290 input.length=16") : QString(" encoder.cls=true objective.target.normalize=false");
    const Outcome trained = runCli(QStringList{"train", recipe, "--data", recipe == "bert" ? words : pictures("train"), "--out", run} +
                                   settings((common + own).split(' ')));
    return trained.status == 0 ? run : QString();
}

/// The programs themselves open the folder, run it, and write inputs and outputs; `forward` repeats them.
void TestModels::exportsOpenElsewhere() {
    QFETCH(QString, recipe);
    QFETCH(QString, format);
    QFETCH(QString, className);
    const QString dependencies = qEnvironmentVariable("MASKSCOPE_DEPS_DIR", qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/.deps");
    const QString python = dependencies + "/reference/python";
    if (!QFile::exists(python)) QSKIP("transformers and timm are not there; packaging/reference.sh fetches them");
    const QString out = folder_.filePath("elsewhere-" + recipe + format), answers = folder_.filePath("answers-" + recipe + format);
    QVERIFY(QDir().mkpath(answers));
    const Outcome written = runCli({"export", exportedRun(recipe), "--format", format, "--out", out});
    QVERIFY2(written.status == 0, written.told().constData());
    QVERIFY2(contentOf(out + "/README.md").contains(className.toUtf8()), contentOf(out + "/README.md").constData());
    QProcess reference;
    reference.start(python, {qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/tests/cli/open_export.py", format, out, answers});
    QVERIFY(reference.waitForFinished(kPatienceMs));
    const QByteArray told = reference.readAllStandardError();
    QVERIFY2(reference.exitStatus() == QProcess::NormalExit && reference.exitCode() == 0, told.constData());
    const Outcome repeated =
        runCli({"forward", "--model", out, "--inputs", answers + "/inputs.safetensors", "--outputs", answers + "/ours.safetensors"});
    QVERIFY2(repeated.status == 0, repeated.told().constData());
    reference.start(python, {qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/tests/cli/open_export.py", "compare", answers});
    QVERIFY(reference.waitForFinished(kPatienceMs));
    QVERIFY2(reference.exitCode() == 0, (reference.readAllStandardOutput() + reference.readAllStandardError()).constData());
}

void TestModels::exportsKeepOtherFolders() {
    const QString out = folder_.filePath("kept");
    QVERIFY(QDir().mkpath(out) && writeFile(out + "/mine.txt", "mine"));
    const Outcome outcome = runCli({"export", run_, "--format", "safetensors", "--out", out});
    QVERIFY2(outcome.status == 2 && outcome.problem().contains("not empty"), outcome.told().constData());
    const Outcome own = runCli({"export", run_, "--format", "safetensors", "--out", folder_.filePath("own"), "--json"});
    QVERIFY2(own.status == 0, own.told().constData());
    QVERIFY(QFile::exists(folder_.filePath("own/recipe.toml")) && QFile::exists(folder_.filePath("own/model.safetensors")));
}

void TestModels::anEncoderGetsADecoder_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("corruption");
    QTest::newRow("CLIP") << "clip_vision_1_quickgelu"
                          << "drop";
    QTest::newRow("Swin, whose windows need every patch") << "swin_small"
                                                          << "zero";
    QTest::newRow("ConvNeXt V2") << "timm_convnextv2_small"
                                 << "drop";
    QTest::newRow("Hiera") << "hiera_small"
                           << "drop";
}
void TestModels::anEncoderGetsADecoder() {
    QFETCH(QString, name);
    QFETCH(QString, corruption);
    const QString run = folder_.filePath("decoder-" + name), out = folder_.filePath("decoded-" + name);
    const QString model = caseFolder(name) + "/model";
    const Outcome trained =
        runCli(QStringList{"train", "decoder", "--model", model, "--data", pictures("train"), "--out", run, "--json"} + kDecoderSizes);
    QVERIFY2(trained.status == 0, trained.told().constData());
    QVERIFY(trained.lastObject()["steps"].toInt() == 6 && trained.lastObject()["skill"].isDouble());
    QVERIFY2(contentOf(run + "/run.toml").contains("kind = \"" + corruption.toUtf8() + "\""), contentOf(run + "/run.toml").constData());
    const Outcome drawn = runCli({"reconstruct", "--run", run, "--image", onePicture(), "--out", out, "--json"});
    QVERIFY2(drawn.status == 0 && drawn.lastObject()["files"].toArray().size() == 5, drawn.told().constData());
}

void TestModels::aDecoderNeedsAnEncoder() {
    const Outcome bare = runCli(QStringList{"train", "decoder", "--data", pictures("train"), "--out", folder_.filePath("bare")} + kDecoderSizes);
    QVERIFY2(bare.status == 2 && bare.problem().contains("--model") && !QFile::exists(folder_.filePath("bare")), bare.told().constData());
}

MASKSCOPE_TEST(TestModels)
#include "tst_models.moc"
