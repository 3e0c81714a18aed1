#include "core/error.h"
#include "data/graphs/graph_dataset.h"
#include "data/graphs/graph_statistics.h"

#include <filesystem>
#include <functional>
#include <limits>

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_graphs.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;
namespace fs = std::filesystem;

namespace {

using Edges = std::vector<GraphEdge>;

QString messageOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

const std::string kNodes = "graph,node,kind,weight\n7,0,a,1\n7,1,b,2\n7,2,b,3\n7,3,a,6\n9,5,b,4\n9,6,a,8\n";
const std::string kEdges = "graph,from,to,kind\n7,0,1,x\n7,1,2,y\n7,2,0,x\n7,3,2,y\n9,5,6,x\n";

}  // namespace

class TestGraphReaders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void csvIsReadAsWritten();
    void tuIsReadAsWritten();
    void everyPackingReadsTheSame_data();
    void everyPackingReadsTheSame();
    void columnsQuotesAndLineEndsAreFree();
    void singleGraphNeedsNoGraphColumn();
    void nodesWithoutAttributesGetTheirDegree();
    void bothDirectionsAreOneEdgeAndRepetitionsAreCounted();
    void graphWithoutEdgesIsUsedAndCounted();
    void badFilesAreRefused_data();
    void badFilesAreRefused();
    void badGraphsAreNamedAndSkipped_data();
    void badGraphsAreNamedAndSkipped();
    void badTuFilesAreRefused_data();
    void badTuFilesAreRefused();
    void badTuGraphsAreNamedAndSkipped_data();
    void badTuGraphsAreNamedAndSkipped();
    void setWithoutAUsableGraphIsRefused();
    void trainFolderStandsForTheWhole();
    void labelsMayBeMissing();
    void statisticsCountWhatCanBeUsed();
    void pathsThatHoldGraphsAreKnown();
    void stopEndsTheReading();

