#include <QtTest>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

/// Every recipe for images at classroom scale, from the first step to the last, on pictures that the project draws. Hours: with MASKSCOPE_LONG alone.
class TestFullRuns : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!isLong()) QSKIP("full runs take hours; set MASKSCOPE_LONG=1");
        data_ = folder_.filePath("pictures");
        QCOMPARE(runCli({"sample-data", "--out", data_, "--train", "2000", "--test", "200", "--size", "32"}).status, 0);
    }

    void theHeldOutObjectiveBeatsItsTrivialPredictor_data() {
        QTest::addColumn<QString>("recipe");
        for (const QJsonValue& recipe : runCli({"recipes", "--json"}).json().value(0).array())
            if (recipe["domain"] == "image" && recipe["id"] != "decoder") {  // which needs a checkpoint
                const QString id = recipe["id"].toString();
                QTest::newRow(qPrintable(id)) << id;
            }
    }

    void theHeldOutObjectiveBeatsItsTrivialPredictor() {
        QFETCH(QString, recipe);
        constexpr int kPatienceMs = 3'600'000;
        const QString run = folder_.filePath(recipe);
        QProcess training;
        training.start(qEnvironmentVariable("MASKSCOPE_CLI"),
                       {"train", recipe, "--data", data_ + "/train", "--val", data_ + "/test", "--out", run, "--json"});
        QVERIFY(training.waitForFinished(kPatienceMs));
        QVERIFY2(training.exitCode() == 0, training.readAllStandardError().constData());
        const QJsonObject last = QJsonDocument::fromJson(training.readAllStandardOutput().trimmed().split('\n').last()).object();
        const QJsonValue pixels = last["skill"], objective = last["objectives"][0]["skill"];
        const double skill = pixels.isDouble() ? pixels.toDouble() : objective.toDouble(-1.0);
        qInfo("%s: skill %.3f after %.0f s", qPrintable(recipe), skill, last["seconds"].toDouble());
        QVERIFY2(skill > 0.0, QJsonDocument(last).toJson(QJsonDocument::Compact).constData());
        const QJsonObject doctor = runCli({"doctor", run, "--json"}).lastObject();
        QVERIFY2(!QJsonDocument(doctor).toJson().contains("collapse"), QJsonDocument(doctor).toJson().constData());
    }

private:
    QTemporaryDir folder_;
    QString data_;
};

MASKSCOPE_TEST(TestFullRuns)
#include "tst_full_runs.moc"
