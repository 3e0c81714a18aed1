#include "layers/initialization.h"
#include "layers/message_passing.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/graph_views.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

template <typename Layer>
std::shared_ptr<Layer> makeLayer(const MessageParams& params) {
    auto layer = std::make_shared<Layer>(params);
    initializeParameters(*layer, "xavier", 3);
    layer->to(torch::kDouble);
    const torch::NoGradGuard noGrad;
    for (auto& item : layer->named_parameters())
        if (item.value().dim() == 1) item.value().normal_();  // biases that would show if they were forgotten
    return layer;
}

at::Tensor nodesOf(const View& view) { return view.tensor("nodes").flatten(0, 1); }

}  // namespace

class TestMessagePassing : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sumsByGroupAreSums();
    void softmaxByGroupIsASoftmaxInEachGroup();
    void ginFollowsItsFormula_data();
    void ginFollowsItsFormula();
    void gatFollowsItsFormula_data();
    void gatFollowsItsFormula();
    void ginCountsEqualNeighboursAndGatDoesNot();
    void gradientsAgreeWithFiniteDifferences_data();
    void gradientsAgreeWithFiniteDifferences();
    void resultsRepeatBitForBit();
    void repeatedGraphsAreCopiesNextToEachOther();
    void attentionMapsAreDistributionsOverNeighbours();
    void geometriesWithoutEdgesAreRefused();
};

void TestMessagePassing::sumsByGroupAreSums() {
    const at::Tensor values = torch::tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}), groups = torch::tensor({2, 0, 2}, torch::kLong);
    QVERIFY(torch::equal(sumByGroup(values, groups, 4), torch::tensor({{3.0, 4.0}, {0.0, 0.0}, {6.0, 8.0}, {0.0, 0.0}})));
}

void TestMessagePassing::softmaxByGroupIsASoftmaxInEachGroup() {
    const at::Tensor logits = torch::tensor({{1.0, 900.0}, {2.0, -900.0}, {-1000.0, 3.0}, {4.0, 4.0}}).to(torch::kDouble);
    const at::Tensor groups = torch::tensor({1, 1, 0, 1}, torch::kLong), result = softmaxByGroup(logits, groups, 3);
    const at::Tensor group = torch::softmax(torch::stack({logits[0], logits[1], logits[3]}), 0);
    QVERIFY(torch::allclose(torch::stack({result[0], result[1], result[3]}), group, 1e-12, 1e-12));
    QVERIFY(torch::equal(result[2], torch::ones({2}, torch::kDouble)));  // alone, however small
}

void TestMessagePassing::ginFollowsItsFormula_data() {
    QTest::addColumn<int>("edgeFeatures");
    QTest::newRow("edges without attributes") << 0;
    QTest::newRow("edges with attributes") << 2;
}

void TestMessagePassing::ginFollowsItsFormula() {
    QFETCH(int, edgeFeatures);
    const auto layer = makeLayer<GinLayer>({.layer = "gin", .width = 3, .epsilon = 0.3, .edgeFeatures = edgeFeatures});
    const View view = graphView({kTriangleWithTail}, 3, edgeFeatures);
    const auto p = layer->named_parameters();
    const at::Tensor x = nodesOf(view);
    at::Tensor expected = torch::zeros_like(x);
    for (std::int64_t v = 0; v < 4; ++v) {
        at::Tensor sum = x[v] * 1.3;
        for (std::size_t i = 0; i < kTriangleWithTail.edges.size(); ++i) {
            const auto [a, b] = kTriangleWithTail.edges[i];
            if (a != v && b != v) continue;
            sum = sum + x[a == v ? b : a];
            if (edgeFeatures > 0) sum = sum + torch::mv(p["edge.weight"], view.tensor("edges")[0][static_cast<std::int64_t>(i)]) + p["edge.bias"];
        }
        expected[v] = torch::mv(p["fc2.weight"], torch::relu(torch::mv(p["fc1.weight"], sum) + p["fc1.bias"])) + p["fc2.bias"];
    }
    const at::Tensor result = layer->forward(x, MessageEdges::of(view.geometry, edgeFeatures > 0 ? view.tensor("edges") : at::Tensor()), nullptr);
    QVERIFY(torch::allclose(result, expected, 1e-12, 1e-12));
}

