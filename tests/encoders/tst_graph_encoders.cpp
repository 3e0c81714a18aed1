#include "encoders/encoder.h"
#include "layers/initialization.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/graph_views.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kNodeFeatures = 3, kEdgeFeatures = 2;

const Corruption kInputToken{.kind = CorruptionKind::Token, .place = CorruptionPlace::Input, .role = "nodes"};
const Corruption kEmbeddingToken{.kind = CorruptionKind::Token, .place = CorruptionPlace::Embedding, .role = "nodes"};
const Corruption kZero{.kind = CorruptionKind::Zero, .place = CorruptionPlace::Input, .role = "nodes"};

std::shared_ptr<Encoder> makeEncoder(const std::string& kind, const std::vector<Corruption>& corruptions = {}) {
    const InputSpec input{GraphInput{.nodeFeatures = kNodeFeatures, .edgeFeatures = kEdgeFeatures}};
    auto encoder = makeEncoderRegistry().make(parseToml("kind = \"" + kind + "\"\nwidth = 8\ndepth = 2", "test"), "encoder", "kind", input);
    for (const Corruption& corruption : corruptions) encoder->prepare(corruption);
    initializeParameters(*encoder, encoder->initialization(), 1);
    encoder->to(torch::kDouble);
    const torch::NoGradGuard noGrad;
    for (auto& item : encoder->named_parameters())
        if (item.key().find("token") != std::string::npos) item.value().normal_();
    return encoder;
}

View batchOf(const std::vector<PlainGraph>& graphs, std::vector<std::uint64_t> seeds = {}) {
    return graphView(graphs, kNodeFeatures, kEdgeFeatures, std::move(seeds));
}

at::Tensor flags(const std::vector<float>& values, std::int64_t columns) { return torch::tensor(values).view({-1, columns}); }

MaskPlan nodePlan(const View& view, const at::Tensor& hidden, const at::Tensor& chance = {}, std::int64_t copies = 1) {
    MaskPlan plan(copies);
    addMask(plan, hidden, "nodes", MaskSpace::Token, copies > 1 ? view.geometry.valid.repeat_interleave(copies, 0) : view.geometry.valid, chance);
    return plan;
}

at::Tensor run(Encoder& encoder, const View& view, const MaskPlan& plan = MaskPlan(), const Corruption& corruption = {}) {
    const torch::NoGradGuard noGrad;
    return encoder.forward(view, plan, corruption, {}).tokens;
}

void addKinds() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("gin") << "gin";
    QTest::newRow("gat") << "gat";
}

}  // namespace

class TestGraphEncoders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void batchEqualsEachGraphAlone_data() { addKinds(); }
    void batchEqualsEachGraphAlone();
    void paddingDoesNotMatter_data() { addKinds(); }
    void paddingDoesNotMatter();
    void numberingOfNodesDoesNotMatter_data() { addKinds(); }
    void numberingOfNodesDoesNotMatter();
    void messagesGoAsFarAsTheDepth_data() { addKinds(); }
    void messagesGoAsFarAsTheDepth();
    void hiddenAttributesDoNotReachAnything_data();
    void hiddenAttributesDoNotReachAnything();
    void hiddenEdgesKeepTheirEndsAlone_data() { addKinds(); }
    void hiddenEdgesKeepTheirEndsAlone();
    void sharesOfHiddenNodesAreKeptOrReplaced_data() { addKinds(); }
    void sharesOfHiddenNodesAreKeptOrReplaced();
    void copiesSeeTheirOwnMasks_data() { addKinds(); }
    void copiesSeeTheirOwnMasks();
    void everyParameterGetsItsGradient_data();
    void everyParameterGetsItsGradient();
    void gradientsAgreeWithFiniteDifferences_data() { addKinds(); }
    void gradientsAgreeWithFiniteDifferences();
    void graphsWithoutEdgesAreEncoded_data() { addKinds(); }
    void graphsWithoutEdgesAreEncoded();
    void corruptionsItCannotHonourAreDeclined_data() { addKinds(); }
    void corruptionsItCannotHonourAreDeclined();
    void depthOfParametersIsKnown();
    void inputsThatDoNotFitAreRefused();
};

