#include <torch/torch.h>

#include <QtTest>

#include "families/hiera_config.h"
#include "families/model_case.h"
#include "families/patchtst_masks.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

at::Tensor named(const NamedTensors& tensors, const std::string& name) {
    for (const auto& [other, tensor] : tensors)
        if (other == name) return tensor;
    throw std::runtime_error("no tensor " + name);
}

at::Tensor sorted(const at::Tensor& numbers) { return std::get<0>(numbers.sort(1)); }

}  // namespace

/// Noise in place of chance: what checkpoints of other programs are compared with.
class TestNoiseMasks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keptTokensAreThoseOfTheReference() {
        const NamedTensors expected = tensorsOf(keptCase("helper_random_token_mask") / "expected.safetensors");
        const at::Tensor noise = named(tensorsOf(keptCase("helper_random_token_mask") / "inputs.safetensors"), "noise");
        // Without the class token, which stays whatever its noise.
        const HieraUnits patches = keepUnits(noise.narrow(1, 1, 16), 0.75);
        QVERIFY(at::equal(at::cat({at::zeros({3, 1}, at::kLong), patches.kept + 1}, 1), sorted(named(expected, "idx_keep"))));
        QVERIFY(at::equal(patches.visible.logical_not().nonzero().select(1, 1).view({3, 12}) + 1, sorted(named(expected, "idx_mask"))));
        // With a class token that is a token like others.
        const HieraUnits all = keepUnits(noise, 0.6);
        QVERIFY(at::equal(all.kept, sorted(named(expected, "idx_keep_cls"))));
        QVERIFY(at::equal(all.visible.logical_not().nonzero().select(1, 1).view({3, 11}), sorted(named(expected, "idx_mask_cls"))));
    }

    void patchesOfSeriesFollowTheSameRule() {
        const at::Tensor noise = named(tensorsOf(keptCase("helper_random_token_mask") / "inputs.safetensors"), "noise");
        for (const double ratio : {0.0, 0.3, 0.6, 0.75, 0.99}) {
            PatchTstMasks masks{.channels = 1, .patches = 17, .ratio = ratio};
            ForwardInputs inputs({{"noise", noise.unsqueeze(1)}});
            QVERIFY(at::equal(masks.hidden(3, inputs).squeeze(1), keepUnits(noise, ratio).visible.logical_not()));
        }
    }

    void sparedSeriesAndForecasts() {
        ForwardInputs inputs({{"noise", at::rand({2, 1, 10})}});
        const PatchTstMasks shared{.channels = 3, .patches = 10, .ratio = 0.4, .sameForAll = true, .spared = {1}};
        const at::Tensor hidden = shared.hidden(2, inputs);
        QVERIFY(!hidden.select(1, 1).any().item<bool>());
        QVERIFY(at::equal(hidden.select(1, 0), hidden.select(1, 2)));
        QVERIFY(at::equal(hidden.select(1, 0).sum(1), at::full({2}, 4, at::kLong)));
        ForwardInputs nothing({});
        const at::Tensor last = PatchTstMasks{.channels = 2, .patches = 5, .forecast = 2}.hidden(1, nothing);
        QVERIFY(at::equal(last[0][1], at::arange(5).ge(3)));
        QVERIFY(PatchTstMasks({.channels = 2, .patches = 5, .forecast = 2}).inWords().find("last 2 patches") != std::string::npos);
    }
};

MASKSCOPE_TEST(TestNoiseMasks)
#include "tst_noise_masks.moc"