private:
    fs::path root() const { return folder_->path().toStdString(); }
    std::shared_ptr<GraphDataset> opened(const NamedFiles& files) const {
        writeFiles(root(), files);
        return openGraphs(root());
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestGraphReaders::csvIsReadAsWritten() {
    const auto set = opened(csvGraphs());
    QCOMPARE(set->size(), 2);
    QCOMPARE(set->sampleName(0), std::string("graph 7"));
    QVERIFY((set->attributes() == GraphAttributes{{"a", "b"}, {"weight"}, {"x", "y"}, {}}));
    QVERIFY((set->classNames() == std::vector<std::string>{"pair", "ring"}));
    QCOMPARE(set->label(0), 1);
    QCOMPARE(set->label(1), 0);
    const Graph& ring = set->graph(0);
    QCOMPARE(ring.nodes, 4);
    QVERIFY((ring.nodeKinds == std::vector<std::int32_t>{0, 1, 1, 0}));
    QVERIFY((ring.nodeValues == std::vector<float>{1, 2, 3, 6}));
    QVERIFY((ring.edges == Edges{{0, 1}, {0, 2}, {1, 2}, {2, 3}}));
    QVERIFY((ring.edgeKinds == std::vector<std::int32_t>{0, 0, 1, 1}));
    const Graph& pair = set->graph(1);  // its nodes are called 5 and 6
    QVERIFY((pair.edges == Edges{{0, 1}}));
    QVERIFY((pair.nodeKinds == std::vector<std::int32_t>{1, 0}));
    QVERIFY(set->notices().empty() && set->problems().empty());
}

void TestGraphReaders::tuIsReadAsWritten() {
    const auto set = opened(tuGraphs());
    QCOMPARE(set->size(), 2);
    QVERIFY((set->attributes() == GraphAttributes{{"0", "1"}, {"attribute 1"}, {"0", "1"}, {}}));
    QVERIFY((set->classNames() == std::vector<std::string>{"-1", "1"}));
    QCOMPARE(set->label(0), 1);
    const Graph& ring = set->graph(0);
    QVERIFY((ring.edges == Edges{{0, 1}, {0, 2}, {1, 2}, {2, 3}}));
    QVERIFY((ring.edgeKinds == std::vector<std::int32_t>{0, 0, 1, 1}));
    QVERIFY((ring.nodeValues == std::vector<float>{1, 2, 3, 6}));
    QVERIFY((set->graph(1).edges == Edges{{0, 1}}));
    QVERIFY(set->notices().empty() && set->problems().empty());
}

void TestGraphReaders::everyPackingReadsTheSame_data() {
    QTest::addColumn<QString>("packing");
    for (const char* packing : {"folder", "nested folder", "tar", "tar.gz", "zip", "part of a zip"}) QTest::newRow(packing) << packing;
}

void TestGraphReaders::everyPackingReadsTheSame() {
    QFETCH(QString, packing);
    NamedFiles files = csvGraphs();
    for (auto& file : files)
        if (packing != "folder") file.first = "sets/" + file.first;
    fs::path path = root();
    if (packing == "tar")
        writeArchive(path /= "a.tar", "pax", "none", files);
    else if (packing == "tar.gz")
        writeArchive(path /= "a.tar.gz", "pax", "gzip", files);
    else if (packing.contains("zip"))
        writeArchive(path /= "a.zip", "zip", "none", files);
    else
        writeFiles(path, files);
    if (packing == "part of a zip") path /= "sets";
    const auto set = openGraphs(path);
    QCOMPARE(set->size(), 2);
    QVERIFY((set->graph(0).edges == Edges{{0, 1}, {0, 2}, {1, 2}, {2, 3}}));
    QTemporaryDir plain;
    writeFiles(plain.path().toStdString(), csvGraphs());
    QCOMPARE(set->fingerprint(), openGraphs(plain.path().toStdString())->fingerprint());
}

void TestGraphReaders::columnsQuotesAndLineEndsAreFree() {
    const auto set = opened(
        {{"nodes.csv", "\xEF\xBB\xBFkind,node , graph\r\n\"a, \"\"b\"\"\",0,1\r\n\r\nc, 1 ,1\r\n"}, {"edges.csv", "to,graph,from\n1,1,0\n\n"}});
    QVERIFY((set->attributes().nodeKinds == std::vector<std::string>{"a, \"b\"", "c"}));
    QVERIFY((set->graph(0).edges == Edges{{0, 1}}));
}

void TestGraphReaders::singleGraphNeedsNoGraphColumn() {
    const auto set = opened({{"nodes.csv", "node,x,y\n10,0.5,1\n11,-2,1e3\n"}, {"edges.csv", "from,to,length\n10,11,2.5\n"}});
    QCOMPARE(set->size(), 1);
    QCOMPARE(set->sampleName(0), std::string("the only graph"));
    QVERIFY((set->graph(0).nodeValues == std::vector<float>{0.5F, 1, -2, 1000}));
    QVERIFY((set->graph(0).edgeValues == std::vector<float>{2.5F}));
    QCOMPARE(set->label(0), -1);
}

void TestGraphReaders::nodesWithoutAttributesGetTheirDegree() {
    const auto set = opened({{"nodes.csv", "node\n0\n1\n2\n"}, {"edges.csv", "from,to\n0,1\n1,2\n"}});
    QCOMPARE(set->attributes().nodeKinds[2], std::string("degree 2"));
    QVERIFY((set->graph(0).nodeKinds == std::vector<std::int32_t>{1, 2, 1}));
    QCOMPARE(set->notices().size(), std::size_t(1));
    QVERIFY(set->notices()[0].find("degree") != std::string::npos);
}

void TestGraphReaders::bothDirectionsAreOneEdgeAndRepetitionsAreCounted() {
    const auto set = opened(withFile(csvGraphs(), "edges.csv", "graph,from,to,kind\n7,0,1,x\n7,1,0,y\n7,1,2,x\n7,1,2,y\n7,3,3,x\n9,5,6,x\n"));
    QVERIFY((set->graph(0).edges == Edges{{0, 1}, {1, 2}}));
    QVERIFY((set->graph(0).edgeKinds == std::vector<std::int32_t>{0, 0}));  // the first of each
    QVERIFY((set->notices() == std::vector<std::string>{"1 repeated edge left out; the first of each counts",
                                                        "1 self-loop left out; encoders see every node itself anyway"}));
}

void TestGraphReaders::graphWithoutEdgesIsUsedAndCounted() {
    const auto set = opened(withFile(csvGraphs(), "edges.csv", "graph,from,to,kind\n7,0,1,x\n"));
    QVERIFY(set->problems().empty());
    QVERIFY(set->graph(1).edges.empty());
    QCOMPARE(set->notices().size(), std::size_t(1));
    QVERIFY(set->notices()[0].starts_with("1 graph without edges"));
}

void TestGraphReaders::badFilesAreRefused_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("content");
    QTest::addColumn<QString>("told");
    QTest::newRow("no nodes") << "nodes.csv"
                              << ""
                              << "there is no nodes.csv";
    QTest::newRow("no edges") << "edges.csv"
                              << ""
                              << "there is no edges.csv";
    QTest::newRow("empty nodes") << "nodes.csv"
                                 << " \n\n"
                                 << "nodes.csv: the file is empty";
    QTest::newRow("empty edges") << "edges.csv"
                                 << "\n"
                                 << "edges.csv: the file is empty";
    QTest::newRow("a first line alone") << "nodes.csv"
                                        << "graph,node\n"
                                        << "a line for every node";
    QTest::newRow("no column node") << "nodes.csv"
                                    << "graph,id\n7,0\n"
                                    << "nodes.csv: there is no column 'node' but graph, id";
    QTest::newRow("no column to") << "edges.csv"
                                  << "graph,from,target\n7,0,1\n"
                                  << "there is no column 'to' but graph, from, target";
    QTest::newRow("graph in one file only") << "edges.csv"
                                            << "from,to\n0,1\n"
                                            << "nodes.csv has a column 'graph' and edges.csv has none";
    QTest::newRow("a column without a name") << "nodes.csv"
                                             << "graph,node,\n7,0,1\n"
                                             << "nodes.csv:1: column 3 is called ''";
    QTest::newRow("two columns of one name") << "nodes.csv"
                                             << "graph,node,node\n7,0,1\n"
                                             << "every column needs a name of its own";
    QTest::newRow("a cell too few") << "nodes.csv"
                                    << "graph,node,kind,weight\n7,0,a,1\n7,1,b\n"
                                    << "nodes.csv:3: 3 cells, expected 4";
    QTest::newRow("a node that is no number") << "nodes.csv"
                                              << "graph,node\n7,first\n"
                                              << "nodes.csv:2: node is 'first', expected a whole number";
    QTest::newRow("an end that is no number") << "edges.csv"
                                              << "graph,from,to\n7,0,1.5\n"
                                              << "edges.csv:2: to is '1.5'";
    QTest::newRow("an edge of a graph without nodes") << "edges.csv"
                                                      << "graph,from,to\n8,0,1\n"
                                                      << "edges.csv:2: graph '8' has no nodes";
    QTest::newRow("a label of a graph without nodes") << "labels.csv"
                                                      << "graph,label\n8,ring\n"
                                                      << "labels.csv:2: there is no graph '8'";
    QTest::newRow("no column label") << "labels.csv"
                                     << "graph,class\n7,ring\n"
                                     << "labels.csv: there is no column 'label'";
}