void TestGraphEncoders::batchEqualsEachGraphAlone() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());
    const std::vector<PlainGraph> graphs{kPath, kTriangleWithTail, kNoEdges};
    const at::Tensor together = run(*encoder, batchOf(graphs));
    for (std::int64_t i = 0; i < 3; ++i) {
        const PlainGraph& graph = graphs[static_cast<std::size_t>(i)];
        const at::Tensor alone = run(*encoder, batchOf({graph}, {static_cast<std::uint64_t>(i)}));
        QVERIFY(torch::allclose(together[i].narrow(0, 0, graph.nodes), alone[0], 1e-12, 1e-12));
    }
}

void TestGraphEncoders::paddingDoesNotMatter() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());
    View view = batchOf({kPath, kTriangleWithTail});
    const at::Tensor before = run(*encoder, view);
    view.tensors["nodes"][0][3].fill_(1e6);
    view.tensors["edges"][0].narrow(0, 2, 2).fill_(1e6);
    const at::Tensor after = run(*encoder, view);
    QVERIFY(torch::equal(before[0].narrow(0, 0, 3), after[0].narrow(0, 0, 3)));
    QVERIFY(torch::equal(before[1], after[1]));
}

void TestGraphEncoders::numberingOfNodesDoesNotMatter() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());
    const std::vector<std::int64_t> order{2, 0, 3, 1};  // node i becomes order[i]
    PlainGraph renamed{4, {}};
    for (const auto& [a, b] : kTriangleWithTail.edges)
        renamed.edges.emplace_back(order[static_cast<std::size_t>(a)], order[static_cast<std::size_t>(b)]);
    const View view = batchOf({kTriangleWithTail});
    View other = batchOf({renamed});
    other.tensors["edges"] = view.tensor("edges");
    for (std::int64_t i = 0; i < 4; ++i) other.tensors["nodes"][0][order[static_cast<std::size_t>(i)]].copy_(view.tensor("nodes")[0][i]);
    const at::Tensor straight = run(*encoder, view), turned = run(*encoder, other);
    QVERIFY(!torch::allclose(straight[0][0], straight[0][3]));
    QVERIFY(torch::allclose(turned[0].index_select(0, torch::tensor(order, torch::kLong)), straight[0], 1e-12, 1e-12));
}

void TestGraphEncoders::messagesGoAsFarAsTheDepth() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());  // two rounds
    View chain = batchOf({{5, {{0, 1}, {1, 2}, {2, 3}, {3, 4}}}});
    const at::Tensor before = run(*encoder, chain);
    chain.tensors["nodes"][0][0] += 1.0;
    const at::Tensor after = run(*encoder, chain);
    for (const std::int64_t near : {0, 1, 2}) QVERIFY(!torch::allclose(before[0][near], after[0][near]));
    for (const std::int64_t far : {3, 4}) QVERIFY(torch::equal(before[0][far], after[0][far]));
}

void TestGraphEncoders::hiddenAttributesDoNotReachAnything_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<int>("place");
    QTest::addColumn<int>("corruption");
    for (const char* kind : {"gin", "gat"}) {
        QTest::addRow("%s, token at the input", kind) << kind << static_cast<int>(CorruptionPlace::Input) << static_cast<int>(CorruptionKind::Token);
        QTest::addRow("%s, token at the embedding", kind)
            << kind << static_cast<int>(CorruptionPlace::Embedding) << static_cast<int>(CorruptionKind::Token);
        QTest::addRow("%s, zeros at the input", kind) << kind << static_cast<int>(CorruptionPlace::Input) << static_cast<int>(CorruptionKind::Zero);
        QTest::addRow("%s, zeros at the embedding", kind)
            << kind << static_cast<int>(CorruptionPlace::Embedding) << static_cast<int>(CorruptionKind::Zero);
    }
}

void TestGraphEncoders::hiddenAttributesDoNotReachAnything() {
    QFETCH(QString, kind);
    QFETCH(int, place);
    QFETCH(int, corruption);
    const Corruption asked{.kind = static_cast<CorruptionKind>(corruption), .place = static_cast<CorruptionPlace>(place), .role = "nodes"};
    const auto encoder = makeEncoder(kind.toStdString(), {asked});
    View view = batchOf({kTriangleWithTail, kPath});
    const MaskPlan plan = nodePlan(view, flags({0, 1, 0, 1, 1, 0, 0, 0}, 4));
    const at::Tensor before = run(*encoder, view, plan, asked), open = run(*encoder, view);
    QVERIFY(!torch::allclose(before, open));
    view.tensors["nodes"][0][1] += 5.0;
    view.tensors["nodes"][0][3] += 5.0;
    view.tensors["nodes"][1][0] += 5.0;
    QVERIFY(torch::equal(before, run(*encoder, view, plan, asked)));
    view.tensors["nodes"][0][0] += 5.0;
    QVERIFY(!torch::allclose(before[0], run(*encoder, view, plan, asked)[0]));
}

