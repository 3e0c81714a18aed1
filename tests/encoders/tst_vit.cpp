#include "encoders/encoder.h"
#include "layers/initialization.h"
#include "layers/noise.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/toml.h"
#include "encoders/encoder_checks.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

ImageInput inputOf(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t patchHeight, std::int64_t patchWidth) {
    return {.channels = channels,
            .height = height,
            .width = width,
            .patchHeight = patchHeight,
            .patchWidth = patchWidth,
            .mean = std::vector<double>(static_cast<std::size_t>(channels), 0.5),
            .std = std::vector<double>(static_cast<std::size_t>(channels), 0.5)};
}

std::shared_ptr<Encoder> makeVit(const ImageInput& input, const std::string& settings, const std::vector<Corruption>& corruptions) {
    const Value table = merged(parseToml("kind = \"vit\"\nwidth = 16\ndepth = 2\nheads = 2\n", "test"), parseToml(settings, "test"));
    auto vit = makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{input});
    for (const Corruption& corruption : corruptions) vit->prepare(corruption);
    initializeParameters(*vit, vit->initialization(), 1);
    vit->eval();
    return vit;
}

View viewOf(const at::Tensor& pixels, const ImageInput& input) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    view.sampleIds.assign(static_cast<std::size_t>(pixels.size(0)), 0);
    return view;
}

const Corruption kDrop{.kind = CorruptionKind::Drop};
const Corruption kToken{.kind = CorruptionKind::Token};

}  // namespace

class TestVit : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void hiddenPixelsDoNotReachVisibleFeatures_data();
    void hiddenPixelsDoNotReachVisibleFeatures();
    void droppedTokensEqualARunOverThemAlone();
    void rowsWithFewerVisibleTokensIgnoreTheirPadding();
    void tappedAttentionIsADistributionAndChangesNothing();
    void copiesOfASampleSeeTheirOwnMasks();
    void everyParameterGetsAFiniteGradient_data();
    void everyParameterGetsAFiniteGradient();
    void gradientsAgreeWithFiniteDifferences();
    void maskTokenBeforeALayerLeavesEarlierLayersUntouched();
    void corruptionsItCannotHonourAreDeclined();
    void imagesOfAnotherSizeAreRefused();
    void initialValuesDependOnSeedAndNameAlone();
    void dropPathDrawsFromItsScopeAlone();
};

void TestVit::hiddenPixelsDoNotReachVisibleFeatures_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("hidden tokens dropped") << static_cast<int>(CorruptionKind::Drop);
    QTest::newRow("a mask token stands in") << static_cast<int>(CorruptionKind::Token);
    QTest::newRow("hidden tokens set to zero") << static_cast<int>(CorruptionKind::Zero);
}

void TestVit::hiddenPixelsDoNotReachVisibleFeatures() {
    QFETCH(int, kind);
    const Corruption corruption{.kind = static_cast<CorruptionKind>(kind)};
    const ImageInput input = inputOf(3, 16, 24, 4, 8);
    const auto vit = makeVit(input, "", {corruption});
    const at::Tensor pixels = at::rand({2, 3, 16, 24});
    const at::Tensor hidden = at::tensor({1.F, 0.F, 1.F, 0.F, 0.F, 1.F, 0.F, 1.F, 1.F, 1.F, 0.F, 0.F}).repeat({2, 1});
    at::Tensor changed = pixels.clone();
    for (std::int64_t n = 0; n < 12; ++n)
        if (hidden[0][n].item<float>() > 0.5F) changed.slice(2, n / 3 * 4, n / 3 * 4 + 4).slice(3, n % 3 * 8, n % 3 * 8 + 8).fill_(7.0);
    QVERIFY(!at::equal(changed, pixels));
    const Features before = vit->forward(viewOf(pixels, input), planOf(hidden), corruption, {});
    const Features after = vit->forward(viewOf(changed, input), planOf(hidden), corruption, {});
    QVERIFY(at::equal(before.tokens, after.tokens));
    QVERIFY(at::equal(before.prefix, after.prefix));
    QCOMPARE(before.tokens.size(1), kind == static_cast<int>(CorruptionKind::Drop) ? 6 : 12);
}

