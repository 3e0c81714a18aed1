#include <QtTest>

#include <QXmlStreamReader>

#include "cli_process.h"
#include "support/test_main.h"

using namespace maskscope::testing;

namespace {

/// Graphs for all tests of this class: 40 for training, 12 for testing.
QString graphs(const QString& part) {
    static const std::unique_ptr<QTemporaryDir> folder = [] {
        auto made = std::make_unique<QTemporaryDir>();
        runCli({"sample-data", "--domain", "graph", "--out", made->path(), "--train", "40", "--test", "12"});
        return made;
    }();
    return folder->filePath(part);
}

QStringList trainGraphs(const QString& recipe, const QString& out, const QStringList& changes = {}, const QString& data = graphs("train")) {
    QStringList all{"encoder.width=8",        "encoder.depth=2",        "train.steps=12",          "train.batch=8",  "train.checkpoint_every=3",
                    "train.validate_every=4", "train.snapshot_every=4", "train.schedule.warmup=2", "train.threads=1"};
    if (recipe == "graphmae") all << "objective.head.width=8";
    return QStringList{"train", recipe, "--data", data, "--val", graphs("test"), "--out", out, "--seed", "3"} + settings(all + changes);
}

void addRecipes() {
    QTest::addColumn<QString>("recipe");
    QTest::newRow("graphmae") << "graphmae";
    QTest::newRow("attrmasking") << "attrmasking";
}

}  // namespace

class TestGraphs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sampleGraphsAreInspected();
    void resumedEqualsUnbroken_data();
    void resumedEqualsUnbroken();
    void shapesComeFromTheData_data() { addRecipes(); }
    void shapesComeFromTheData();
    void drawingsAndNumbersAreWritten_data() { addRecipes(); }
    void drawingsAndNumbersAreWritten();
    void graphsCanBeProbed();
    void damagedGraphsAreSkippedAndNamed();
    void unusableDataAreRefused_data();
    void unusableDataAreRefused();

private:
    QString trained(const QString& recipe);
    QTemporaryDir folder_;
    QHash<QString, QString> trained_;
};

QString TestGraphs::trained(const QString& recipe) {
    QString& run = trained_[recipe];
    if (run.isEmpty()) {
        run = folder_.filePath(recipe);
        const Outcome outcome = runCli(trainGraphs(recipe, run));
        if (outcome.status != 0) qWarning("%s", outcome.told().constData());
    }
    return run;
}

void TestGraphs::sampleGraphsAreInspected() {
    const Outcome outcome = runCli({"inspect", graphs("train"), "--json"});
    QVERIFY2(outcome.status == 0, outcome.told());
    const QJsonObject report = outcome.lastObject();
    QCOMPARE(report["graphs"].toInt(), 40);
    QCOMPARE(report["classes"].toObject()["star"].toInt(), 10);
    QCOMPARE(report["node_kinds"].toObject().size(), 6);
    QCOMPARE(report["edge_kinds"].toObject().size(), 4);
    QCOMPARE(report["problems"].toArray().size(), 0);
    QVERIFY(report["nodes_a_graph"].toArray()[0].toInt() >= 8);
}

void TestGraphs::resumedEqualsUnbroken_data() {
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<QStringList>("changes");
    QTest::newRow("graphmae") << "graphmae" << QStringList();
    QTest::newRow("graphmae with GAT, three workers") << "graphmae" << QStringList{"encoder.kind=gat", "train.workers=3"};
    QTest::newRow("attrmasking, two micro-batches a step") << "attrmasking" << QStringList{"train.accumulate=2"};
}

