#include "data/graphs/graph_domain.h"
#include "data/graphs/graph_layout.h"
#include "data/graphs/graph_svg.h"

#include <cmath>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

#include "data/made_graphs.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

std::vector<GraphEdge> ring(std::int32_t nodes) {
    std::vector<GraphEdge> edges;
    for (std::int32_t i = 0; i < nodes; ++i) edges.push_back({std::min(i, (i + 1) % nodes), std::max(i, (i + 1) % nodes)});
    return edges;
}

double distance(const NodePlace& a, const NodePlace& b) { return std::hypot(a.x - b.x, a.y - b.y); }

GraphPicture smallPicture() {
    GraphPicture picture;
    picture.nodes = {{0.1, 0.2, false, "C", "", 0.0}, {0.5, 0.5, true, "N & <O>", "N & <O>", 0.1}, {0.9, 0.2, true, "C", "N & <O>", 2.0}};
    picture.edges = {{0, 1, false, "single", ""}, {1, 2, true, "double", "single"}};
    return picture;
}

}  // namespace

class TestGraphPictures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void placesAreTheSameEveryTimeAndInTheSquare_data();
    void placesAreTheSameEveryTimeAndInTheSquare();
    void neighboursLieCloserThanOthers();
    void aRingIsRound();
    void picturesSayWhatIsHiddenAndPredicted();
    void lossesFollowTheirFormulas();
    void withoutPredictionNothingIsSaid();
    void drawingIsWellFormedAndTellsRightFromWrong();
};

void TestGraphPictures::placesAreTheSameEveryTimeAndInTheSquare_data() {
    QTest::addColumn<int>("nodes");
    QTest::addColumn<bool>("edges");
    QTest::newRow("one node") << 1 << false;
    QTest::newRow("two nodes") << 2 << true;
    QTest::newRow("no edges") << 9 << false;
    QTest::newRow("a ring") << 12 << true;
    QTest::newRow("many nodes") << 1500 << true;
}

void TestGraphPictures::placesAreTheSameEveryTimeAndInTheSquare() {
    QFETCH(int, nodes);
    QFETCH(bool, edges);
    const auto lines = edges ? ring(nodes) : std::vector<GraphEdge>{};
    const auto places = layoutGraph(nodes, lines), again = layoutGraph(nodes, lines);
    QCOMPARE(places.size(), static_cast<std::size_t>(nodes));
    for (std::size_t i = 0; i < places.size(); ++i) {
        QVERIFY(places[i].x == again[i].x && places[i].y == again[i].y);
        QVERIFY(places[i].x >= 0 && places[i].x <= 1 && places[i].y >= 0 && places[i].y <= 1);
        for (std::size_t j = 0; j < std::min<std::size_t>(i, 50); ++j) QVERIFY(distance(places[i], places[j]) > 1e-6);
    }
}

void TestGraphPictures::neighboursLieCloserThanOthers() {
    std::vector<GraphEdge> edges = ring(20);
    const auto places = layoutGraph(20, edges);
    double joined = 0, all = 0;
    for (const GraphEdge& edge : edges)
        joined += distance(places[static_cast<std::size_t>(edge.from)], places[static_cast<std::size_t>(edge.to)]) / 20;
    for (std::size_t i = 0; i < 20; ++i)
        for (std::size_t j = 0; j < i; ++j) all += distance(places[i], places[j]) / 190;
    QVERIFY2(joined < 0.6 * all, qPrintable(QString("%1 %2").arg(joined).arg(all)));
}

void TestGraphPictures::aRingIsRound() {
    const auto places = layoutGraph(8, ring(8));
    double nearest = 1, farthest = 0;
    for (const NodePlace& place : places) {
        nearest = std::min(nearest, distance(place, {}));
        farthest = std::max(farthest, distance(place, {}));
    }
    QVERIFY2(nearest > 0.7 * farthest, qPrintable(QString("%1 %2").arg(nearest).arg(farthest)));
}

