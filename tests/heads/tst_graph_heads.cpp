#include "heads/head.h"
#include "layers/initialization.h"
#include "tensor/gather.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/graph_views.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kWidth = 6, kTarget = 3;
const InputSpec kGraphs{GraphInput{.nodeFeatures = 3, .edgeFeatures = 2}};

std::shared_ptr<Head> makeHead(const std::string& toml) {
    auto head = makeHeadRegistry().make(parseToml(toml, "test"), "head", "kind", HeadContext{kGraphs, kWidth, kTarget});
    initializeParameters(*head, "xavier", 1);
    head->to(torch::kDouble);
    return head;
}

Features featuresOf(const View& view) {
    Features features;
    features.tokens = view.tensor("nodes").clone();
    features.geometry = view.geometry;
    return features;
}

const std::string kGnn = "kind = \"gnn\"\nwidth = 8\n";

/// Hides nodes 1 and 3 of the first graph and node 0 of the second.
TokenSplit nodeSplit(const View& view) {
    return splitTokens(torch::tensor({0.F, 1.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F}).view({2, 4}), view.geometry.valid);
}

}  // namespace

class TestGraphHeads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { view_ = graphView({kTriangleWithTail, kPath}, kWidth, 0); }

    void edgesArePredictedFromTheSumOfTheirEnds();
    void rowsOfEdgesAreRowsOfAll();
    void codesOfHiddenNodesDoNotReachTheirPredictions_data();
    void codesOfHiddenNodesDoNotReachTheirPredictions();
    void rowsOfNodesAreRowsOfAll();
    void paddedIndicesHideNothing();
    void batchEqualsEachGraphAlone();
    void gradientsAgreeWithFiniteDifferences_data();
    void gradientsAgreeWithFiniteDifferences();
    void whatDoesNotFitIsRefused();

private:
    View view_;
};

void TestGraphHeads::edgesArePredictedFromTheSumOfTheirEnds() {
    const auto head = makeHead("kind = \"edge_linear\"");
    const auto p = head->named_parameters();
    const Features features = featuresOf(view_);
    const at::Tensor result = head->forward(features, nullptr, TokenChoice::All);
    QVERIFY((result.sizes().vec() == std::vector<std::int64_t>{2, 4, kTarget}));
    for (std::int64_t b = 0; b < 2; ++b) {
        const EdgeList& edges = b == 0 ? kTriangleWithTail.edges : kPath.edges;
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const at::Tensor sum = features.tokens[b][edges[i].first] + features.tokens[b][edges[i].second];
            const at::Tensor expected = torch::mv(p["predict.weight"], sum) + p["predict.bias"];
            QVERIFY(torch::allclose(result[b][static_cast<std::int64_t>(i)], expected, 1e-12, 1e-12));
        }
    }
}

void TestGraphHeads::rowsOfEdgesAreRowsOfAll() {
    const auto head = makeHead("kind = \"edge_linear\"");
    const TokenSplit split = splitTokens(torch::tensor({0.F, 1.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F}).view({2, 4}), view_.geometry.edgeValid);
    const at::Tensor all = head->forward(featuresOf(view_), &split, TokenChoice::All);
    QVERIFY(torch::allclose(head->forward(featuresOf(view_), &split, TokenChoice::Hidden), takeTokens(all, split.hidden)));
    QVERIFY(torch::allclose(head->forward(featuresOf(view_), &split, TokenChoice::Visible), takeTokens(all, split.visible)));
}

void TestGraphHeads::codesOfHiddenNodesDoNotReachTheirPredictions_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<bool>("remasks");
    for (const char* layer : {"gin", "gat"}) {
        QTest::addRow("%s, token", layer) << QString("layer = \"%1\"\nremask = \"token\"").arg(layer) << true;
        QTest::addRow("%s, zero", layer) << QString("layer = \"%1\"\nremask = \"zero\"").arg(layer) << true;
        QTest::addRow("%s, none", layer) << QString("layer = \"%1\"\nremask = \"none\"").arg(layer) << false;
    }
}

void TestGraphHeads::codesOfHiddenNodesDoNotReachTheirPredictions() {
    QFETCH(QString, settings);
    QFETCH(bool, remasks);
    const auto head = makeHead(kGnn + settings.toStdString());
    const TokenSplit split = nodeSplit(view_);
    Features features = featuresOf(view_);
    const at::Tensor before = head->forward(features, &split, TokenChoice::Hidden);
    features.tokens[0][1] += 3.0;
    features.tokens[0][3] += 3.0;
    features.tokens[1][0] += 3.0;
    const at::Tensor after = head->forward(features, &split, TokenChoice::Hidden);
    QCOMPARE(torch::equal(before, after), remasks);
    features.tokens[0][2] += 3.0;  // a visible neighbour of both
    QVERIFY(!torch::allclose(after[0], head->forward(features, &split, TokenChoice::Hidden)[0]));
}