void TestGraphEncoders::hiddenEdgesKeepTheirEndsAlone() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString(), {kInputToken});
    View view = batchOf({kTriangleWithTail, kPath});
    MaskPlan plan = nodePlan(view, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4));
    addMask(plan, flags({0, 0, 1, 0, 1, 0, 0, 0}, 4), "edges", MaskSpace::Edge, view.geometry.edgeValid);
    const at::Tensor before = run(*encoder, view, plan, kInputToken);
    QVERIFY(!torch::allclose(before, run(*encoder, view, nodePlan(view, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4)), kInputToken)));
    view.tensors["edges"][0][2] += 5.0;
    view.tensors["edges"][1][0] += 5.0;
    QVERIFY(torch::equal(before, run(*encoder, view, plan, kInputToken)));
    view.tensors["edges"][0][3] += 5.0;
    QVERIFY(!torch::allclose(before[0], run(*encoder, view, plan, kInputToken)[0]));
    // A pass that follows the mask of edges alone sees every node.
    const Corruption edgesAlone{.kind = CorruptionKind::Token, .place = CorruptionPlace::Input, .role = "edges"};
    view.tensors["nodes"][0][1] += 5.0;
    QVERIFY(!torch::allclose(run(*encoder, view, plan, edgesAlone)[0], before[0]));
}

void TestGraphEncoders::sharesOfHiddenNodesAreKeptOrReplaced() {
    QFETCH(QString, kind);
    Corruption shares = kInputToken;
    shares.keepShare = 0.2;
    shares.randomShare = 0.3;
    const auto encoder = makeEncoder(kind.toStdString(), {shares});
    const View view = batchOf({kTriangleWithTail, kPath});
    const at::Tensor hidden = flags({1, 1, 1, 0, 1, 0, 0, 0}, 4);
    at::Tensor chance = torch::full({2, 4, 2}, 0.99);
    chance[0][0][0] = 0.1;                            // kept
    chance[0][1][0] = 0.49, chance[0][1][1] = 0.8;    // node 3 of 0..3
    chance[0][2][0] = 0.5;                            // the token
    chance[1][0][0] = 0.2, chance[1][0][1] = 0.9999;  // the last of three real nodes, never the padding
    const at::Tensor result = run(*encoder, view, nodePlan(view, hidden, chance), shares);
    View expected = view;
    expected.tensors["nodes"] = view.tensor("nodes").clone();
    expected.tensors["nodes"][0][1].copy_(view.tensor("nodes")[0][3]);
    expected.tensors["nodes"][1][0].copy_(view.tensor("nodes")[1][2]);
    // Graph by graph, for a mask hides something in every graph: node 2 of the first has the token, the second graph shows all.
    const View first = expected.rows({0}), second = expected.rows({1});
    QVERIFY(torch::allclose(result.narrow(0, 0, 1), run(*encoder, first, nodePlan(first, flags({0, 0, 1, 0}, 4)), kInputToken), 1e-12, 1e-12));
    QVERIFY(torch::allclose(result.narrow(0, 1, 1), run(*encoder, second), 1e-12, 1e-12));
    QVERIFY_EXCEPTION_THROWN(run(*encoder, view, nodePlan(view, hidden), shares), ShapeError);
}

void TestGraphEncoders::copiesSeeTheirOwnMasks() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString(), {kInputToken});
    const View view = batchOf({kTriangleWithTail, kPath});
    const at::Tensor hidden = flags({1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}, 4);
    const at::Tensor result = run(*encoder, view, nodePlan(view, hidden, {}, 2), kInputToken);
    QCOMPARE(result.size(0), 4);
    for (std::int64_t row = 0; row < 4; ++row) {
        const View one = view.rows({row / 2});
        const at::Tensor alone = run(*encoder, one, nodePlan(one, hidden.narrow(0, row, 1)), kInputToken);
        QVERIFY(torch::allclose(result[row], alone[0], 1e-12, 1e-12));
    }
}

void TestGraphEncoders::everyParameterGetsItsGradient_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<bool>("hidesEdges");
    for (const char* kind : {"gin", "gat"})
        for (const bool hidesEdges : {false, true})
            QTest::addRow("%s, %s", kind, hidesEdges ? "edges hidden" : "no edges hidden") << kind << hidesEdges;
}

