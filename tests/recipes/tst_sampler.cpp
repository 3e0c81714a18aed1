#include "recipes/sampler.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <torch/torch.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kPlaces = 64, kCodes = 5;

Decoding allHidden(std::int64_t batch) { return {.codes = at::zeros({batch, kPlaces}, at::kLong), .hidden = at::ones({batch, kPlaces}, at::kBool)}; }

/// Logits that do not depend on what is known.
Sampler::Ask always(const at::Tensor& logits) {
    return [logits](const at::Tensor&, const at::Tensor&) { return logits; };
}

}  // namespace

class TestSampler : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(5); }

    void decodingUnmasksByTheCosineSchedule() {
        const Sampler sampler({.order = "confidence", .steps = 8, .schedule = "cosine"});
        std::vector<std::int64_t> still;
        sampler.decode(allHidden(2), 1, always(at::randn({2, kPlaces, kCodes})), [&](const Decoding& now) {
            still.push_back(now.hidden[0].sum().item<std::int64_t>());
            return true;
        });
        QCOMPARE(still.size(), std::size_t{8});
        for (int step = 1; step < 8; ++step)
            QCOMPARE(still[static_cast<std::size_t>(step - 1)], static_cast<std::int64_t>(kPlaces * std::cos(std::numbers::pi / 2 * step / 8)));
        QCOMPARE(still.back(), std::int64_t{0});
    }

    void whatWasKeptOnceStays() {
        const Sampler sampler({.order = "confidence", .steps = 6});
        Decoding before = allHidden(3);
        before.hidden[0].narrow(0, 0, 20).fill_(false);
        before.codes[0].narrow(0, 0, 20).fill_(3);
        const Sampler::Ask changing = [](const at::Tensor& codes, const at::Tensor&) { return at::randn({codes.size(0), kPlaces, kCodes}); };
        sampler.decode(before, 2, changing, [&](const Decoding& now) {
            const at::Tensor known = before.hidden.logical_not();
            if (!at::equal(now.codes.masked_select(known), before.codes.masked_select(known))) qFatal("a code that was known has changed");
            if (now.hidden.logical_and(known).any().item<bool>()) qFatal("a place that was known is hidden again");
            before = now;
            return true;
        });
        QVERIFY(!before.hidden.any().item<bool>());
        QVERIFY(at::equal(before.codes[0].narrow(0, 0, 20), at::full({20}, 3, at::kLong)));
    }

    void rasterOrderDecidesOnePlaceAfterTheOther() {
        std::int64_t asked = 0;
        const Sampler::Ask ask = [&](const at::Tensor&, const at::Tensor& hidden) {
            if (!at::equal(hidden[0], at::arange(kPlaces).ge(asked))) qFatal("not the next place");
            ++asked;
            return at::randn({1, kPlaces, kCodes});
        };
        Sampler({.order = "raster"}).decode(allHidden(1), 3, ask);
        QCOMPARE(asked, kPlaces);
    }

    void theMostConfidentAreDecidedFirst() {
        const at::Tensor logits = at::zeros({1, kPlaces, kCodes});
        logits[0].narrow(0, 40, 24).select(1, 2).fill_(9.0);
        const Sampler sampler({.order = "confidence", .steps = 10, .temperature = 0.0, .choiceTemperature = 0.0});
        sampler.decode(allHidden(1), 4, always(logits), [&](const Decoding& now) {
            const at::Tensor decided = now.hidden[0].logical_not();
            if (now.step == 1 && decided.narrow(0, 0, 40).any().item<bool>()) qFatal("a place was decided before those that were sure");
            return now.step < 1;
        });
    }

    void codesAreDrawnAsOftenAsTheirLogitsSay() {
        const at::Tensor logits = at::tensor({0.0F, 1.0F, -1.0F, 0.5F, 2.0F}).expand({200, kPlaces, kCodes});
        const at::Tensor codes = Sampler({.order = "random", .steps = 1}).decode(allHidden(200), 5, always(logits)).codes;
        const at::Tensor shares = at::bincount(codes.flatten(), {}, kCodes).to(at::kDouble).div(static_cast<double>(codes.numel()));
        QVERIFY(at::allclose(shares, logits[0][0].to(at::kDouble).softmax(0), 0.0, 0.015));
        const at::Tensor sure =
            Sampler({.order = "random", .steps = 1, .temperature = 0.0}).decode(allHidden(2), 5, always(logits.narrow(0, 0, 2))).codes;
        QVERIFY(sure.eq(4).all().item<bool>());
    }

    void aSeedGivesTheSameCodesAndAnotherOthers() {
        const Sampler sampler({.order = "confidence", .steps = 4});
        const Sampler::Ask ask = always(at::zeros({2, kPlaces, kCodes}));
        const at::Tensor first = sampler.decode(allHidden(2), 6, ask).codes;
        QVERIFY(at::equal(first, sampler.decode(allHidden(2), 6, ask).codes));
        QVERIFY(!at::equal(first, sampler.decode(allHidden(2), 7, ask).codes));
        QVERIFY(!at::equal(first[0], first[1]));
    }
};

MASKSCOPE_TEST(TestSampler)
#include "tst_sampler.moc"