void TestGraphHeads::rowsOfNodesAreRowsOfAll() {
    const auto head = makeHead(kGnn);
    const TokenSplit split = nodeSplit(view_);
    const at::Tensor all = head->forward(featuresOf(view_), &split, TokenChoice::All);
    QVERIFY((all.sizes().vec() == std::vector<std::int64_t>{2, 4, kTarget}));
    QVERIFY(torch::allclose(head->forward(featuresOf(view_), &split, TokenChoice::Hidden), takeTokens(all, split.hidden), 1e-12, 1e-12));
    QVERIFY(torch::allclose(head->forward(featuresOf(view_), &split, TokenChoice::Visible), takeTokens(all, split.visible), 1e-12, 1e-12));
}

/// The second graph hides one node where the first hides two: its padding index 0 is no mask.
void TestGraphHeads::paddedIndicesHideNothing() {
    const auto head = makeHead(kGnn);
    const TokenSplit split = splitTokens(torch::tensor({0.F, 1.F, 0.F, 1.F, 0.F, 1.F, 0.F, 0.F}).view({2, 4}), view_.geometry.valid);
    Features features = featuresOf(view_);
    const at::Tensor before = head->forward(features, &split, TokenChoice::All);
    features.tokens[1][0] += 3.0;
    QVERIFY(!torch::allclose(before[1], head->forward(features, &split, TokenChoice::All)[1]));
}

void TestGraphHeads::batchEqualsEachGraphAlone() {
    for (const char* layer : {"gin", "gat"}) {
        const auto head = makeHead(kGnn + "depth = 2\nlayer = \"" + layer + "\"");
        const at::Tensor together = head->forward(featuresOf(view_), nullptr, TokenChoice::All);
        const View one = graphView({kPath}, kWidth, 0, {1});
        QVERIFY(torch::allclose(together[1].narrow(0, 0, 3), head->forward(featuresOf(one), nullptr, TokenChoice::All)[0], 1e-12, 1e-12));
    }
}

void TestGraphHeads::gradientsAgreeWithFiniteDifferences_data() {
    QTest::addColumn<QString>("toml");
    QTest::newRow("gin decoder") << QString::fromStdString(kGnn);
    QTest::newRow("gat decoder") << QString::fromStdString(kGnn + "layer = \"gat\"\nheads = 2");
    QTest::newRow("edge_linear") << "kind = \"edge_linear\"";
}

void TestGraphHeads::gradientsAgreeWithFiniteDifferences() {
    QFETCH(QString, toml);
    const auto head = makeHead(toml.toStdString());
    const TokenSplit split = nodeSplit(view_);
    const at::Tensor weights = torch::randn({2, 4, kTarget}, at::detail::createCPUGenerator(5), torch::kDouble);
    const double worst = worstSlope(*head, [&] { return (head->forward(featuresOf(view_), &split, TokenChoice::All) * weights).sum(); });
    QVERIFY2(worst < 1e-6, qPrintable(QString::number(worst)));
    for (const auto& item : head->named_parameters()) QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
}

void TestGraphHeads::whatDoesNotFitIsRefused() {
    Features dropped = featuresOf(view_);
    dropped.dropped = true;
    Features grid = featuresOf(view_);
    grid.geometry = Geometry::grid(2, {2, 2});
    for (const std::string& toml : {kGnn, std::string("kind = \"edge_linear\"")}) {
        QVERIFY_EXCEPTION_THROWN(makeHead(toml)->forward(dropped, nullptr, TokenChoice::All), ShapeError);
        QVERIFY_EXCEPTION_THROWN(makeHead(toml)->forward(grid, nullptr, TokenChoice::All), ShapeError);
        QVERIFY(!makeHead(toml)->restoresDropped());
        const InputSpec text{TextInput{}};
        QVERIFY_EXCEPTION_THROWN(makeHeadRegistry().make(parseToml(toml, "test"), "head", "kind", HeadContext{text, kWidth, kTarget}), RecipeError);
    }
}

MASKSCOPE_TEST(TestGraphHeads)
#include "tst_graph_heads.moc"