void TestMessagePassing::gatFollowsItsFormula_data() { ginFollowsItsFormula_data(); }

void TestMessagePassing::gatFollowsItsFormula() {
    QFETCH(int, edgeFeatures);
    const auto layer = makeLayer<GatLayer>({.layer = "gat", .width = 4, .heads = 2, .slope = 0.1, .edgeFeatures = edgeFeatures});
    const View view = graphView({kTriangleWithTail}, 4, edgeFeatures);
    const auto p = layer->named_parameters();
    const at::Tensor x = nodesOf(view), projected = torch::matmul(x, p["project.weight"].t());
    at::Tensor expected = torch::zeros_like(x);
    for (std::int64_t v = 0; v < 4; ++v)
        for (std::int64_t head = 0; head < 2; ++head) {
            const auto part = [&](std::int64_t u) { return projected[u].narrow(0, 2 * head, 2); };
            std::vector<at::Tensor> logits, values;
            const auto hear = [&](std::int64_t u, const at::Tensor& extra) {
                logits.push_back(
                    torch::leaky_relu(torch::dot(p["to_weight"][head], part(v)) + torch::dot(p["from_weight"][head], part(u)) + extra, 0.1));
                values.push_back(part(u));
            };
            hear(v, torch::zeros({}, torch::kDouble));
            for (std::size_t i = 0; i < kTriangleWithTail.edges.size(); ++i) {
                const auto [a, b] = kTriangleWithTail.edges[i];
                if (a != v && b != v) continue;
                at::Tensor extra = torch::zeros({}, torch::kDouble);
                if (edgeFeatures > 0) {
                    const at::Tensor embedded = torch::mv(p["edge.weight"], view.tensor("edges")[0][static_cast<std::int64_t>(i)]);
                    extra = torch::dot(p["edge_weight"][head], embedded.narrow(0, 2 * head, 2));
                }
                hear(a == v ? b : a, extra);
            }
            const at::Tensor weights = torch::softmax(torch::stack(logits), 0).unsqueeze(-1);
            expected[v].narrow(0, 2 * head, 2).copy_((weights * torch::stack(values)).sum(0));
        }
    const at::Tensor result = layer->forward(x, MessageEdges::of(view.geometry, edgeFeatures > 0 ? view.tensor("edges") : at::Tensor()), nullptr);
    QVERIFY(torch::allclose(result, expected + p["bias"], 1e-12, 1e-12));
}

/// A star of two equal leaves and one of three: sums differ, means do not (Xu et al., ICLR 2019, Fig. 3).
void TestMessagePassing::ginCountsEqualNeighboursAndGatDoesNot() {
    View view = graphView({{3, {{0, 1}, {0, 2}}}, {4, {{0, 1}, {0, 2}, {0, 3}}}}, 4, 0);
    view.tensors["nodes"].fill_(0.5);
    const MessageEdges edges = MessageEdges::of(view.geometry, {});
    const at::Tensor gin = makeLayer<GinLayer>({.layer = "gin", .width = 4})->forward(nodesOf(view), edges, nullptr);
    const at::Tensor gat = makeLayer<GatLayer>({.layer = "gat", .width = 4, .heads = 2})->forward(nodesOf(view), edges, nullptr);
    QVERIFY(!torch::allclose(gin[0], gin[4]));
    QVERIFY(torch::allclose(gat[0], gat[4], 1e-12, 1e-12));
}

void TestMessagePassing::gradientsAgreeWithFiniteDifferences_data() {
    QTest::addColumn<QString>("layer");
    QTest::addColumn<int>("edgeFeatures");
    for (const char* layer : {"gin", "gat"})
        for (const int edges : {0, 2}) QTest::addRow("%s, %d edge attributes", layer, edges) << layer << edges;
}

