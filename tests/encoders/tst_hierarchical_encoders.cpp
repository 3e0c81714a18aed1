#include "encoders/encoder.h"
#include "layers/initialization.h"

#include <torch/torch.h>

#include <QtTest>

#include <set>

#include "core/error.h"
#include "core/toml.h"
#include "encoders/encoder_checks.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kPatch = 8, kRows = 2, kColumns = 3;

const char* const kSwin = "kind = \"swin\"\nstem_patch = 4\nwidth = 8\ndepths = [2, 2]\nheads = [1, 2]\nwindow = 2\n";
// Zeros alone would leave the norms nothing to divide by.
const char* const kSwinWithPositions =
    "kind = \"swin\"\nstem_patch = 4\nwidth = 8\ndepths = [2, 2]\nheads = [1, 2]\nwindow = 2\npositions = \"sincos\"\n";
const char* const kSwin2 =
    "kind = \"swin\"\nversion = \"2\"\nstem_patch = 4\nwidth = 8\ndepths = [2, 2]\nheads = [1, 2]\nwindow = 2\npositions = \"learned\"\n";
const char* const kConvNext = "kind = \"convnext_v2\"\nstem_patch = 4\ndepths = [1, 2]\nwidths = [8, 12]\nkernel = 3\n";
const char* const kResNet = "kind = \"resnet\"\nblock = \"basic\"\nstem_kernel = 3\nstem_stride = 2\nstem_pool = true\nwidth = 8\ndepths = [1, 1]\n";
const char* const kBottlenecks = "kind = \"resnet\"\nstem_kernel = 3\nstem_stride = 4\nstem_pool = false\nwidth = 4\ndepths = [1, 2]\n";
const char* const kHiera =
    "kind = \"hiera\"\nstem_kernel = 3\nstem_stride = 2\nstem_padding = 1\nwidth = 8\ndepths = [1, 1, 2]\nheads = [1, 2, 4]\nunit_attention = [1, 1, "
    "0]\n"
    "pools = 2\n";

ImageInput imageOf(std::int64_t patch = kPatch) {
    return {.channels = 3,
            .height = kRows * kPatch,
            .width = kColumns * kPatch,
            .patchHeight = patch,
            .patchWidth = patch,
            .mean = {0.5, 0.5, 0.5},
            .std = {0.5, 0.5, 0.5}};
}

std::shared_ptr<Encoder> make(const std::string& settings, const Corruption& corruption, const std::string& more = {}) {
    const Value table = merged(parseToml(settings, "test"), parseToml(more, "test"));
    auto encoder = makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{imageOf()});
    if (!encoder->honours(corruption)) throw RecipeError("declined");
    encoder->prepare(corruption);
    initializeParameters(*encoder, "xavier", 1);
    const torch::NoGradGuard noGrad;
    for (auto& item : encoder->named_parameters()) {
        // So that no factor is the identity's, and no offset lies on the bend of a rectifier.
        if (item.key().find("residual_scale") != std::string::npos) item.value().fill_(0.7);
        if (item.key().find("_window.fc1.bias") != std::string::npos) item.value().copy_(at::linspace(-1, 1, item.value().numel()));
    }
    encoder->eval();
    return encoder;
}

View viewOf(const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {kRows, kColumns});
    view.sampleIds.assign(static_cast<std::size_t>(pixels.size(0)), 0);
    return view;
}

at::Tensor someHidden() { return at::tensor({1.F, 0.F, 0.F, 0.F, 1.F, 1.F}).unsqueeze(0); }

void addEncoders() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<int>("kind");
    const auto row = [](const char* name, const char* settings, CorruptionKind kind) {
        QTest::newRow(name) << QString(settings) << static_cast<int>(kind);
    };
    row("Swin, a mask token", kSwin, CorruptionKind::Token);
    row("Swin, zeros", kSwinWithPositions, CorruptionKind::Zero);
    row("Swin V2, a mask token", kSwin2, CorruptionKind::Token);
    row("ConvNeXt V2, left out", kConvNext, CorruptionKind::Sparse);
    row("ResNet, left out", kResNet, CorruptionKind::Sparse);
    row("ResNet of bottlenecks, left out", kBottlenecks, CorruptionKind::Sparse);
    row("ConvNeXt V2, a mask token", kConvNext, CorruptionKind::Token);
    row("Hiera, left out", kHiera, CorruptionKind::Drop);
}

}  // namespace

