#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"
#include "targets/target.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kCodes = 7;

const InputSpec& inputSpec() {
    static const InputSpec input{ImageInput{.channels = 1, .height = 4, .width = 4, .patchHeight = 2, .patchWidth = 2, .mean = {0.5}, .std = {0.5}}};
    return input;
}

std::unique_ptr<Target> makeTarget(const std::string& kind, std::int64_t passWidth = kCodes) {
    return makeTargetRegistry().make(parseToml("kind = \"" + kind + "\"", "test"), "target", "kind", TargetContext{inputSpec(), passWidth});
}

Features tokenizerSays(const at::Tensor& logits) {
    Features features;
    features.tokens = logits;
    return features;
}

}  // namespace

/// Targets that a tokenizer gives.
class TestCodeTargets : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void codesAreTheMostLikelyOnes() {
        const auto target = makeTarget("code");
        QVERIFY(target->isCodes());
        QCOMPARE(target->width(), kCodes);
        const at::Tensor codes = at::randint(kCodes, {2, 4}, at::kLong);
        const Features said = tokenizerSays(at::one_hot(codes, kCodes).to(at::kFloat) * 3.0 - 1.0);
        QVERIFY(at::equal(target->compute({View(), &said}), codes));
    }
    void evenCodesAreAllAlike() {
        const auto target = makeTarget("even_codes");
        const Features said = tokenizerSays(at::randn({2, 4, kCodes}));
        QVERIFY(!target->isCodes());
        QVERIFY(at::allclose(target->compute({View(), &said}), at::full({2, 4, kCodes}, 1.0 / kCodes)));
    }
    void tokenizersAreNeeded() {
        for (const char* kind : {"code", "even_codes"}) QVERIFY_EXCEPTION_THROWN(makeTarget(kind, 0), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("code")->compute({View()}), ShapeError);
    }
};

MASKSCOPE_TEST(TestCodeTargets)
#include "tst_code_targets.moc"
