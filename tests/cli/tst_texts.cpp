#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

namespace {

/// Sentences of a small grammar; `mood` turns some of its words.
QByteArray sentences(int count, int mood) {
    const QList<QByteArrayList> nouns{{"king", "queen", "crown", "sword"}, {"ship", "sea", "sailor", "wind"}};
    const QByteArrayList verbs{"sees", "loves", "follows", "forgets"};
    QByteArray text;
    quint32 state = 17 + static_cast<quint32>(mood);
    const auto pick = [&](const QByteArrayList& words) {
        state = state * 1664525 + 1013904223;
        return words[static_cast<int>((state >> 16) % static_cast<quint32>(words.size()))];
    };
    for (int i = 0; i < count; ++i) text += "the " + pick(nouns[mood]) + ' ' + pick(verbs) + " the " + pick(nouns[mood]) + ".\n";
    return text;
}

/// The smallest models that are whole, for 12 steps of milliseconds.
QStringList tinyText(const QString& recipe, const QStringList& changes = {}) {
    const QString common =
        "input.vocabulary=290 input.length=16 train.steps=12 train.batch=8 train.checkpoint_every=3 train.validate_every=4 "
        "train.snapshot_every=4 train.schedule.warmup=2 train.threads=1";
    const QString sizes = recipe == "bert" ? QString("encoder.width=16 encoder.depth=1 encoder.heads=2")
                                           : QString(
                                                 "network.0.width=16 network.0.depth=1 network.0.heads=2 network.1.width=16 "
                                                 "network.1.depth=1 network.1.heads=2 objective.target.top_layers=1 objective.head.width=16");
    return settings(common.split(' ') + sizes.split(' ') + changes);
}

}  // namespace

/// Texts from files to guesses, as a user does it.
class TestTexts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aRunTrainsAndLearnsSomething_data();
    void aRunTrainsAndLearnsSomething();
    void resumeIsBitExact_data() { aRunTrainsAndLearnsSomething_data(); }
    void resumeIsBitExact();
    void hiddenTokensAreGuessed();
    void anotherMaskMayHide();
    void filesAreReconstructedWindowByWindow();
    void probesReadTexts();
    void inspectCountsTexts();
    void dataAreRefused_data();
    void dataAreRefused();
    void unusableFilesAreNamedAndSkipped();
    void aDamagedTokenizerIsNamed();
    void otherInputIsRefused();

private:
    QStringList train(const QString& recipe, const QString& out, const QStringList& changes = {}) const {
        return QStringList{"train", recipe, "--data", data(), "--out", out, "--seed", "3"} + tinyText(recipe, changes);
    }
    QString data() const { return folder_.filePath("texts"); }
    QString run() const { return folder_.filePath("run-bert"); }
    QTemporaryDir folder_;
};

void TestTexts::initTestCase() {
    QVERIFY(writeFile(folder_.filePath("texts/court/one.txt"), sentences(120, 0)));
    QVERIFY(writeFile(folder_.filePath("texts/court/two.txt"), sentences(100, 0)));
    QVERIFY(writeFile(folder_.filePath("texts/harbour/one.txt"), sentences(200, 1)));
    const Outcome trained =
        runCli(train("bert", run(), {"train.steps=150", "train.optimizer.lr=5e-3", "train.checkpoint_every=150"}) + QStringList{"--json"});
    QVERIFY2(trained.status == 0, trained.told().constData());
}

void TestTexts::aRunTrainsAndLearnsSomething_data() {
    QTest::addColumn<QString>("recipe");
    QTest::newRow("BERT") << "bert";
    QTest::newRow("data2vec") << "data2vec-text";
}

void TestTexts::aRunTrainsAndLearnsSomething() {
    QFETCH(QString, recipe);
    const QString out = folder_.filePath("learns-" + recipe);
    const Outcome trained = runCli(train(recipe, out, {"train.steps=60", "train.optimizer.lr=5e-3"}) + QStringList{"--json"});
    QVERIFY2(trained.status == 0, trained.told().constData());
    const QStringList losses = metricsColumn(out, "loss");
    QCOMPARE(losses.size(), 60);
    QVERIFY2(losses.last().toDouble() < 0.9 * losses.first().toDouble(), losses.join(' ').toUtf8().constData());
    QVERIFY(contentOf(out + "/tokenizer.model").startsWith("maskscope tokenizer 1\nbpe 29\n"));
}