class TestHierarchicalEncoders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void hiddenPixelsDoNotReachTheFeatures_data() { addEncoders(); }
    void hiddenPixelsDoNotReachTheFeatures();
    void everyParameterGetsAFiniteGradient_data() { addEncoders(); }
    void everyParameterGetsAFiniteGradient();
    void gradientsAgreeWithFiniteDifferences_data() { addEncoders(); }
    void gradientsAgreeWithFiniteDifferences();
    void copiesOfASampleSeeTheirOwnMasks_data() { addEncoders(); }
    void copiesOfASampleSeeTheirOwnMasks();
    void rowsWithFewerVisiblePatchesIgnoreTheirPadding_data();
    void rowsWithFewerVisiblePatchesIgnoreTheirPadding();
    void tappedAttentionIsADistributionAndChangesNothing_data();
    void tappedAttentionIsADistributionAndChangesNothing();
    void layersHaveTheirDepths_data() { addEncoders(); }
    void layersHaveTheirDepths();
    void wrongPatchesAndSizesAreRefused_data() { addEncoders(); }
    void wrongPatchesAndSizesAreRefused();
    void shiftedWindowsLetNeighboursTalk();
    void hieraWithoutFusionKeepsItsLastStage();
    void sparseMapsKeepTheMaskAndZeroedPixelsDoNot();
    void sparseNetworksSayTheSameWhateverIsHiddenWhileTheyTrain_data();
    void sparseNetworksSayTheSameWhateverIsHiddenWhileTheyTrain();
};

void TestHierarchicalEncoders::hiddenPixelsDoNotReachTheFeatures() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const Corruption corruption{.kind = static_cast<CorruptionKind>(kind)};
    const auto encoder = make(settings.toStdString(), corruption);
    const at::Tensor pixels = at::rand({2, 3, kRows * kPatch, kColumns * kPatch}), hidden = someHidden().repeat({2, 1});
    at::Tensor changed = pixels.clone();
    for (std::int64_t n = 0; n < kRows * kColumns; ++n)
        if (hidden[0][n].item<float>() > 0.5F)
            changed.slice(2, n / kColumns * kPatch, (n / kColumns + 1) * kPatch)
                .slice(3, n % kColumns * kPatch, (n % kColumns + 1) * kPatch)
                .fill_(7.0);
    const Features before = encoder->forward(viewOf(pixels), planOf(hidden), corruption, {});
    QVERIFY(at::equal(before.tokens, encoder->forward(viewOf(changed), planOf(hidden), corruption, {}).tokens));
    QVERIFY(!at::allclose(encoder->forward(viewOf(pixels), MaskPlan(), {}, {}).tokens, encoder->forward(viewOf(changed), MaskPlan(), {}, {}).tokens));
    QCOMPARE(before.dropped, corruption.leavesOut());
    QCOMPARE(before.tokens.sizes().vec(), (std::vector<std::int64_t>{2, before.dropped ? 3 : 6, encoder->width()}));
}

void TestHierarchicalEncoders::everyParameterGetsAFiniteGradient() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const Corruption corruption{.kind = static_cast<CorruptionKind>(kind)};
    const auto encoder = make(settings.toStdString(), corruption);
    const Features features =
        encoder->forward(viewOf(at::randn({2, 3, kRows * kPatch, kColumns * kPatch})), planOf(someHidden().repeat({2, 1})), corruption, {});
    (features.tokens * at::randn_like(features.tokens)).sum().backward();
    for (const auto& item : encoder->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

void TestHierarchicalEncoders::gradientsAgreeWithFiniteDifferences() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const Corruption corruption{.kind = static_cast<CorruptionKind>(kind)};
    const auto encoder = make(settings.toStdString(), corruption);
    encoder->to(at::kDouble);
    const View view = viewOf(at::rand({1, 3, kRows * kPatch, kColumns * kPatch}, at::kDouble));
    const MaskPlan plan = planOf(someHidden().to(at::kDouble));
    at::Tensor weights;
    const auto value = [&] {
        const at::Tensor tokens = encoder->forward(view, plan, corruption, {}).tokens;
        if (!weights.defined()) weights = at::randn(tokens.sizes(), at::kDouble);
        return (tokens * weights).sum();
    };
    const QString wrong = wrongSlope(*encoder, value);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void TestHierarchicalEncoders::copiesOfASampleSeeTheirOwnMasks() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const Corruption corruption{.kind = static_cast<CorruptionKind>(kind)};
    const auto encoder = make(settings.toStdString(), corruption);
    const at::Tensor pixels = at::rand({2, 3, kRows * kPatch, kColumns * kPatch});
    const at::Tensor hidden = at::cat({someHidden(), 1 - someHidden(), someHidden().flip(1), 1 - someHidden()});
    const Features both = encoder->forward(viewOf(pixels), planOf(hidden, 2), corruption, {});
    for (std::int64_t row = 0; row < 4; ++row) {
        const Features one = encoder->forward(viewOf(pixels.slice(0, row / 2, row / 2 + 1)), planOf(hidden.slice(0, row, row + 1)), corruption, {});
        QVERIFY(at::allclose(both.tokens[row], one.tokens[0], 1e-4, 1e-5));
    }
}

