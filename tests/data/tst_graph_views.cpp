#include "core/error.h"
#include "data/graphs/graph_domain.h"
#include "data/graphs/graph_views.h"

#include <cmath>
#include <filesystem>
#include <functional>

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/toml.h"
#include "data/made_graphs.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;
namespace fs = std::filesystem;

namespace {

QString messageOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

at::Tensor rows(const std::vector<float>& values, std::int64_t width) { return at::tensor(values).view({-1, width}); }

at::Tensor longs(const std::vector<std::int64_t>& values) { return at::tensor(values, at::kLong); }

const std::vector<SampleSlot> kBoth{{.place = 0}, {.place = 1}};

}  // namespace

class TestGraphViews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void batchHoldsKindsMeasuresAndBothDirections();
    void categoricalInputsSeeKindsAlone();
    void measuresComeFromTrainingSamplesAlone();
    void aColumnThatNeverChangesStaysZero();
    void whatWasLearnedIsSavedAndLoaded();
    void damagedAttributeFilesAreRefused();
    void kindsAreMatchedByName();
    void unknownKindsAndColumnsAreNamedAndSkipped_data();
    void unknownKindsAndColumnsAreNamedAndSkipped();
    void widthsThatDoNotFitAreRefused();
    void kindsAreNeededWhereTheyArePredicted();
    void unusableSamplesAreReplacedAndCounted();
    void tooFewEdgesAreSkippedWhereEdgesCarryAttributes();
    void everyViewHoldsTheSame();
    void augmentationsAreRefused();
    void otherDomainsAreRefused();

private:
    fs::path root() const { return folder_->path().toStdString(); }
    std::shared_ptr<GraphDataset> opened(const NamedFiles& files) const {
        writeFiles(root(), files);
        return openGraphs(root());
    }
    /// csvGraphs with a second edge in the second graph, so that no graph has too few.
    static NamedFiles usable() {
        NamedFiles files = csvGraphs();
        files[0].second += "9,8,b,4\n";
        files[1].second += "9,6,8,y\n";
        return files;
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestGraphViews::batchHoldsKindsMeasuresAndBothDirections() {
    const auto set = opened(usable());
    GraphDomain domain({}, {{}});
    QVERIFY((domain.fit(*set, {0, 1}, {}) == std::vector<std::string>{"input.node_features=3", "input.edge_features=2"}));
    const View view = domain.evaluationView(*set, {0, 1}, {});
    // weights 1 2 3 6 4 8 4: mean 4, variance (9 + 4 + 1 + 4 + 0 + 16 + 0) / 7
    const auto z = [](double weight) { return static_cast<float>((weight - 4.0) / std::sqrt(34.0 / 7.0)); };
    QVERIFY(view.tensor("nodes")[0].allclose(rows({1, 0, z(1), 0, 1, z(2), 0, 1, z(3), 1, 0, z(6)}, 3), 1e-5, 1e-6));
    QVERIFY(view.tensor("nodes")[1].allclose(rows({0, 1, z(4), 1, 0, z(8), 0, 1, z(4), 0, 0, 0}, 3), 1e-5, 1e-6));
    QVERIFY(at::equal(view.tensor("edges")[0], rows({1, 0, 1, 0, 0, 1, 0, 1}, 2)));
    QVERIFY(at::equal(view.tensor("edges")[1], rows({1, 0, 0, 1, 0, 0, 0, 0}, 2)));
    const Geometry& g = view.geometry;
    QVERIFY(g.kind == GeometryKind::Graph && g.batch == 2 && g.tokens() == 4);
    QVERIFY(at::equal(g.valid, at::tensor(std::vector<std::int64_t>{1, 1, 1, 1, 1, 1, 1, 0}).view({2, 4}).to(at::kBool)));
    QVERIFY(at::equal(g.edgeValid, at::tensor(std::vector<std::int64_t>{1, 1, 1, 1, 1, 1, 0, 0}).view({2, 4}).to(at::kBool)));
    QVERIFY(at::equal(g.edges[0], longs({0, 1, 0, 2, 1, 2, 2, 3, 4, 5, 5, 6})));
    QVERIFY(at::equal(g.edges[1], longs({1, 0, 2, 0, 2, 1, 3, 2, 5, 4, 6, 5})));
    QVERIFY(at::equal(g.edgeSlots, longs({0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5})));
    QVERIFY((view.sampleIds == std::vector<std::int64_t>{0, 1}));
}

void TestGraphViews::categoricalInputsSeeKindsAlone() {
    const auto set = opened(usable());
    GraphDomain domain({.categorical = true}, {{}});
    QCOMPARE(domain.fit(*set, {0, 1}, {}).front(), std::string("input.node_features=2"));
    const View view = domain.evaluationView(*set, {0, 1}, {});
    QVERIFY(at::equal(view.tensor("nodes").sum(-1), view.geometry.valid.to(at::kFloat)));
    QVERIFY(at::equal(view.tensor("nodes")[0].argmax(-1), longs({0, 1, 1, 0})));
    QCOMPARE(set->notices().size(), std::size_t(1));
    QVERIFY(set->notices()[0].find("kinds alone") != std::string::npos);
}

void TestGraphViews::measuresComeFromTrainingSamplesAlone() {
    const auto set = opened(usable());
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0}, {});
    const at::Tensor weights = domain.evaluationView(*set, {0}, {}).tensor("nodes").select(-1, 2);
    QVERIFY(std::abs(weights.mean().item<double>()) < 1e-6);
    QVERIFY(std::abs(weights.square().mean().item<double>() - 1.0) < 1e-5);
}