void TestGraphPictures::picturesSayWhatIsHiddenAndPredicted() {
    QTemporaryDir folder;
    writeFiles(folder.path().toStdString(), csvGraphs());
    const auto set = openGraphs(folder.path().toStdString());
    GraphDomain domain({.categorical = true}, {{}});
    domain.fit(*set, {0}, {});
    const View view = domain.evaluationView(*set, {0}, {});
    Prediction prediction{.values = at::zeros({1, 4, 2}), .codes = true};
    prediction.values[0][0][1] = 3.0;  // node 0 is an a
    prediction.values[0][1][1] = 1.0;
    prediction.edgeValues = at::zeros({1, 4, 2});
    prediction.edgeValues[0][2][1] = 2.0;  // the third edge, 1 - 2, is a y
    prediction.hiddenEdges = at::tensor(std::vector<float>{0, 0, 1, 0}).view({1, 4});
    prediction.edgeCodes = true;
    const auto pictures = domain.pictures(view, at::tensor(std::vector<float>{1, 1, 0, 0}).view({1, 4}), &prediction);
    const auto& picture = std::get<GraphPicture>(pictures.at(0));
    QCOMPARE(picture.nodes.size(), std::size_t(4));
    QCOMPARE(picture.nodes[0].label, std::string("a"));
    QCOMPARE(picture.nodes[0].predicted, std::string("b"));
    QCOMPARE(picture.nodes[1].predicted, std::string("b"));
    QVERIFY(picture.nodes[0].hidden && picture.nodes[1].hidden && !picture.nodes[2].hidden);
    QVERIFY(picture.nodes[2].predicted.empty());
    QVERIFY(std::abs(picture.nodes[0].loss - std::log(1 + std::exp(3.0))) < 1e-6);
    QCOMPARE(picture.edges.size(), std::size_t(4));
    QVERIFY(picture.edges[2].hidden && picture.edges[2].from == 1 && picture.edges[2].to == 2);
    QCOMPARE(picture.edges[2].label, std::string("y"));
    QCOMPARE(picture.edges[2].predicted, std::string("y"));
    QVERIFY(!picture.edges[0].hidden && picture.edges[0].predicted.empty());
}

void TestGraphPictures::lossesFollowTheirFormulas() {
    QTemporaryDir folder;
    writeFiles(folder.path().toStdString(), {{"nodes.csv", "node,x,y\n0,3,4\n1,-3,-4\n"}, {"edges.csv", "from,to\n0,1\n"}});
    const auto set = openGraphs(folder.path().toStdString());
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0}, {});
    const View view = domain.evaluationView(*set, {0}, {});  // (1, 1) and (-1, -1)
    const Prediction prediction{.values = at::tensor(std::vector<float>{2, 0, -5, -5}).view({1, 2, 2})};
    const auto pictures = domain.pictures(view, at::tensor(std::vector<float>{1, 1}).view({1, 2}), &prediction);
    const auto& picture = std::get<GraphPicture>(pictures.at(0));
    QVERIFY(std::abs(picture.nodes[0].loss - (1 - std::sqrt(0.5))) < 1e-6);
    QVERIFY(std::abs(picture.nodes[1].loss) < 1e-6);
    QCOMPARE(picture.nodes[0].label, std::string("x 3, y 4"));
    QCOMPARE(picture.nodes[0].predicted, std::string("x 6, y 0"));
}

void TestGraphPictures::withoutPredictionNothingIsSaid() {
    QTemporaryDir folder;
    writeFiles(folder.path().toStdString(), csvGraphs());
    const auto set = openGraphs(folder.path().toStdString());
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0}, {});
    const View view = domain.evaluationView(*set, {0}, {});
    const at::Tensor hidden = at::tensor(std::vector<float>{0, 1, 0, 0}).view({1, 4});
    const Prediction ofAnotherWidth{.values = at::zeros({1, 4, 7})};
    for (const Prediction* prediction : {static_cast<const Prediction*>(nullptr), &ofAnotherWidth}) {
        const auto pictures = domain.pictures(view, hidden, prediction);
        const auto& picture = std::get<GraphPicture>(pictures.at(0));
        QVERIFY(picture.nodes[1].hidden && picture.nodes[1].predicted.empty());
        QVERIFY(!picture.edges[0].hidden);
    }
}

void TestGraphPictures::drawingIsWellFormedAndTellsRightFromWrong() {
    const QString svg = QString::fromStdString(graphSvg(smallPicture(), "graph <1>"));
    QXmlStreamReader reader(svg);
    int circles = 0, squares = 0, triangles = 0, lines = 0, hatched = 0, dashed = 0;
    while (!reader.atEnd()) {
        reader.readNext();
        if (!reader.isStartElement()) continue;
        const QString look = reader.attributes().value("class").toString();
        hatched += look == QLatin1String("hatch") ? 1 : 0;
        dashed += look.contains("dashed") ? 1 : 0;
        circles += reader.name() == QLatin1String("circle") && reader.attributes().value("r") != QLatin1String("7") ? 1 : 0;  // without the legend
        squares += reader.name() == QLatin1String("rect") && look.contains("node") ? 1 : 0;
        triangles += reader.name() == QLatin1String("polygon") ? 1 : 0;
        lines += look.contains("edge") ? 1 : 0;
    }
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    QCOMPARE(circles, 1);
    QCOMPARE(squares, 1);
    QCOMPARE(triangles, 1);
    QCOMPARE(hatched, 10);  // five lines a hidden node
    QCOMPARE(lines, 2);
    QCOMPARE(dashed, 1);
    QVERIFY(svg.contains("2 of 3 nodes hidden (hatched): 1 right (square), 1 wrong (triangle)"));
    QVERIFY(svg.contains("1 of 2 edges hidden (dashed): 0 right (tick), 1 wrong (not)"));
    QVERIFY(svg.contains("wrong: N &amp; &lt;O&gt;"));
}

MASKSCOPE_TEST(TestGraphPictures)
#include "tst_graph_pictures.moc"