void TestHierarchicalEncoders::rowsWithFewerVisiblePatchesIgnoreTheirPadding_data() {
    QTest::addColumn<QString>("settings");
    QTest::newRow("ConvNeXt V2") << kConvNext;
    QTest::newRow("ResNet") << kResNet;
    QTest::newRow("Hiera") << kHiera;
}

void TestHierarchicalEncoders::rowsWithFewerVisiblePatchesIgnoreTheirPadding() {
    QFETCH(QString, settings);
    const Corruption drop{.kind = CorruptionKind::Drop};
    const auto encoder = make(settings.toStdString(), drop);
    const at::Tensor pixels = at::rand({2, 3, kRows * kPatch, kColumns * kPatch});
    // The first patch, which fills rows up, is hidden where there are fewer.
    const at::Tensor uneven = at::tensor({1.F, 1.F, 0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F, 0.F, 0.F, 1.F}).view({2, 6});
    const Features together = encoder->forward(viewOf(pixels), planOf(uneven), drop, {});
    const Features alone = encoder->forward(viewOf(pixels.slice(0, 0, 1)), planOf(uneven.slice(0, 0, 1)), drop, {});
    QCOMPARE(alone.tokens.size(1), 2);
    QVERIFY(at::allclose(together.tokens[0].slice(0, 0, 2), alone.tokens[0], 1e-4, 1e-5));
}

void TestHierarchicalEncoders::tappedAttentionIsADistributionAndChangesNothing_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<int>("heads");
    QTest::newRow("Swin") << kSwin << 2;
    QTest::newRow("Swin V2") << kSwin2 << 2;
    QTest::newRow("Hiera") << kHiera << 4;
}

void TestHierarchicalEncoders::tappedAttentionIsADistributionAndChangesNothing() {
    QFETCH(QString, settings);
    QFETCH(int, heads);
    const auto encoder = make(settings.toStdString(), {});
    const View view = viewOf(at::rand({2, 3, kRows * kPatch, kColumns * kPatch}));
    const Features plain = encoder->forward(view, MaskPlan(), {}, {}),
                   tapped = encoder->forward(view, MaskPlan(), {}, {.layers = true, .attentions = true});
    QVERIFY(at::allclose(plain.tokens, tapped.tokens, 1e-4, 1e-5));
    QVERIFY(!tapped.attentions.empty());
    QCOMPARE(tapped.layers.size(), std::size_t{2});  // blocks of the last stage
    QCOMPARE(tapped.layers.back().sizes().vec(), plain.tokens.sizes().vec());
    for (const at::Tensor& attention : tapped.attentions) {
        QCOMPARE(attention.sizes().vec(), (std::vector<std::int64_t>{2, heads, 6, 6}));
        QVERIFY(attention.sum(-1).le(1.0 + 1e-4).all().item<bool>() && attention.ge(0).all().item<bool>());
    }
}

void TestHierarchicalEncoders::layersHaveTheirDepths() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const auto encoder = make(settings.toStdString(), {.kind = static_cast<CorruptionKind>(kind)});
    std::set<std::int64_t> found;
    for (const auto& item : encoder->named_parameters()) {
        const std::int64_t layer = encoder->layerOf(item.key());
        QVERIFY2(layer >= 0 && layer <= encoder->depth() + 1, item.key().c_str());
        found.insert(layer);
    }
    for (std::int64_t layer = 0; layer <= encoder->depth(); ++layer) QVERIFY2(found.contains(layer), qPrintable(QString::number(layer)));
}

void TestHierarchicalEncoders::wrongPatchesAndSizesAreRefused() {
    QFETCH(QString, settings);
    QFETCH(int, kind);
    const auto encoder = make(settings.toStdString(), {.kind = static_cast<CorruptionKind>(kind)});
    QVERIFY_THROWS_EXCEPTION(ShapeError, encoder->forward(viewOf(at::rand({1, 3, kRows * kPatch, kRows * kPatch})), MaskPlan(), {}, {}));
    QVERIFY_THROWS_EXCEPTION(ShapeError, encoder->forward(viewOf(at::rand({1, 1, kRows * kPatch, kColumns * kPatch})), MaskPlan(), {}, {}));
    QVERIFY(!encoder->honours({.kind = CorruptionKind::Mix}));
    QVERIFY(!encoder->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer, .layer = 1}));
    try {
        makeEncoderRegistry().make(parseToml(settings.toStdString(), "test"), "encoder", "kind", InputSpec{imageOf(4)});
        QFAIL("patches of 4 x 4 were accepted");
    } catch (const RecipeError& error) {
        QVERIFY2(std::string(error.what()).find("set input.patch = [8, 8]") != std::string::npos, error.what());
    }
}