void TestVit::droppedTokensEqualARunOverThemAlone() {
    // The features of visible tokens must not depend on which other tokens exist but are hidden: with everything but the order of
    // hidden tokens equal, a run under a mask and a run over a permuted image agree.
    const ImageInput input = inputOf(1, 8, 16, 4, 4);
    const auto vit = makeVit(input, "positions = \"none\"", {kDrop});
    const at::Tensor pixels = at::rand({1, 1, 8, 16});
    const at::Tensor swapped = at::cat({pixels.slice(2, 4, 8), pixels.slice(2, 0, 4)}, 2);  // rows of patches exchanged
    const at::Tensor firstRowHidden = at::tensor({1.F, 1.F, 1.F, 1.F, 0.F, 0.F, 0.F, 0.F}).unsqueeze(0);
    const Features a = vit->forward(viewOf(pixels, input), planOf(firstRowHidden), kDrop, {});
    const Features b = vit->forward(viewOf(swapped, input), planOf(1 - firstRowHidden), kDrop, {});
    QVERIFY(at::allclose(a.tokens, b.tokens, 1e-5, 1e-6));
}

void TestVit::rowsWithFewerVisibleTokensIgnoreTheirPadding() {
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto vit = makeVit(input, "", {kDrop});
    const at::Tensor pixels = at::rand({2, 3, 8, 8});
    const at::Tensor uneven = at::tensor({1.F, 1.F, 1.F, 0.F, 0.F, 0.F, 1.F, 0.F}).view({2, 4});
    const Features together = vit->forward(viewOf(pixels, input), planOf(uneven), kDrop, {});
    const Features alone = vit->forward(viewOf(pixels.slice(0, 0, 1), input), planOf(uneven.slice(0, 0, 1)), kDrop, {});
    QCOMPARE(alone.tokens.size(1), 1);
    QVERIFY(at::allclose(together.tokens[0][0], alone.tokens[0][0], 1e-5, 1e-6));
}

void TestVit::tappedAttentionIsADistributionAndChangesNothing() {
    const ImageInput input = inputOf(3, 16, 16, 4, 4);
    const auto vit = makeVit(input, "", {});
    const View view = viewOf(at::rand({2, 3, 16, 16}), input);
    const Features plain = vit->forward(view, MaskPlan(), {}, {});
    const Features tapped = vit->forward(view, MaskPlan(), {}, {.layers = true, .attentions = true});
    QVERIFY(at::allclose(plain.tokens, tapped.tokens, 1e-4, 1e-5));
    QCOMPARE(tapped.attentions.size(), std::size_t{2});
    QCOMPARE(tapped.layers.size(), std::size_t{2});
    QCOMPARE(tapped.attentions[0].sizes().vec(), (std::vector<std::int64_t>{2, 2, 17, 17}));
    QVERIFY(at::allclose(tapped.attentions[1].sum(-1), at::ones({2, 2, 17}), 1e-5, 1e-5));
}

void TestVit::copiesOfASampleSeeTheirOwnMasks() {
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto vit = makeVit(input, "", {kDrop});
    const at::Tensor pixels = at::rand({2, 3, 8, 8});
    const at::Tensor hidden = at::tensor({1.F, 1.F, 0.F, 0.F, 0.F, 0.F, 1.F, 1.F, 1.F, 0.F, 1.F, 0.F, 0.F, 1.F, 0.F, 1.F}).view({4, 4});
    const Features both = vit->forward(viewOf(pixels, input), planOf(hidden, 2), kDrop, {});
    QCOMPARE(both.tokens.size(0), 4);
    for (std::int64_t row = 0; row < 4; ++row) {
        const Features one = vit->forward(viewOf(pixels.slice(0, row / 2, row / 2 + 1), input), planOf(hidden.slice(0, row, row + 1)), kDrop, {});
        QVERIFY(at::allclose(both.tokens[row], one.tokens[0], 1e-5, 1e-6));
    }
}

void TestVit::everyParameterGetsAFiniteGradient_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<bool>("drop");
    QTest::newRow("class token, sine-cosine positions, dropping") << "" << true;
    QTest::newRow("no class token, learned positions, mask token") << "cls = false\npositions = \"learned\"" << false;
    QTest::newRow("one block, no positions, no query-key-value bias") << "depth = 1\npositions = \"none\"\nqkv_bias = false" << true;
}