void TestGraphReaders::badFilesAreRefused() {
    QFETCH(QString, file);
    QFETCH(QString, content);
    QFETCH(QString, told);
    writeFiles(root(), withFile(csvGraphs(), file.toStdString(), content.toStdString()));
    QVERIFY_EXCEPTION_THROWN(openGraphs(root()), DataError);
    const QString message = messageOf([&] { openGraphs(root()); });
    QVERIFY2(message.contains(told), qPrintable(message));
    QVERIFY(!message.contains('\n'));
}

void TestGraphReaders::badGraphsAreNamedAndSkipped_data() {
    QTest::addColumn<QString>("nodes");
    QTest::addColumn<QString>("edges");
    QTest::addColumn<QString>("told");
    const QString nodes = QString::fromStdString(kNodes), edges = QString::fromStdString(kEdges);
    QTest::newRow("a number that is not one") << QString(nodes).replace("b,4", "b,nan") << edges
                                              << "nodes.csv:6: weight is 'nan', expected a finite number";
    QTest::newRow("an infinite number") << QString(nodes).replace("b,4", "b,-inf") << edges << "weight is '-inf'";
    QTest::newRow("a number beyond float") << QString(nodes).replace("b,4", "b,1e39") << edges << "weight is '1e39'";
    QTest::newRow("an empty number") << QString(nodes).replace("b,4", "b,") << edges << "weight is ''";
    QTest::newRow("a word for a number") << QString(nodes).replace("b,4", "b,4kg") << edges << "weight is '4kg'";
    QTest::newRow("an empty kind") << QString(nodes).replace("b,4", ",4") << edges << "kind is empty";
    QTest::newRow("a node twice") << QString(nodes).replace("9,6,", "9,5,") << QString(edges).remove("9,5,6,x\n")
                                  << "nodes.csv:7: node 5 is there twice";
    QTest::newRow("a node out of range") << nodes << QString(edges).replace("9,5,6", "9,5,99")
                                         << "edges.csv:6: there is no node 99 among its 2 (5 to 6)";
    QTest::newRow("an edge to another graph") << nodes << QString(edges).replace("9,5,6", "9,5,3") << "edges.csv:6: node 3 belongs to graph 7";
    QTest::newRow("a single node") << QString(nodes).remove("9,6,a,8\n") << QString(edges).remove("9,5,6,x\n")
                                   << "it has 1 node; masking needs at least two";
    QTest::newRow("an empty kind of an edge") << nodes << QString(edges).replace("9,5,6,x", "9,5,6,") << "edges.csv:6: kind is empty";
}