void TestGraphs::resumedEqualsUnbroken() {
    QFETCH(QString, recipe);
    QFETCH(QStringList, changes);
    const QString name = QString(QTest::currentDataTag()).replace(' ', '-');
    const QString whole = folder_.filePath("whole-" + name), broken = folder_.filePath("broken-" + name);
    const Outcome first = runCli(trainGraphs(recipe, whole, changes));
    QVERIFY2(first.status == 0, first.told());
    QVERIFY2(runCli(trainGraphs(recipe, broken, changes) + QStringList{"--steps", "7"}).status == 0, "stopped run");
    const Outcome resumed = runCli({"resume", broken});
    QVERIFY2(resumed.status == 0, resumed.told());
    QVERIFY(!model(whole, 12).isEmpty());
    QCOMPARE(model(broken, 12), model(whole, 12));
    QCOMPARE(optimizer(broken, 12), optimizer(whole, 12));
    QCOMPARE(metricsColumn(broken, "loss"), metricsColumn(whole, "loss"));
    QCOMPARE(metricsColumn(whole, "loss").size(), 12);
}

void TestGraphs::shapesComeFromTheData() {
    QFETCH(QString, recipe);
    const QString run = trained(recipe);
    const QByteArray record = contentOf(run + "/run.toml");
    QVERIFY2(record.contains("node_features = 6") && record.contains("edge_features = 4"), record);
    QVERIFY(contentOf(run + "/graph_attributes.toml").contains("\"community\"") == false);
    QVERIFY(contentOf(run + "/graph_attributes.toml").contains("\"weak\""));
    const QJsonObject report = runCli({"inspect", run, "--json"}).lastObject();
    QCOMPARE(report["category"].toString(), recipe == "graphmae" ? QString("BGFM") : QString("BGTM"));
}

void TestGraphs::drawingsAndNumbersAreWritten() {
    QFETCH(QString, recipe);
    const QString out = folder_.filePath("drawn-" + recipe);
    const QStringList command{"reconstruct", "--run", trained(recipe), "--graph", graphs("test"), "--out", out, "--json"};
    const Outcome outcome = runCli(command);
    QVERIFY2(outcome.status == 0, outcome.told());
    QCOMPARE(outcome.json().size(), 4);  // one of each class
    const QStringList drawings = QDir(out).entryList({"*.svg"}), numbers = QDir(out).entryList({"*.json"});
    QCOMPARE(drawings.size(), 4);
    QCOMPARE(numbers.size(), 4);
    for (const QString& name : drawings) {
        QXmlStreamReader reader(contentOf(out + '/' + name));
        while (!reader.atEnd()) reader.readNext();
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    }
    const QJsonObject report = QJsonDocument::fromJson(contentOf(out + '/' + numbers[0])).object();
    int hidden = 0, right = 0, hiddenEdges = 0;
    for (const QJsonValue& value : report["nodes"].toArray()) {
        const QJsonObject node = value.toObject();
        QCOMPARE(node["predicted"].isNull(), !node["hidden"].toBool());
        QVERIFY(QString("ABCDEF").contains(node["label"].toString()));
        hidden += node["hidden"].toBool() ? 1 : 0;
        right += node["predicted"] == node["label"] ? 1 : 0;
    }
    for (const QJsonValue& value : report["edges"].toArray()) {
        const QJsonObject edge = value.toObject();
        QCOMPARE(edge["predicted"].isNull(), !edge["hidden"].toBool());
        hiddenEdges += edge["hidden"].toBool() ? 1 : 0;
    }
    const int nodes = static_cast<int>(report["nodes"].toArray().size());
    QCOMPARE(hidden, qRound((recipe == "graphmae" ? 0.3 : 0.15) * nodes));
    QCOMPARE(right, report["nodes_right"].toInt());
    QCOMPARE(hiddenEdges > 0, recipe == "attrmasking");
    const QByteArray again = contentOf(out + '/' + drawings[0]);
    QVERIFY(runCli(command).status == 0);
    QCOMPARE(contentOf(out + '/' + drawings[0]), again);
    const Outcome other =
        runCli({"reconstruct", "--run", trained(recipe), "--graph", graphs("test"), "--mask", "random:ratio=0.7", "--out", out, "--json"});
    QVERIFY2(other.status == 0, other.told());
}