void TestGraphEncoders::everyParameterGetsItsGradient() {
    QFETCH(QString, kind);
    QFETCH(bool, hidesEdges);
    const auto encoder = makeEncoder(kind.toStdString(), {kInputToken});
    const View view = batchOf({kTriangleWithTail, kPath});
    MaskPlan plan = nodePlan(view, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4));
    if (hidesEdges) addMask(plan, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4), "edges", MaskSpace::Edge, view.geometry.edgeValid);
    const at::Tensor tokens = encoder->forward(view, plan, kInputToken, {}).tokens;
    (tokens * torch::randn_like(tokens)).sum().backward();
    for (const auto& item : encoder->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        const bool unused = item.key() == "edge_mask_token" && !hidesEdges;
        QVERIFY2((item.value().grad().abs().max().item<double>() > 0.0) != unused, item.key().c_str());
    }
}

void TestGraphEncoders::gradientsAgreeWithFiniteDifferences() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString(), {kInputToken});
    const View view = batchOf({kTriangleWithTail, kPath});
    MaskPlan plan = nodePlan(view, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4));
    addMask(plan, flags({0, 1, 0, 0, 1, 0, 0, 0}, 4), "edges", MaskSpace::Edge, view.geometry.edgeValid);
    const at::Tensor weights = torch::randn({2, 4, 8}, at::detail::createCPUGenerator(5), torch::kDouble);
    const double worst = worstSlope(*encoder, [&] { return (encoder->forward(view, plan, kInputToken, {}).tokens * weights).sum(); });
    QVERIFY2(worst < 1e-6, qPrintable(QString::number(worst)));
}

void TestGraphEncoders::graphsWithoutEdgesAreEncoded() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());
    const at::Tensor tokens = run(*encoder, batchOf({kNoEdges, {1, {}}}));
    QVERIFY((tokens.sizes().vec() == std::vector<std::int64_t>{2, 2, 8}));
    QVERIFY(tokens.isfinite().all().item<bool>());
}

void TestGraphEncoders::corruptionsItCannotHonourAreDeclined() {
    QFETCH(QString, kind);
    const auto encoder = makeEncoder(kind.toStdString());
    for (const Corruption& fine : {Corruption{}, kInputToken, kEmbeddingToken, kZero}) QVERIFY(encoder->honours(fine));
    QVERIFY(!encoder->honours({.kind = CorruptionKind::Drop}));
    QVERIFY(!encoder->honours({.kind = CorruptionKind::Noise, .place = CorruptionPlace::Input}));
    QVERIFY(!encoder->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer}));
}

void TestGraphEncoders::depthOfParametersIsKnown() {
    const auto encoder = makeEncoder("gin", {kInputToken});
    QCOMPARE(encoder->depth(), 2);
    QCOMPARE(encoder->layerOf("embed.weight"), 0);
    QCOMPARE(encoder->layerOf("input_mask_token"), 0);
    QCOMPARE(encoder->layerOf("messages.layer0.fc1.weight"), 1);
    QCOMPARE(encoder->layerOf("messages.norm1.weight"), 2);
}

void TestGraphEncoders::inputsThatDoNotFitAreRefused() {
    const auto encoder = makeEncoder("gin");
    QVERIFY_EXCEPTION_THROWN(run(*encoder, graphView({kPath}, kNodeFeatures + 1, kEdgeFeatures)), ShapeError);
    QVERIFY_EXCEPTION_THROWN(run(*encoder, graphView({kPath}, kNodeFeatures, 0)), ShapeError);
    const Value table = parseToml("kind = \"gat\"\nwidth = 8", "test");
    QVERIFY_EXCEPTION_THROWN(makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{TextInput{}}), RecipeError);
    QVERIFY_EXCEPTION_THROWN(makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{GraphInput{}}), RecipeError);
    const Value odd = parseToml("kind = \"gat\"\nwidth = 9\nheads = 2", "test");
    QVERIFY_EXCEPTION_THROWN(makeEncoderRegistry().make(odd, "encoder", "kind", InputSpec{GraphInput{.nodeFeatures = 2}}), RecipeError);
    const Value heads = parseToml("kind = \"gin\"\nheads = 2", "test");
    QVERIFY_EXCEPTION_THROWN(makeEncoderRegistry().make(heads, "encoder", "kind", InputSpec{GraphInput{.nodeFeatures = 2}}), RecipeError);
}

MASKSCOPE_TEST(TestGraphEncoders)
#include "tst_graph_encoders.moc"