void TestGraphReaders::badGraphsAreNamedAndSkipped() {
    QFETCH(QString, nodes);
    QFETCH(QString, edges);
    QFETCH(QString, told);
    const auto set = opened(withFile(withFile(csvGraphs(), "nodes.csv", nodes.toStdString()), "edges.csv", edges.toStdString()));
    QCOMPARE(set->size(), 2);
    QVERIFY(set->isUsable(0) && !set->isUsable(1));
    QCOMPARE(set->problems().size(), std::size_t(1));
    QCOMPARE(set->problems()[0].name, std::string("graph 9"));
    const QString reason = QString::fromStdString(set->problems()[0].reason);
    QVERIFY2(reason.contains(told) && reason.contains("graph 9") && reason.contains(QString::fromStdString(root().string())), qPrintable(reason));
    QVERIFY_EXCEPTION_THROWN(set->graph(1), DataError);
    QVERIFY((set->graph(0).edges == Edges{{0, 1}, {0, 2}, {1, 2}, {2, 3}}));
}

void TestGraphReaders::badTuFilesAreRefused_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("content");
    QTest::addColumn<QString>("told");
    const QString pairs = QString("5, 6\n").repeated(9);  // ten lines, as the labels of the edges have
    QTest::newRow("no adjacency") << "DS_A.txt"
                                  << ""
                                  << "there is no DS_A.txt";
    QTest::newRow("no indicator") << "DS_graph_indicator.txt"
                                  << ""
                                  << "there is no DS_graph_indicator.txt";
    QTest::newRow("empty adjacency") << "DS_A.txt"
                                     << "\n"
                                     << "DS_A.txt: the file is empty";
    QTest::newRow("a line that is no pair") << "DS_A.txt"
                                            << "1 2\n" + pairs << "DS_A.txt:1: '1 2', expected two node numbers";
    QTest::newRow("ends that are no nodes") << "DS_A.txt"
                                            << "70, 80\n" + pairs << "DS_A.txt:1: there are no nodes 70 and 80, but 1 to 6";
    QTest::newRow("labels of nodes too few") << "DS_node_labels.txt"
                                             << "0\n1\n"
                                             << "DS_node_labels.txt: 2 lines, expected 6, one for each node";
    QTest::newRow("labels of edges too few") << "DS_edge_labels.txt"
                                             << "0\n"
                                             << "DS_edge_labels.txt: 1 lines, expected 10, one for each edge";
    QTest::newRow("labels of graphs too few") << "DS_graph_labels.txt"
                                              << "1\n"
                                              << "DS_graph_labels.txt: 1 lines, expected 2, one for each graph";
    QTest::newRow("labels of graphs too many") << "DS_graph_labels.txt"
                                               << "1\n1\n1\n"
                                               << "graph 3 has no nodes";
    QTest::newRow("ragged attributes") << "DS_node_attributes.txt"
                                       << "1,2\n1\n1,2\n1,2\n1,2\n1,2\n"
                                       << "DS_node_attributes.txt:2: 1 numbers, expected 2";
}