void TestGraphViews::aColumnThatNeverChangesStaysZero() {
    const auto set = opened({{"nodes.csv", "node,x\n0,1e9\n1,1e9\n"}, {"edges.csv", "from,to\n0,1\n"}});
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0}, {});
    QVERIFY(at::equal(domain.evaluationView(*set, {0}, {}).tensor("nodes"), at::tensor(std::vector<float>{0, 0}).view({1, 2, 1})));
}

void TestGraphViews::whatWasLearnedIsSavedAndLoaded() {
    const auto set = opened(usable());
    GraphDomain first({}, {{}}), second({}, {{}});
    first.fit(*set, {0}, {});
    first.save(root());
    second.load(root());
    const View a = first.evaluationView(*set, {0, 1}, {}), b = second.evaluationView(*set, {0, 1}, {});
    QVERIFY(at::equal(a.tensor("nodes"), b.tensor("nodes")));
    QVERIFY(at::equal(a.tensor("edges"), b.tensor("edges")));
    QCOMPARE(second.coder().nodeText(std::vector<float>{0.2F, 0.7F, 0}.data()), std::string("b"));
}

void TestGraphViews::damagedAttributeFilesAreRefused() {
    for (const char* content : {"", "nodes = 3", "[nodes]\nkinds = [1]\nnumbers = []\nmean = []\ndeviation = []\n",
                                "[nodes]\nkinds = []\nnumbers = ['x']\nmean = []\ndeviation = []\n", "[nodes"}) {
        writeFiles(root(), {{"graph_attributes.toml", content}});
        GraphDomain domain({}, {});
        QVERIFY2(messageOf([&] { domain.load(root()); }).contains("graph_attributes.toml"), content);
        QVERIFY_EXCEPTION_THROWN(domain.load(root()), DataError);
    }
}

void TestGraphViews::kindsAreMatchedByName() {
    const auto training = opened(usable());
    GraphDomain domain({.categorical = true}, {{}});
    domain.fit(*training, {0, 1}, {});
    QTemporaryDir other;  // b alone, which is its first kind
    writeFiles(other.path().toStdString(), {{"nodes.csv", "node,kind\n0,b\n1,b\n2,b\n"}, {"edges.csv", "from,to,kind\n0,1,y\n1,2,y\n"}});
    const View view = domain.evaluationView(*openGraphs(other.path().toStdString()), {0}, {});
    QVERIFY(at::equal(view.tensor("nodes")[0], rows({0, 1, 0, 1, 0, 1}, 2)));
    QVERIFY(at::equal(view.tensor("edges")[0], rows({0, 1, 0, 1}, 2)));
}

void TestGraphViews::unknownKindsAndColumnsAreNamedAndSkipped_data() {
    QTest::addColumn<QString>("nodes");
    QTest::addColumn<QString>("edges");
    QTest::addColumn<QString>("told");
    const QString nodes = "graph,node,kind,weight\n1,0,a,1\n1,1,b,1\n1,2,b,1\n2,0,a,1\n2,1,%1,1\n2,2,b,1\n",
                  edges = "graph,from,to,kind\n1,0,1,x\n1,1,2,y\n2,0,1,%1\n2,1,2,x\n";
    QTest::newRow("a kind of nodes") << nodes.arg("c") << edges.arg("x") << "node kind 'c' is none of those that the model was trained with (a, b)";
    QTest::newRow("a kind of edges") << nodes.arg("a") << edges.arg("z") << "edge kind 'z' is none of those";
}

void TestGraphViews::unknownKindsAndColumnsAreNamedAndSkipped() {
    QFETCH(QString, nodes);
    QFETCH(QString, edges);
    QFETCH(QString, told);
    GraphDomain domain({}, {{}});
    domain.fit(*opened(usable()), {0, 1}, {});
    QTemporaryDir other;
    writeFiles(other.path().toStdString(), {{"nodes.csv", nodes.toStdString()}, {"edges.csv", edges.toStdString()}});
    const auto set = openGraphs(other.path().toStdString());
    const View view = domain.evaluationView(*set, {0, 1}, {});
    QVERIFY((view.sampleIds == std::vector<std::int64_t>{0}));
    const QString reason = QString::fromStdString(set->problems().at(0).reason);
    QVERIFY2(reason.contains(told), qPrintable(reason));
    QVERIFY(messageOf([&] { domain.evaluationView(*set, {1}, {}); }).contains("none of 1 graphs can be used"));

    writeFiles(other.path().toStdString(), {{"nodes.csv", "node,kind\n0,a\n1,b\n"}, {"edges.csv", "from,to,kind\n0,1,x\n"}});
    const QString missing = messageOf([&] { domain.evaluationView(*openGraphs(other.path().toStdString()), {0}, {}); });
    QVERIFY2(missing.contains("its nodes carry no 'weight'"), qPrintable(missing));
}

