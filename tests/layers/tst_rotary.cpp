#include "layers/rotary.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kTokens = 6, kHeadWidth = 8;

/// The scores of all pairs of tokens when every token asks and answers with the same two vectors. @return [L, L]
at::Tensor scores(const Rotary& rotary, const at::Tensor& query, const at::Tensor& key, std::int64_t tokens) {
    const auto turned = [&](const at::Tensor& one) { return rotary.turn(one.expand({1, 1, tokens, one.size(0)}).contiguous()).view({tokens, -1}); };
    return at::matmul(turned(query), turned(key).t());
}

}  // namespace

class TestRotary : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }

    void scoresOfASequenceDependOnTheDistanceAlone() {
        const at::Tensor all = scores(sequenceRotary(kTokens, kHeadWidth, 10000.0), at::randn({kHeadWidth}), at::randn({kHeadWidth}), kTokens);
        for (std::int64_t i = 1; i < kTokens; ++i)
            for (std::int64_t j = 1; j < kTokens; ++j) QVERIFY(std::abs(all[i][j].item<double>() - all[i - 1][j - 1].item<double>()) < 1e-5);
        QVERIFY(std::abs(all[0][1].item<double>() - all[0][2].item<double>()) > 1e-3);
    }
    void aSequenceTurnsPairsOfItsHalves() {
        const at::Tensor x = at::randn({1, 1, kTokens, kHeadWidth}), turned = sequenceRotary(kTokens, kHeadWidth, 100.0).turn(x);
        for (std::int64_t token = 0; token < kTokens; ++token)
            for (std::int64_t pair = 0; pair < kHeadWidth / 2; ++pair) {
                const double angle = static_cast<double>(token) * std::pow(100.0, -2.0 * static_cast<double>(pair) / kHeadWidth);
                const double a = x[0][0][token][pair].item<double>(), b = x[0][0][token][pair + kHeadWidth / 2].item<double>();
                QVERIFY(std::abs(turned[0][0][token][pair].item<double>() - (a * std::cos(angle) - b * std::sin(angle))) < 1e-5);
                QVERIFY(std::abs(turned[0][0][token][pair + kHeadWidth / 2].item<double>() - (b * std::cos(angle) + a * std::sin(angle))) < 1e-5);
            }
    }
    void aGridTurnsNeighboursByRowThenByColumn() {
        const RotaryGrid grid{.rows = 2, .columns = 3, .referenceRows = 4, .referenceColumns = 12};
        const at::Tensor x = at::randn({1, 1, 6, kHeadWidth}), turned = gridRotary(grid, kHeadWidth, 100.0).turn(x);
        for (std::int64_t row = 0; row < 2; ++row)
            for (std::int64_t column = 0; column < 3; ++column)
                for (std::int64_t pair = 0; pair < 4; ++pair) {
                    const double step = pair < 2 ? static_cast<double>(row) / 2 * 4 : static_cast<double>(column) / 3 * 12;
                    const double angle = step * std::pow(100.0, -static_cast<double>(pair % 2) / 2);
                    const at::Tensor from = x[0][0][row * 3 + column], to = turned[0][0][row * 3 + column];
                    const double a = from[2 * pair].item<double>(), b = from[2 * pair + 1].item<double>();
                    QVERIFY(std::abs(to[2 * pair].item<double>() - (a * std::cos(angle) - b * std::sin(angle))) < 1e-5);
                    QVERIFY(std::abs(to[2 * pair + 1].item<double>() - (b * std::cos(angle) + a * std::sin(angle))) < 1e-5);
                }
    }
    void withoutAReferenceAGridCountsItsOwnSteps() {
        const at::Tensor own = gridRotary({.rows = 3, .columns = 2}, kHeadWidth, 10.0).sine;
        QVERIFY(
            at::allclose(own, gridRotary({.rows = 3, .columns = 2, .referenceRows = 3, .referenceColumns = 2}, kHeadWidth, 10.0).sine, 1e-6, 1e-6));
        QVERIFY(!at::allclose(own, gridRotary({.rows = 3, .columns = 2, .referenceRows = 6, .referenceColumns = 2}, kHeadWidth, 10.0).sine));
    }
    void tokensInFrontDoNotTurn() {
        Rotary rotary = sequenceRotary(kTokens, kHeadWidth, 10000.0);
        rotary.prefix = 2;
        const at::Tensor x = at::randn({2, 3, kTokens + 2, kHeadWidth}), turned = rotary.turn(x);
        QVERIFY(at::equal(turned.narrow(2, 0, 2), x.narrow(2, 0, 2)));
        QVERIFY(!at::allclose(turned.narrow(2, 3, 1), x.narrow(2, 3, 1)));
    }
    void someTokensTurnAsTheyDoAmongAll() {
        const Rotary all = gridRotary({.rows = 3, .columns = 3}, kHeadWidth, 50.0);
        const at::Tensor x = at::randn({2, 2, 9, kHeadWidth}), indices = at::tensor({0, 4, 8, 2, 3, 7}, at::kLong).view({2, 3});
        const at::Tensor turned = all.turn(x);
        for (std::int64_t sample = 0; sample < 2; ++sample) {
            const at::Tensor own = indices.select(0, sample);
            const at::Tensor some = rotaryAt(all, indices).turn(x.index_select(2, own));
            QVERIFY(at::allclose(some.select(0, sample), turned.index_select(2, own).select(0, sample), 1e-6, 1e-6));
        }
    }
    void headsThatCannotBePairedAreRefused() {
        QVERIFY_EXCEPTION_THROWN(sequenceRotary(4, 7, 10.0), ShapeError);
        QVERIFY_EXCEPTION_THROWN(gridRotary({.rows = 2, .columns = 2}, 6, 10.0), ShapeError);
    }
};

MASKSCOPE_TEST(TestRotary)
#include "tst_rotary.moc"
