// Heads that look something up or transform it: entries of a codebook, spectra.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "heads/codebook_head.h"
#include "heads/spectrum_head.h"
#include "layers/initialization.h"
#include "support/test_main.h"
#include "tensor/frequencies.h"
#include "tensor/patches.h"

using namespace maskscope;

namespace {

const InputSpec& inputSpec() {
    static const InputSpec input{
        ImageInput{.channels = 2, .height = 8, .width = 4, .patchHeight = 4, .patchWidth = 2, .mean = {0.5, 0.5}, .std = {0.5, 0.5}}};
    return input;
}

}  // namespace

class TestFixedHeads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(2); }

    void aTokenBecomesTheEntryOfItsCode() {
        CodebookHead head({}, HeadContext{inputSpec(), 5, 3});
        Features features;
        features.tokens = at::randn({2, 4, 5}).requires_grad_();
        features.vocabulary = at::randn({5, 3}).requires_grad_();
        const at::Tensor entries = head.forward(features, nullptr, TokenChoice::All);
        QVERIFY(at::equal(entries[1][2], features.vocabulary[features.tokens[1][2].argmax().item<std::int64_t>()]));
        entries.sum().backward();
        QVERIFY(!features.tokens.grad().defined() && features.vocabulary.grad().defined());
        features.vocabulary = at::Tensor();
        QVERIFY_THROWS_EXCEPTION(ShapeError, head.forward(features, nullptr, TokenChoice::All));
        features.vocabulary = at::randn({5, 4});
        QVERIFY_THROWS_EXCEPTION(ShapeError, head.forward(features, nullptr, TokenChoice::All));
    }

    void aSpectrumIsThatOfThePaintedImage() {
        SpectrumHead head({}, HeadContext{inputSpec(), 6, 4});
        initializeParameters(head, "xavier", 1);
        Features features;
        features.tokens = at::randn({1, 4, 6});
        const auto parameters = head.named_parameters();
        const at::Tensor patches = features.tokens.matmul(parameters["paint.predict.weight"].t()) + parameters["paint.predict.bias"];
        const at::Tensor expected = spectrumOf(unpatchify(patches, inputSpec().image("")));
        QVERIFY(at::allclose(head.forward(features, nullptr, TokenChoice::All), expected, 1e-4, 1e-5));
        const at::Tensor hidden = at::zeros({1, 32});
        hidden[0][5].fill_(1.0);
        const TokenSplit split = splitTokens(hidden, {});
        QVERIFY(at::allclose(head.forward(features, &split, TokenChoice::Hidden), expected.narrow(1, 5, 1), 1e-4, 1e-5));
        QVERIFY_THROWS_EXCEPTION(RecipeError, SpectrumHead({}, HeadContext{inputSpec(), 6, 16}));
    }
};

MASKSCOPE_TEST(TestFixedHeads)
#include "tst_fixed_heads.moc"