void TestTexts::resumeIsBitExact() {
    QFETCH(QString, recipe);
    const QString whole = folder_.filePath("whole-" + recipe), parts = folder_.filePath("parts-" + recipe);
    QVERIFY(runCli(train(recipe, whole)).status == 0);
    const Outcome first = runCli(train(recipe, parts) + QStringList{"--steps", "5"});
    QVERIFY2(first.status == 0, first.told().constData());
    const Outcome second = runCli({"resume", parts});
    QVERIFY2(second.status == 0, second.told().constData());
    QCOMPARE(model(parts, 12), model(whole, 12));
    QVERIFY(!model(whole, 12).isEmpty());
    QCOMPARE(optimizer(parts, 12), optimizer(whole, 12));
    QCOMPARE(metricsColumn(parts, "loss"), metricsColumn(whole, "loss"));
    QCOMPARE(contentOf(parts + "/tokenizer.model"), contentOf(whole + "/tokenizer.model"));
}

void TestTexts::hiddenTokensAreGuessed() {
    const QString sentence = "the king sees the sea";
    const Outcome answer = runCli({"reconstruct", "--run", run(), "--text", sentence, "--seed", "1", "--json"});
    QVERIFY2(answer.status == 0, answer.told().constData());
    QCOMPARE(answer.json().size(), 1);
    QString together;
    int hidden = 0;
    for (const QJsonValue& value : answer.lastObject()["tokens"].toArray()) {
        const QJsonObject token = value.toObject();
        if (!token["special"].toBool()) together += token["text"].toString();
        QCOMPARE(token.contains("guesses"), token["hidden"].toBool());
        if (!token["hidden"].toBool()) {
            QCOMPARE(token["shown"].toString(), token["text"].toString());
            continue;
        }
        ++hidden;
        double sum = 0, last = 1, truth = -1;
        for (const QJsonValue& guess : token["guesses"].toArray()) {
            const double probability = guess.toObject()["probability"].toDouble();
            QVERIFY(probability <= last && probability >= 0);
            last = probability;
            sum += probability;
            if (guess.toObject()["text"] == token["text"]) truth = probability;
        }
        QCOMPARE(token["guesses"].toArray().size(), 5);
        QVERIFY(sum <= 1.0 + 1e-6);
        QVERIFY(truth < 0 || std::abs(truth - token["true_probability"].toDouble()) < 1e-6);
    }
    QCOMPARE(together, sentence);
    QVERIFY(hidden >= 1);
    // The same for people.
    const Outcome printed = runCli({"reconstruct", "--run", run(), "--text", sentence, "--seed", "1", "--mask", "random:ratio=0.3"});
    QVERIFY2(printed.status == 0 && printed.out.contains("[MASK]") && printed.out.contains("guesses: "), printed.told().constData());
}

void TestTexts::anotherMaskMayHide() {
    const Outcome answer =
        runCli({"reconstruct", "--run", run(), "--text", "the king sees the crown.", "--mask", "random:ratio=0.4,whole_words=true", "--json"});
    QVERIFY2(answer.status == 0, answer.told().constData());
    for (const QJsonValue& value : answer.lastObject()["tokens"].toArray())
        if (value.toObject()["hidden"].toBool()) QCOMPARE(value.toObject()["shown"].toString(), QString("[MASK]"));
}

void TestTexts::filesAreReconstructedWindowByWindow() {
    const QString file = folder_.filePath("texts/court/one.txt"), out = folder_.filePath("written");
    const Outcome answer = runCli({"reconstruct", "--run", run(), "--text", file, "--out", out, "--json"});
    QVERIFY2(answer.status == 0, answer.told().constData());
    QVERIFY(answer.json().size() > 50);
    QCOMPARE(answer.json().first().object()["text"].toString(), QString("one.txt#0"));
    QCOMPARE(QJsonDocument::fromJson(contentOf(out + "/one.json")).array().size(), answer.json().size());
}

void TestTexts::probesReadTexts() {
    for (const QString& kind : {QString("knn"), QString("linear")}) {
        const Outcome probed = runCli({"probe", run(), "--data", data(), "--kind", kind, "--json"});
        QVERIFY2(probed.status == 0, probed.told().constData());
        QVERIFY2(probed.lastObject()["accuracy"].toDouble() > 0.8, probed.told().constData());  // the classes share no nouns
    }
}