void TestGraphs::graphsCanBeProbed() {
    for (const char* kind : {"knn", "linear"}) {
        const Outcome outcome = runCli({"probe", trained("graphmae"), "--data", graphs("train"), "--val", graphs("test"), "--kind", kind, "--json"});
        QVERIFY2(outcome.status == 0, outcome.told());
        const QJsonObject report = outcome.lastObject();
        QVERIFY2(report["accuracy"].toDouble() > 0 && report["accuracy"].toDouble() <= 1, outcome.told());
        QVERIFY(report.contains("random_init_accuracy"));
    }
}

void TestGraphs::damagedGraphsAreSkippedAndNamed() {
    const QString data = folder_.filePath("damaged"), run = folder_.filePath("of-damaged");
    QByteArray edges = contentOf(graphs("train/edges.csv"));
    edges += "5,0,99,single\n6,0,0,single\n";
    QVERIFY(writeFile(data + "/edges.csv", edges));
    QVERIFY(writeFile(data + "/nodes.csv", contentOf(graphs("train/nodes.csv")) + "alone,0,A\n"));
    const QJsonObject report = runCli({"inspect", data, "--json"}).lastObject();
    QCOMPARE(report["unusable"].toInt(), 2);
    QCOMPARE(report["problems"].toArray().size(), 2);
    QVERIFY(report["notices"].toArray()[0].toString().contains("1 self-loop"));
    const Outcome outcome = runCli(trainGraphs("graphmae", run, {}, data));
    QVERIFY2(outcome.status == 0, outcome.told());
    QVERIFY2(outcome.err.contains("graph 5") && outcome.err.contains("there is no node 99") && outcome.err.contains("graph alone"), outcome.told());
}

void TestGraphs::unusableDataAreRefused_data() {
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<QByteArray>("nodes");
    QTest::addColumn<QByteArray>("edges");
    QTest::addColumn<QString>("told");
    QTest::newRow("an empty file") << "graphmae" << QByteArray("\n") << QByteArray("from,to\n0,1\n") << "nodes.csv: the file is empty";
    QTest::newRow("a missing column") << "graphmae" << QByteArray("id,x\n0,1\n") << QByteArray("from,to\n0,1\n") << "there is no column 'node'";
    QTest::newRow("nothing but numbers that are none")
        << "graphmae" << QByteArray("node,x\n0,nan\n1,2\n") << QByteArray("from,to\n0,1\n") << "x is 'nan', expected a finite number";
    QTest::newRow("a single node") << "graphmae" << QByteArray("node,x\n0,1\n") << QByteArray("from,to\n") << "masking needs at least two";
    QTest::newRow("no kinds to predict") << "attrmasking" << QByteArray("node,x\n0,1\n1,2\n") << QByteArray("from,to\n0,1\n") << "and no kinds";
    QTest::newRow("no kinds of edges to predict") << "attrmasking" << QByteArray("node,kind\n0,a\n1,b\n") << QByteArray("from,to\n0,1\n")
                                                  << "target 'edge_kind' predicts kinds of edges";
}

void TestGraphs::unusableDataAreRefused() {
    QFETCH(QString, recipe);
    QFETCH(QByteArray, nodes);
    QFETCH(QByteArray, edges);
    QFETCH(QString, told);
    const QString data = folder_.filePath(QString("bad-%1").arg(QTest::currentDataTag()).replace(' ', '-')), run = data + "-run";
    QVERIFY(writeFile(data + "/nodes.csv", nodes) && writeFile(data + "/edges.csv", edges));
    const Outcome outcome = runCli(QStringList{"train", recipe, "--data", data, "--out", run} + settings({"train.steps=2"}));
    QVERIFY2(outcome.status == 2, outcome.told());
    QVERIFY2(outcome.problem().contains(told), outcome.told());
    QVERIFY(!QFileInfo::exists(run + "/run.toml"));
}

MASKSCOPE_TEST(TestGraphs)
#include "tst_graphs.moc"
