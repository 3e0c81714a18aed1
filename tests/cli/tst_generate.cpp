#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// New pictures of a recipe that guesses codes, and its continuations of given ones.
class TestGenerate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        run_ = folder_.filePath("run");
        const Outcome outcome = runCli(QStringList{"train", "igpt", "--data", pictures("train"), "--val", pictures("test"), "--out", run_, "--json"} +
                                       settings({"input.size=8", "network.0.width=16", "network.0.depth=1", "network.0.heads=2", "network.1.colors=8",
                                                 "train.steps=8", "train.batch=8", "train.threads=1", "train.schedule.warmup=2"}));
        QVERIFY2(outcome.status == 0, outcome.told().constData());
        const QJsonArray objectives = outcome.lastObject()["objectives"].toArray();
        QCOMPARE(objectives[0].toObject()["name"].toString(), QString("codes"));
        QVERIFY(objectives[0].toObject()["trivial"].toDouble() > 0.0);
    }

    void samplesAreWrittenAndTheSeedDecides() {
        const auto generate = [&](const QString& out, const QString& seed) {
            return runCli({"generate", "--run", run_, "--count", "3", "--seed", seed, "--out", folder_.filePath(out), "--json"});
        };
        const Outcome outcome = generate("a", "1");
        QVERIFY2(outcome.status == 0, outcome.told().constData());
        QCOMPARE(outcome.lastObject()["count"].toInt(), 3);
        QCOMPARE(QDir(folder_.filePath("a")).entryList(QDir::Files, QDir::Name),
                 QStringList({"decoding.png", "sample-000.png", "sample-001.png", "sample-002.png"}));
        QCOMPARE(generate("b", "1").status, 0);
        QCOMPARE(generate("c", "2").status, 0);
        const auto sample = [&](const char* out) { return contentOf(folder_.filePath(QString(out) + "/sample-000.png")); };
        QVERIFY(isPng(folder_.filePath("a/sample-000.png")));
        QCOMPARE(sample("a"), sample("b"));
        QVERIFY(sample("a") != sample("c"));
    }

    void aPictureIsContinued() {
        const QString out = folder_.filePath("continued");
        const Outcome outcome = runCli({"reconstruct", "--run", run_, "--image", onePicture(), "--out", out, "--json"});
        QVERIFY2(outcome.status == 0, outcome.told().constData());
        for (const char* name : {"0000-decoded-25.png", "0000-decoded-75.png", "0000-reconstruction.png", "0000-composite.png", "0000-target.png"})
            QVERIFY2(isPng(out + "/" + name), name);
    }

    void recipesThatGuessNoCodesAreRefused() {
        const QString run = folder_.filePath("mae");
        QCOMPARE(runCli(trainArguments(run)).status, 0);
        const Outcome outcome = runCli({"generate", "--run", run, "--out", folder_.filePath("nothing")});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.problem().contains("mae") && outcome.problem().contains("sampler"), outcome.told().constData());
        QVERIFY(!QDir(folder_.filePath("nothing")).exists());
    }

private:
    QTemporaryDir folder_;
    QString run_;
};

MASKSCOPE_TEST(TestGenerate)
#include "tst_generate.moc"