void TestMessagePassing::gradientsAgreeWithFiniteDifferences() {
    QFETCH(QString, layer);
    QFETCH(int, edgeFeatures);
    const auto stack = makeLayer<MessagePassing>({.layer = layer.toStdString(), .width = 4, .depth = 2, .heads = 2, .edgeFeatures = edgeFeatures});
    const View view = graphView({kTriangleWithTail, kNoEdges}, 4, edgeFeatures);
    const at::Tensor weights = torch::randn({2, 4, 4}, at::detail::createCPUGenerator(5), torch::kDouble);
    const auto loss = [&] {
        Features untapped;
        const MessageEdges edges = MessageEdges::of(view.geometry, edgeFeatures > 0 ? view.tensor("edges") : at::Tensor());
        return (stack->forward(view.tensor("nodes"), edges, {}, untapped) * weights).sum();
    };
    const double worst = worstSlope(*stack, loss);
    QVERIFY2(worst < 1e-6, qPrintable(QString::number(worst)));
    for (const auto& item : stack->named_parameters()) QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
}

void TestMessagePassing::resultsRepeatBitForBit() {
    const auto stack = makeLayer<MessagePassing>({.layer = "gat", .width = 8, .depth = 2, .heads = 2});
    EdgeList complete;
    for (std::int64_t a = 0; a < 30; ++a)
        for (std::int64_t b = 0; b < a; ++b) complete.emplace_back(b, a);
    const View view = graphView({{30, complete}}, 8, 0);
    const auto run = [&] {
        stack->zero_grad();
        Features untapped;
        const at::Tensor result = stack->forward(view.tensor("nodes"), MessageEdges::of(view.geometry, {}), {}, untapped);
        result.square().sum().backward();
        return std::pair(result.detach().clone(), stack->parameters()[0].grad().clone());
    };
    const auto first = run();
    for (int i = 0; i < 5; ++i) {
        const auto again = run();
        QVERIFY(torch::equal(first.first, again.first) && torch::equal(first.second, again.second));
    }
}

void TestMessagePassing::repeatedGraphsAreCopiesNextToEachOther() {
    const Geometry twice = repeatedGraphs(graphView({kPath, kTriangleWithTail}, 1, 0).geometry, 2);
    const Geometry expected = graphView({kPath, kPath, kTriangleWithTail, kTriangleWithTail}, 1, 0).geometry;
    QCOMPARE(twice.batch, 4);
    QVERIFY(torch::equal(twice.valid, expected.valid));
    QVERIFY(torch::equal(twice.edgeValid, expected.edgeValid));
    const auto sorted = [](const Geometry& g) {
        std::vector<std::array<std::int64_t, 3>> rows;
        for (std::int64_t i = 0; i < g.edges.size(1); ++i)
            rows.push_back({g.edges[0][i].item<std::int64_t>(), g.edges[1][i].item<std::int64_t>(), g.edgeSlots[i].item<std::int64_t>()});
        std::sort(rows.begin(), rows.end());
        return rows;
    };
    QVERIFY(sorted(twice) == sorted(expected));
}

void TestMessagePassing::attentionMapsAreDistributionsOverNeighbours() {
    const auto stack = makeLayer<MessagePassing>({.layer = "gat", .width = 4, .depth = 2, .heads = 2});
    const View view = graphView({kTriangleWithTail, kPath}, 4, 0);
    Features features;
    stack->forward(view.tensor("nodes"), MessageEdges::of(view.geometry, {}), {.layers = true, .attentions = true}, features);
    QCOMPARE(features.layers.size(), std::size_t(2));
    QCOMPARE(features.attentions.size(), std::size_t(2));
    const at::Tensor& map = features.attentions[1];
    QVERIFY((map.sizes().vec() == std::vector<std::int64_t>{2, 2, 4, 4}));
    QVERIFY(torch::allclose(map.sum(-1), torch::ones({2, 2, 4}, torch::kDouble)));
    QCOMPARE(map[0][0][0][3].item<double>(), 0.0);  // the tail's end is no neighbour of node 0
    QVERIFY(map[0][0][2][3].item<double>() > 0.0);
}

void TestMessagePassing::geometriesWithoutEdgesAreRefused() { QVERIFY_EXCEPTION_THROWN(MessageEdges::of(Geometry::grid(1, {2, 2}), {}), ShapeError); }

MASKSCOPE_TEST(TestMessagePassing)
#include "tst_message_passing.moc"
