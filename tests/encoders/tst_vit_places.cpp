#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "encoders/encoder.h"
#include "layers/initialization.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

const ImageInput kInput{.channels = 2, .height = 8, .width = 12, .patchHeight = 4, .patchWidth = 4, .mean = {0.5, 0.5}, .std = {0.5, 0.5}};

std::shared_ptr<Encoder> makeVit(const std::string& settings, std::int64_t depth = 2) {
    const std::string base = "kind = 'vit'\nwidth = 16\nheads = 2\npositions = 'none'\ndepth = " + std::to_string(depth) + "\n";
    auto vit = makeEncoderRegistry().make(parseToml(base + settings, "test"), "encoder", "kind", InputSpec{kInput});
    vit->prepare({.kind = CorruptionKind::Token});
    initializeParameters(*vit, "normal", 2);
    const torch::NoGradGuard noGrad;
    for (auto& item : vit->named_parameters())
        if (item.key().find("table") != std::string::npos) item.value().normal_();
    vit->eval();
    return vit;
}

View viewOf(const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {2, 3});
    view.sampleIds.assign(static_cast<std::size_t>(pixels.size(0)), 0);
    return view;
}

MaskPlan plan() {
    MaskPlan made;
    Mask mask;
    mask.hidden = at::tensor({0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1}, at::kFloat).view({2, 6});
    made.add(std::move(mask));
    return made;
}

void addPlaces() {
    QTest::addColumn<QString>("settings");
    QTest::newRow("a bias table a block") << "relative_bias = 'block'";
    QTest::newRow("one bias table for all blocks") << "relative_bias = 'shared'";
    QTest::newRow("both kinds of tables") << "relative_bias = 'both'";
    QTest::newRow("rotary angles") << "rotary = true";
    QTest::newRow("rotary angles in steps of another grid, without a class token") << "rotary = true\nrotary_grid = [4, 4]\ncls = false";
    QTest::newRow("tables and angles, with registers") << "relative_bias = 'block'\nrotary = true\nregisters = 2";
}

}  // namespace

/// What attention over a grid is told about places, inside a ViT.
class TestVitPlaces : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void placesMatterWithoutPositionsAtTheInput_data() { addPlaces(); }
    /// Without any places, a ViT cannot tell patches in another order from patches in this one.
    void placesMatterWithoutPositionsAtTheInput() {
        QFETCH(QString, settings);
        const at::Tensor pixels = at::randn({1, 2, 8, 12}),
                         exchanged = at::cat({pixels.narrow(3, 4, 4), pixels.narrow(3, 0, 4), pixels.narrow(3, 8, 4)}, 3);
        const auto lastPatch = [&](Encoder& vit, const at::Tensor& image) {
            return vit.forward(viewOf(image), MaskPlan(), {}, {}).tokens.select(1, 5);
        };
        const auto vit = makeVit(settings.toStdString()), blind = makeVit("");
        QVERIFY(at::allclose(lastPatch(*blind, pixels), lastPatch(*blind, exchanged), 1e-5, 1e-6));
        QVERIFY((lastPatch(*vit, pixels) - lastPatch(*vit, exchanged)).abs().max().item<double>() > 1e-4);
    }

    void droppedTokensLeaveTheOthersTheirPlaces_data() { addPlaces(); }
    /// In the first block, tokens that are left attend to each other as they do among all, in proportion.
    void droppedTokensLeaveTheOthersTheirPlaces() {
        QFETCH(QString, settings);
        const auto vit = makeVit(settings.toStdString(), 1);
        const MaskPlan masks = plan();
        const View view = viewOf(at::randn({2, 2, 8, 12}));
        const at::Tensor all = vit->forward(view, MaskPlan(), {}, {.attentions = true}).attentions.front();
        const at::Tensor left = vit->forward(view, masks, {.kind = CorruptionKind::Drop}, {.attentions = true}).attentions.front();
        const std::int64_t prefix = all.size(2) - 6;
        for (std::int64_t sample = 0; sample < 2; ++sample) {
            const at::Tensor kept = at::cat({at::arange(prefix, at::kLong), masks.split("hidden").visible.select(0, sample) + prefix});
            const at::Tensor among = all.select(0, sample).index_select(1, kept).index_select(2, kept);
            QVERIFY(at::allclose(left.select(0, sample), among / among.sum(-1, true), 1e-4, 1e-5));
        }
    }

    void everyParameterGetsAFiniteGradient_data() { addPlaces(); }
    void everyParameterGetsAFiniteGradient() {
        QFETCH(QString, settings);
        for (const CorruptionKind kind : {CorruptionKind::Drop, CorruptionKind::Token}) {
            const auto vit = makeVit(settings.toStdString());
            const Features features = vit->forward(viewOf(at::randn({2, 2, 8, 12})), plan(), {.kind = kind}, {});
            at::Tensor sum = features.tokens.square().sum();
            if (features.prefix.defined()) sum = sum + features.prefix.sin().sum();
            sum.backward();
            for (const auto& item : vit->named_parameters()) {
                if (item.key() == "mask_token" && kind == CorruptionKind::Drop) continue;
                QVERIFY2(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
                QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
            }
        }
    }

    void aRotaryGridNeedsTwoSides() { QVERIFY_EXCEPTION_THROWN(makeVit("rotary = true\nrotary_grid = [4]"), RecipeError); }
};

MASKSCOPE_TEST(TestVitPlaces)
#include "tst_vit_places.moc"
