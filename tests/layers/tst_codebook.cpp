#include "layers/codebook.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "layers/vq_networks.h"
#include "support/test_main.h"

using namespace maskscope;

class TestCodebook : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theNearestEntryIsChosen();
    void gradientsPassAsIfNothingHadBeenReplaced();
    void lossesAreMeanSquaredDistances();
    void networksUndoEachOthersSizes();
    void widthsMustFitTheNorms();
};

namespace {

std::shared_ptr<Codebook> bookOf(const at::Tensor& entries, double commitment) {
    auto book = std::make_shared<Codebook>(entries.size(0), entries.size(1), commitment);
    const torch::NoGradGuard noGrad;
    book->named_parameters()["table"].copy_(entries);
    return book;
}

}  // namespace

void TestCodebook::theNearestEntryIsChosen() {
    const at::Tensor entries = at::randn({7, 3}), vectors = at::randn({20, 3});
    const auto book = bookOf(entries, 0.25);
    const Codebook::Choice choice = book->nearest(vectors);
    QVERIFY(at::equal(choice.codes, (vectors.unsqueeze(1) - entries).square().sum(-1).argmin(1)));
    QVERIFY(at::allclose(choice.vectors, entries.index_select(0, choice.codes), 1e-5, 1e-6));
    QVERIFY(at::equal(book->entriesOf(choice.codes.view({4, 5}))[2][1], entries[choice.codes[11].item<std::int64_t>()]));
}

void TestCodebook::gradientsPassAsIfNothingHadBeenReplaced() {
    const auto book = bookOf(at::randn({7, 3}), 0.25);
    const at::Tensor vectors = at::randn({5, 3}).requires_grad_(), weights = at::randn({5, 3});
    (book->nearest(vectors).vectors * weights).sum().backward();
    QVERIFY(at::equal(vectors.grad(), weights));
    QVERIFY(!book->named_parameters()["table"].grad().defined());
}

void TestCodebook::lossesAreMeanSquaredDistances() {
    const auto book = bookOf(at::tensor({0.F, 10.F}).view({2, 1}), 0.5);
    const Codebook::Choice choice = book->nearest(at::tensor({1.F, 12.F}).view({2, 1}));
    QVERIFY(std::abs(choice.loss.item<double>() - 1.5 * (1.0 + 4.0) / 2.0) < 1e-5);
}

void TestCodebook::networksUndoEachOthersSizes() {
    const VqNetworkParams params{
        .channels = 2, .width = 32, .multipliers = {1, 2, 1}, .blocks = 1, .attends = {false, true, false}, .latentWidth = 5};
    VqEncoder encoder(params);
    VqDecoder decoder(params);
    const at::Tensor latent = encoder.forward(at::randn({1, 2, 16, 24}));
    QCOMPARE(latent.sizes().vec(), (std::vector<std::int64_t>{1, 5, 4, 6}));
    QCOMPARE(decoder.forward(latent).sizes().vec(), (std::vector<std::int64_t>{1, 2, 16, 24}));
    // Attention is at the second level alone, and in the middle.
    const auto names = encoder.named_parameters();
    QVERIFY(names.contains("level1.attn0.attn.qkv.weight") && names.contains("middle.attn.attn.qkv.weight"));
    QVERIFY(!names.contains("level0.attn0.attn.qkv.weight"));
}

void TestCodebook::widthsMustFitTheNorms() { QVERIFY_THROWS_EXCEPTION(RecipeError, VqResidualBlock(48, 32)); }

MASKSCOPE_TEST(TestCodebook)
#include "tst_codebook.moc"