void TestGraphReaders::badTuFilesAreRefused() {
    QFETCH(QString, file);
    QFETCH(QString, content);
    QFETCH(QString, told);
    writeFiles(root(), withFile(tuGraphs(), "DS/" + file.toStdString(), content.toStdString()));
    QVERIFY_EXCEPTION_THROWN(openGraphs(root()), DataError);
    const QString message = messageOf([&] { openGraphs(root()); });
    QVERIFY2(message.contains(told), qPrintable(message));
}

void TestGraphReaders::badTuGraphsAreNamedAndSkipped_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("content");
    QTest::addColumn<QString>("told");
    const QString adjacency = "1, 2\n2, 1\n2, 3\n3, 2\n3, 1\n1, 3\n4, 3\n3, 4\n5, 6\n%1\n";
    QTest::newRow("an edge to another graph") << "DS_A.txt" << adjacency.arg("6, 1") << "DS_A.txt:10: node 1 belongs to graph 1";
    QTest::newRow("a node out of range") << "DS_A.txt" << adjacency.arg("6, 7") << "DS_A.txt:10: there is no node 7";
    QTest::newRow("a node number 0") << "DS_A.txt" << adjacency.arg("0, 6") << "DS_A.txt:10: there is no node 0";
    QTest::newRow("a number that is not one") << "DS_node_attributes.txt"
                                              << "1\n2\n3\n6\nNaN\n8\n"
                                              << "DS_node_attributes.txt:5: attribute 1 is 'NaN'";
}

void TestGraphReaders::badTuGraphsAreNamedAndSkipped() {
    QFETCH(QString, file);
    QFETCH(QString, content);
    QFETCH(QString, told);
    const auto set = opened(withFile(tuGraphs(), "DS/" + file.toStdString(), content.toStdString()));
    QVERIFY(set->isUsable(0) && !set->isUsable(1));
    const QString reason = QString::fromStdString(set->problems().at(0).reason);
    QVERIFY2(reason.contains(told) && reason.contains("graph 2"), qPrintable(reason));
}