void TestVit::everyParameterGetsAFiniteGradient() {
    QFETCH(QString, settings);
    QFETCH(bool, drop);
    const Corruption corruption = drop ? kDrop : kToken;
    const ImageInput input = inputOf(2, 12, 8, 4, 4);
    const Value table = merged(parseToml("kind = \"vit\"\nwidth = 16\nheads = 2\ndepth = 2\n", "test"), parseToml(settings.toStdString(), "test"));
    auto vit = makeEncoderRegistry().make(table, "encoder", "kind", InputSpec{input});
    vit->prepare(corruption);
    initializeParameters(*vit, vit->initialization(), 1);
    const at::Tensor hidden = at::tensor({1.F, 0.F, 1.F, 0.F, 1.F, 0.F}).repeat({3, 1});
    const Features features = vit->forward(viewOf(at::randn({3, 2, 12, 8}), input), planOf(hidden), corruption, {});
    at::Tensor sum = (features.tokens * at::randn_like(features.tokens)).sum();
    if (features.prefix.defined()) sum = sum + (features.prefix * at::randn_like(features.prefix)).sum();
    sum.backward();
    for (const auto& item : vit->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

void TestVit::gradientsAgreeWithFiniteDifferences() {
    const ImageInput input = inputOf(1, 8, 8, 4, 4);
    const auto vit = makeVit(input, "depth = 1\nwidth = 8", {kToken});
    vit->to(at::kDouble);
    const View view = viewOf(at::rand({2, 1, 8, 8}, at::kDouble), input);
    const MaskPlan plan = planOf(at::tensor({1.0, 0.0, 0.0, 1.0}, at::kDouble).repeat({2, 1}));
    const at::Tensor weights = at::randn({2, 4, 8}, at::kDouble);
    const auto value = [&] { return (vit->forward(view, plan, kToken, {}).tokens * weights).sum(); };
    const QString wrong = wrongSlope(*vit, value);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void TestVit::maskTokenBeforeALayerLeavesEarlierLayersUntouched() {
    const Corruption late{.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer, .layer = 1};
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto vit = makeVit(input, "", {late});
    const View view = viewOf(at::rand({1, 3, 8, 8}), input);
    const MaskPlan plan = planOf(at::tensor({1.F, 0.F, 0.F, 1.F}).unsqueeze(0));
    const Features masked = vit->forward(view, plan, late, {.layers = true});
    const Features plain = vit->forward(view, plan, {}, {.layers = true});
    QVERIFY(at::equal(masked.layers[0], plain.layers[0]));
    QVERIFY(!at::equal(masked.layers[1], plain.layers[1]));
}

void TestVit::corruptionsItCannotHonourAreDeclined() {
    const auto vit = makeVit(inputOf(3, 8, 8, 4, 4), "", {});
    QVERIFY(vit->honours({}));
    QVERIFY(vit->honours(kDrop));
    QVERIFY(!vit->honours({.kind = CorruptionKind::Drop, .place = CorruptionPlace::Input}));
    QVERIFY(!vit->honours({.kind = CorruptionKind::Mix}));
    QVERIFY(vit->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer, .layer = 1}));
    QVERIFY(!vit->honours({.kind = CorruptionKind::Token, .place = CorruptionPlace::Layer, .layer = 2}));
}

void TestVit::imagesOfAnotherSizeAreRefused() {
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto vit = makeVit(input, "", {});
    QVERIFY_EXCEPTION_THROWN(vit->forward(viewOf(at::rand({1, 3, 8, 12}), input), MaskPlan(), {}, {}), ShapeError);
    QVERIFY_EXCEPTION_THROWN(vit->forward(viewOf(at::rand({1, 1, 8, 8}), input), MaskPlan(), {}, {}), ShapeError);
}

void TestVit::initialValuesDependOnSeedAndNameAlone() {
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto one = makeVit(input, "", {}), deeper = makeVit(input, "depth = 3", {});
    at::rand({5});  // the global generator must not matter
    const auto same = makeVit(input, "", {});
    const auto values = same->named_parameters(), deep = deeper->named_parameters();
    for (const auto& item : one->named_parameters()) {
        QVERIFY2(at::equal(item.value(), values[item.key()]), item.key().c_str());
        QVERIFY2(at::equal(item.value(), deep[item.key()]), item.key().c_str());
    }
    const at::Tensor matrix = values["transformer.block0.fc1.weight"];
    const double bound = std::sqrt(6.0 / (16 + 64));
    QVERIFY(matrix.abs().max().item<double>() <= bound);
    QVERIFY(matrix.abs().max().item<double>() > 0.9 * bound);
}

void TestVit::dropPathDrawsFromItsScopeAlone() {
    const ImageInput input = inputOf(3, 8, 8, 4, 4);
    const auto vit = makeVit(input, "drop_path = 0.5", {});
    vit->train();
    const View view = viewOf(at::rand({8, 3, 8, 8}), input);
    const auto run = [&](std::uint64_t step) {
        const NoiseScope noise(RandomStream(3, "noise", step));
        return vit->forward(view, MaskPlan(), {}, {}).tokens;
    };
    const at::Tensor first = run(1);
    at::rand({3});
    QVERIFY(at::equal(first, run(1)));
    QVERIFY(!at::equal(first, run(2)));
    QVERIFY_EXCEPTION_THROWN(vit->forward(view, MaskPlan(), {}, {}), TrainingError);
}

MASKSCOPE_TEST(TestVit)
#include "tst_vit.moc"