void TestTexts::inspectCountsTexts() {
    const Outcome told = runCli({"inspect", data(), "--json"});
    QVERIFY2(told.status == 0, told.told().constData());
    const QJsonObject report = told.lastObject();
    QCOMPARE(report["form"].toString(), QString("folder of texts"));
    QCOMPARE(report["classes"].toObject().keys(), (QStringList{"court", "harbour"}));
    QCOMPARE(report["unlabelled"].toInt(), 0);
    QCOMPARE(report["distinct_words"].toInt(), 16);  // 8 nouns, 4 verbs, "the" with and without its space, the stop, the line break
    const QJsonObject ran = runCli({"inspect", run(), "--json"}).lastObject();
    QCOMPARE(ran["category"].toString(), QString("BTTM"));
    QCOMPARE(ran["input"].toObject()["vocabulary"].toInt(), 290);
}

void TestTexts::dataAreRefused_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("words");
    QTest::newRow("an empty file") << QByteArray() << "text.txt: empty, expected text";
    QTest::newRow("white space") << QByteArray(" \n \n") << "text.txt: nothing but white space, expected text";
    QTest::newRow("one byte") << QByteArray("x") << "text.txt#0: 1 token of text, expected at least 2";
    QTest::newRow("Latin-1") << QByteArray("caf\xe9 au lait") << "text.txt: byte 3 (line 1) is 0xE9, which is not UTF-8";
    QTest::newRow("a binary file") << QByteArray("ab\0cd", 5) << "text.txt: byte 2 (line 1) is NUL, expected text";
}

void TestTexts::dataAreRefused() {
    QFETCH(QByteArray, content);
    QFETCH(QString, words);
    const QString file = folder_.filePath("refused/text.txt"), out = folder_.filePath("refused-run");
    QVERIFY(writeFile(file, content));
    const Outcome refused = runCli(QStringList{"train", "bert", "--data", file, "--out", out} + tinyText("bert"));
    QCOMPARE(refused.status, 2);
    QVERIFY2(refused.problem().contains(words), refused.told().constData());
    QVERIFY(!QFileInfo::exists(out));
}

void TestTexts::unusableFilesAreNamedAndSkipped() {
    const QString place = folder_.filePath("mixed"), out = folder_.filePath("mixed-run");
    QVERIFY(writeFile(place + "/good.txt", sentences(100, 0)) && writeFile(place + "/empty.txt", "") && writeFile(place + "/one.txt", "x"));
    const Outcome trained = runCli(QStringList{"train", "bert", "--data", place, "--out", out} + tinyText("bert"));
    QVERIFY2(trained.status == 0, trained.told().constData());
    QVERIFY2(trained.err.contains("empty.txt: empty, expected text") && trained.err.contains("one.txt#0: 1 token"), trained.told().constData());
}

void TestTexts::aDamagedTokenizerIsNamed() {
    const QString copy = folder_.filePath("damaged");
    QVERIFY(QProcess::execute("cp", {"-r", run(), copy}) == 0);
    QVERIFY(writeFile(copy + "/tokenizer.model", contentOf(copy + "/tokenizer.model").chopped(30)));
    for (const QStringList& question :
         {QStringList{"reconstruct", "--run", copy, "--text", "the king"}, QStringList{"resume", copy, "--steps", "200"}}) {
        const Outcome refused = runCli(question);
        QCOMPARE(refused.status, 2);
        QVERIFY2(refused.problem().contains("tokenizer.model: damaged or cut off"), refused.told().constData());
    }
}

void TestTexts::otherInputIsRefused() {
    const Outcome image = runCli({"reconstruct", "--run", run(), "--image", onePicture(), "--out", folder_.filePath("none")});
    QCOMPARE(image.status, 2);
    QVERIFY2(image.problem().contains("--text"), image.told().constData());
    const Outcome empty = runCli({"reconstruct", "--run", run(), "--text", ""});
    QCOMPARE(empty.status, 2);
    QVERIFY2(empty.problem().contains("--text: empty, expected text"), empty.told().constData());
}

MASKSCOPE_TEST(TestTexts)
#include "tst_texts.moc"