void TestGraphViews::widthsThatDoNotFitAreRefused() {
    const auto set = opened(usable());
    const QString nodes = messageOf([&] { GraphDomain({.nodeFeatures = 5}, {{}}).fit(*set, {0}, {}); });
    QVERIFY2(nodes.contains("it has 3 where input.node_features = 5"), qPrintable(nodes));
    QVERIFY(messageOf([&] { GraphDomain({.edgeFeatures = 5}, {{}}).fit(*set, {0}, {}); }).contains("input.edge_features = 5"));
}

void TestGraphViews::kindsAreNeededWhereTheyArePredicted() {
    const auto set = opened({{"nodes.csv", "node,x\n0,1\n1,2\n"}, {"edges.csv", "from,to\n0,1\n"}});
    const QString message = messageOf([&] { GraphDomain({.categorical = true}, {{}}).fit(*set, {0}, {}); });
    QVERIFY2(message.contains("its nodes carry numbers (x) and no kinds"), qPrintable(message));
}

void TestGraphViews::unusableSamplesAreReplacedAndCounted() {
    const auto set = opened({{"nodes.csv", "graph,node,x\n1,0,nan\n1,1,1\n2,0,1\n2,1,2\n3,0,5\n"}, {"edges.csv", "graph,from,to\n2,0,1\n"}});
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0, 1, 2}, {});
    const auto source = domain.trainingViews(set, {0, 1, 2});
    QCOMPARE(source->count(), 3);
    const View view = source->make(1, std::vector<SampleSlot>{{.place = 0}, {.place = 1}, {.place = 2}}).front();
    QVERIFY((view.sampleIds == std::vector<std::int64_t>{1, 1, 1}));
    QCOMPARE(source->replaced(), 2);
    QCOMPARE(set->problems().size(), std::size_t(2));
    QVERIFY_EXCEPTION_THROWN(domain.trainingViews(set, {0, 2}), DataError);
}

void TestGraphViews::tooFewEdgesAreSkippedWhereEdgesCarryAttributes() {
    const auto set = opened(csvGraphs());
    GraphDomain domain({}, {{}});
    domain.fit(*set, {0, 1}, {});
    QVERIFY((domain.evaluationView(*set, {0, 1}, {}).sampleIds == std::vector<std::int64_t>{0}));
    QVERIFY(QString::fromStdString(set->problems().at(0).reason).contains("it has 1 edge; where edges carry attributes"));

    QTemporaryDir plain;  // without attributes of edges, a graph without any edge will do
    writeFiles(plain.path().toStdString(), {{"nodes.csv", "node,x\n0,1\n1,2\n"}, {"edges.csv", "from,to\n"}});
    const auto bare = openGraphs(plain.path().toStdString());
    GraphDomain other({}, {{}});
    other.fit(*bare, {0}, {});
    const View view = other.evaluationView(*bare, {0}, {});
    QCOMPARE(view.geometry.edges.size(1), 0);
    QCOMPARE(view.geometry.edgeValid.sum().item<std::int64_t>(), 0);
    QVERIFY(!view.tensors.contains("edges"));
}

void TestGraphViews::everyViewHoldsTheSame() {
    const auto set = opened(usable());
    GraphDomain domain({}, {{.name = "one"}, {.name = "two"}});
    domain.fit(*set, {0, 1}, {});
    const auto source = domain.trainingViews(set, {0, 1});
    const std::vector<View> views = source->make(1, kBoth), again = source->make(2, kBoth);
    QCOMPARE(views.size(), std::size_t(2));
    QCOMPARE(views[1].name, std::string("two"));
    QVERIFY(at::equal(views[0].tensor("nodes"), views[1].tensor("nodes")));
    QVERIFY(at::equal(views[0].tensor("nodes"), again[0].tensor("nodes")));
}

void TestGraphViews::augmentationsAreRefused() {
    const Value table = parseToml("flip = 0.5", "test");
    QVERIFY(messageOf([&] { GraphDomain({}, {{.augment = table}}); }).contains("flip"));
}

void TestGraphViews::otherDomainsAreRefused() {
    class NoGraphs : public Dataset {
        std::int64_t size() const override { return 1; }
        std::string sampleName(std::int64_t) const override { return "x"; }
        std::int64_t label(std::int64_t) const override { return -1; }
    };
    QVERIFY_EXCEPTION_THROWN(asGraphs(NoGraphs()), DataError);
}

MASKSCOPE_TEST(TestGraphViews)
#include "tst_graph_views.moc"
