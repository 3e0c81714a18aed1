// Heads of methods with teachers: predictor, convolution, prototypes.
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "heads/head.h"
#include "layers/initialization.h"
#include "support/test_main.h"
#include "tensor/gather.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kWidth = 12, kTarget = 5;

std::shared_ptr<Head> makeHead(const std::string& text) {
    const InputSpec input{ImageInput{.channels = 1, .height = 16, .width = 16, .patchHeight = 4, .patchWidth = 4, .mean = {0.5}, .std = {0.5}}};
    auto head = makeHeadRegistry().make(parseToml(text, "test"), "head", "kind", HeadContext{input, kWidth, kTarget});
    initializeParameters(*head, "xavier", 1);
    return head;
}

const std::string kPredictor = "kind = 'predictor'\nwidth = 8\ndepth = 2\nheads = 2";
const std::string kConvolution = "kind = 'convolution'\nwidth = 8\nlayers = 2\ngroups = 4";
const std::string kPrototypes = "kind = 'prototypes'\nprototypes = 7\nlayers = 2\nwidth = 9\nbottleneck = 6";

/// A mask that hides the tokens of a list in every sample.
TokenSplit splitOf(const std::vector<std::int64_t>& hidden) {
    const at::Tensor mask = at::zeros({kBatch, 16});
    for (const std::int64_t token : hidden) mask.select(1, token).fill_(1.0);
    return splitTokens(mask, {});
}

/// Features that hold the visible tokens of a split.
Features seenUnder(const TokenSplit& split) {
    Features features;
    features.tokens = at::randn({kBatch, split.visibleCount(), kWidth});
    features.dropped = true;
    features.places = split.visible;
    features.geometry = Geometry::grid(kBatch, {4, 4});
    return features;
}

Features wholeFeatures() {
    Features features;
    features.tokens = at::randn({kBatch, 16, kWidth});
    features.prefix = at::randn({kBatch, 1, kWidth});
    features.geometry = Geometry::grid(kBatch, {4, 4});
    return features;
}

}  // namespace

class TestTeacherHeads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { torch::manual_seed(3); }

    void thePredictorAnswersForItsOwnPlacesAlone() {
        const auto head = makeHead(kPredictor);
        const TokenSplit context = splitOf({4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}), target = splitOf({5, 6}), other = splitOf({14, 15});
        const Features features = seenUnder(context);
        const at::Tensor answer = head->forward(features, &target, TokenChoice::Hidden);
        QCOMPARE(answer.sizes().vec(), (std::vector<std::int64_t>{kBatch, 2, kTarget}));
        QVERIFY(!at::allclose(answer.select(1, 0), answer.select(1, 1)));                                  // it knows where it is asked
        QVERIFY(!at::allclose(answer, head->forward(features, &other, TokenChoice::Hidden), 1e-3, 1e-4));  // and the places differ
    }

    void thePredictorKnowsWhereItsTokensWere() {
        const auto head = makeHead(kPredictor);
        const TokenSplit target = splitOf({5, 6}), here = splitOf({4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}),
                         there = splitOf({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
        Features features = seenUnder(here);
        const at::Tensor first = head->forward(features, &target, TokenChoice::Hidden);
        features.places = there.visible;
        QVERIFY(!at::allclose(first, head->forward(features, &target, TokenChoice::Hidden), 1e-3, 1e-4));
    }

    void paddingOfAContextIsNotSeen() {
        const auto head = makeHead(kPredictor);
        const TokenSplit target = splitOf({5, 6});
        Features features = seenUnder(splitOf({4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
        features.placesReal = at::ones({kBatch, 4}, at::kBool);
        features.placesReal.select(1, 3).fill_(false);
        const at::Tensor before = head->forward(features, &target, TokenChoice::Hidden);
        features.tokens.select(1, 3).add_(5.0);
        QVERIFY(at::allclose(before, head->forward(features, &target, TokenChoice::Hidden), 1e-5, 1e-6));
    }

    void convolutionsSpreadFromTokenToToken() {
        const auto head = makeHead(kConvolution);
        const TokenSplit split = splitOf({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14});  // the corners 0 and 15 are seen
        Features features = seenUnder(split);
        const at::Tensor before = head->forward(features, &split, TokenChoice::All);
        features.tokens.select(1, 0).add_(1.0);
        const at::Tensor change = head->forward(features, &split, TokenChoice::All).sub(before).abs().sum(-1)[0].view({4, 4});
        QVERIFY(change[0][0].item<double>() > 0 && change[2][2].item<double>() > 0);  // two layers of 3 x 3
        QVERIFY(change[3].max().item<double>() == 0.0 && change.select(1, 3).max().item<double>() == 0.0);
        QVERIFY_EXCEPTION_THROWN(makeHead("kind = 'convolution'\nwidth = 8\ngroups = 5"), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeHead("kind = 'convolution'\nkernel = 4"), RecipeError);
    }

    void prototypesAreComparedByDirectionAlone() {
        const auto head = makeHead(kPrototypes);
        const Features features = wholeFeatures();
        const TokenSplit split = splitOf({5, 6});
        const at::Tensor all = head->forward(features, nullptr, TokenChoice::All);
        QCOMPARE(all.sizes().vec(), (std::vector<std::int64_t>{kBatch, 16, 7}));
        QVERIFY(all.abs().max().item<double>() <= 1.0 + 1e-5);
        QVERIFY(at::allclose(head->forward(features, &split, TokenChoice::Hidden), takeTokens(all, split.hidden)));
        const torch::NoGradGuard noGrad;
        head->named_parameters()["prototype_table"].mul_(3.0);
        QVERIFY(at::allclose(all, head->forward(features, nullptr, TokenChoice::All), 1e-5, 1e-6));
    }

    void theClassTokenStandsForTheSample() {
        const auto head = makeHead(kPrototypes);
        Features features = wholeFeatures();
        const at::Tensor one = head->forward(features, nullptr, TokenChoice::Class);
        QCOMPARE(one.sizes().vec(), (std::vector<std::int64_t>{kBatch, 1, 7}));
        features.tokens.add_(1.0);
        QVERIFY(at::equal(one, head->forward(features, nullptr, TokenChoice::Class)));
        features.prefix = at::Tensor();
        QVERIFY_EXCEPTION_THROWN(head->forward(features, nullptr, TokenChoice::Class), ShapeError);
    }

    void sharedPrototypesAreNotAveraged() {
        QVERIFY(makeHead(kPrototypes)->isAveraged("prototype_table"));
        const auto shared = makeHead(kPrototypes + "\nshared_prototypes = true");
        QVERIFY(!shared->isAveraged("prototype_table") && shared->isAveraged("layer0.weight"));
    }
};

MASKSCOPE_TEST(TestTeacherHeads)
#include "tst_teacher_heads.moc"