void TestGraphReaders::setWithoutAUsableGraphIsRefused() {
    writeFiles(root(), {{"nodes.csv", "graph,node\n1,0\n2,0\n"}, {"edges.csv", "graph,from,to\n"}});
    const QString message = messageOf([&] { openGraphs(root()); });
    QVERIFY2(message.contains("none of 2 graphs can be used") && message.contains("it has 1 node"), qPrintable(message));
    QTemporaryDir empty;
    QVERIFY(messageOf([&] { openGraphs(empty.path().toStdString()); }).contains("expected graphs: nodes.csv and edges.csv, or DS_A.txt"));
    QVERIFY_EXCEPTION_THROWN(openGraphs(root() / "nodes.csv"), DataError);
    QVERIFY_EXCEPTION_THROWN(openGraphs(root() / "nowhere"), FileError);
}

void TestGraphReaders::trainFolderStandsForTheWhole() {
    NamedFiles files;
    for (const char* part : {"train/", "test/"})
        for (const auto& [name, content] : csvGraphs()) files.emplace_back(part + name, content);
    files = withFile(files, "test/nodes.csv", "graph,node,kind,weight\n7,0,a,1\n7,1,b,2\n7,2,b,3\n7,3,a,6\n9,5,b,4\n9,6,b,8\n");
    const auto whole = opened(files);
    QCOMPARE(whole->notices().size(), std::size_t(1));
    QVERIFY(whole->notices()[0].find("'train'") != std::string::npos);
    QCOMPARE(whole->fingerprint(), openGraphs(root() / "train")->fingerprint());
    QVERIFY(whole->fingerprint() != openGraphs(root() / "test")->fingerprint());
    for (const auto& [name, content] : csvGraphs()) fs::remove(root() / "train" / name);
    writeFiles(root() / "other", csvGraphs());
    QVERIFY(messageOf([&] { openGraphs(root()); }).contains("name one of them"));
}

void TestGraphReaders::labelsMayBeMissing() {
    const auto some = opened(withFile(csvGraphs(), "labels.csv", "graph,label\n9,pair\n"));
    QCOMPARE(some->label(0), -1);
    QCOMPARE(some->label(1), 0);
    fs::remove(root() / "labels.csv");
    const auto none = openGraphs(root());
    QVERIFY(none->classNames().empty());
    QCOMPARE(none->label(1), -1);
}

void TestGraphReaders::statisticsCountWhatCanBeUsed() {
    const std::string edges = "graph,from,to,kind\n7,0,1,x\n7,1,2,y\n9,5,99,x\n";
    const GraphStatistics counts = graphStatistics(*opened(withFile(csvGraphs(), "edges.csv", edges)));
    QCOMPARE(counts.graphs, 1);
    QCOMPARE(counts.unusable, 1);
    QCOMPARE(counts.nodes, 4);
    QCOMPARE(counts.edges, 2);
    QCOMPARE(counts.mostNodes, 4);
    QCOMPARE(counts.fewestEdges, 2);
    QVERIFY((counts.classes == std::map<std::string, std::int64_t>{{"ring", 1}}));
    QVERIFY((counts.nodeKinds == std::map<std::string, std::int64_t>{{"a", 2}, {"b", 2}}));
    QVERIFY((counts.edgeKinds == std::map<std::string, std::int64_t>{{"x", 1}, {"y", 1}}));
}

void TestGraphReaders::pathsThatHoldGraphsAreKnown() {
    QVERIFY(!holdsGraphs(root()));
    writeFiles(root() / "set" / "train", csvGraphs());
    writeArchive(root() / "a.zip", "zip", "none", tuGraphs());
    writeArchive(root() / "b.zip", "zip", "none", {{"1.png", plainPng(2, 1, 3)}});
    QVERIFY(holdsGraphs(root() / "set"));
    QVERIFY(holdsGraphs(root() / "set" / "train"));
    QVERIFY(holdsGraphs(root() / "a.zip"));
    QVERIFY(!holdsGraphs(root() / "b.zip"));
}

void TestGraphReaders::stopEndsTheReading() {
    writeFiles(root(), csvGraphs());
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(openGraphs(root(), {.progress = {}, .stop = source.get_token()}), StoppedError);
}

MASKSCOPE_TEST(TestGraphReaders)
#include "tst_graph_readers.moc"