void TestHierarchicalEncoders::shiftedWindowsLetNeighboursTalk() {
    // One stage of 4 x 6 tokens in windows of 2 x 2: with a second, shifted block a token hears of more than its window.
    const std::string flat = "stem_patch = 8\nwidth = 8\nheads = [2]\nwindow = 2\n";
    const auto heard = [&](const char* depths) {
        const Value table = parseToml("kind = \"swin\"\n" + flat + "depths = " + depths, "test");
        ImageInput image = imageOf();
        image.height = 32;
        image.width = 48;
        auto encoder = makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{image});
        initializeParameters(*encoder, "xavier", 1);
        encoder->eval();
        const at::Tensor pixels = at::rand({1, 3, 32, 48});
        at::Tensor changed = pixels.clone();
        changed.slice(2, 8, 16).slice(3, 8, 16).add_(1.0);  // token (1, 1)
        const auto tokens = [&](const at::Tensor& x) { return encoder->forward(viewOf(x), MaskPlan(), {}, {}).tokens; };
        return (tokens(pixels) - tokens(changed)).abs().amax(-1).gt(1e-6).sum().item<std::int64_t>();
    };
    QCOMPARE(heard("[1]"), 4);
    QCOMPARE(heard("[2]"), 9);
}

void TestHierarchicalEncoders::hieraWithoutFusionKeepsItsLastStage() {
    const auto encoder = make(kHiera, {}, "fuse = false");
    for (const auto& item : encoder->named_parameters()) QVERIFY2(item.key().find("fuse") == std::string::npos, item.key().c_str());
    QCOMPARE(encoder->forward(viewOf(at::rand({1, 3, kRows * kPatch, kColumns * kPatch})), MaskPlan(), {}, {}).tokens.size(1), 6);
}

void TestHierarchicalEncoders::sparseMapsKeepTheMaskAndZeroedPixelsDoNot() {
    // Tian et al., ICLR 2023, Fig. 2: an ordinary convolution wears the mask away.
    const Corruption sparse{.kind = CorruptionKind::Sparse}, zeros{.kind = CorruptionKind::Zero, .place = CorruptionPlace::Input};
    const View view = viewOf(at::rand({1, 3, kRows * kPatch, kColumns * kPatch}));
    const MaskPlan plan = planOf(someHidden());
    const auto spilled = [&](const at::Tensor& map) {
        const std::int64_t side = map.size(1) / kRows;
        const at::Tensor hidden = someHidden().view({kRows, kColumns}).repeat_interleave(side, 0).repeat_interleave(side, 1);
        return (map[0].abs().sum(-1) * hidden).gt(0).sum().item<std::int64_t>();
    };
    for (const char* settings : {kConvNext, kResNet}) {
        const auto encoder = make(settings, sparse);
        const Features features = encoder->forward(view, plan, sparse, {});
        QCOMPARE(features.maps.size(), encoder->mapWidths().size());
        for (std::size_t i = 0; i < features.maps.size(); ++i) {
            QCOMPARE(features.maps[i].size(-1), encoder->mapWidths()[i]);
            QCOMPARE(spilled(features.maps[i]), std::int64_t{0});
        }
    }
    const auto dense = make(kResNet, zeros);
    QVERIFY(spilled(dense->forward(view, plan, zeros, {}).maps.back()) > 0);
}

void TestHierarchicalEncoders::sparseNetworksSayTheSameWhateverIsHiddenWhileTheyTrain_data() {
    QTest::addColumn<QString>("settings");
    QTest::newRow("ConvNeXt V2") << kConvNext;
    QTest::newRow("ResNet") << kResNet;
}

void TestHierarchicalEncoders::sparseNetworksSayTheSameWhateverIsHiddenWhileTheyTrain() {
    QFETCH(QString, settings);
    const Corruption sparse{.kind = CorruptionKind::Sparse};
    const auto encoder = make(settings.toStdString(), sparse);
    encoder->train();  // batch norms take the statistics of what they see
    const at::Tensor pixels = at::rand({2, 3, kRows * kPatch, kColumns * kPatch}), hidden = someHidden().repeat({2, 1});
    const at::Tensor changed = pixels + 5.0 * hidden.view({2, 1, kRows, kColumns}).repeat_interleave(kPatch, 2).repeat_interleave(kPatch, 3);
    QVERIFY(at::equal(encoder->forward(viewOf(pixels), planOf(hidden), sparse, {}).tokens,
                      encoder->forward(viewOf(changed), planOf(hidden), sparse, {}).tokens));
}

MASKSCOPE_TEST(TestHierarchicalEncoders)
#include "tst_hierarchical_encoders.moc"
