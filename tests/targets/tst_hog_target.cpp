#include "targets/hog_target.h"

#include <cmath>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr double kPi = 3.14159265358979323846;

InputSpec inputOf(std::int64_t channels = 3, std::int64_t side = 16, std::int64_t patch = 8) {
    return {ImageInput{.channels = channels,
                       .height = side,
                       .width = side,
                       .patchHeight = patch,
                       .patchWidth = patch,
                       .mean = std::vector<double>(static_cast<std::size_t>(channels), 0.5),
                       .std = std::vector<double>(static_cast<std::size_t>(channels), 0.5)}};
}

std::unique_ptr<Target> makeTarget(const InputSpec& input, const std::string& more) {
    return makeTargetRegistry().make(parseToml("kind = 'hog'\n" + more, "test.toml"), "objective.0.target", "kind", TargetContext{input});
}

at::Tensor described(const Target& target, const at::Tensor& pixels) {
    View view;
    view.tensors["pixels"] = pixels;
    view.geometry = Geometry::grid(pixels.size(0), {2, 2});
    return target.compute({view});
}

/// A plane that rises in the direction of an angle, away from the border's reflections. @return [1, 1, side, side]
at::Tensor rising(double angle, std::int64_t side = 16) {
    const at::Tensor places = at::arange(side, at::kFloat);
    const at::Tensor x = places.view({1, side}), y = places.view({side, 1});
    return x.mul(std::sin(angle)).add(y.mul(std::cos(angle))).view({1, 1, side, side});
}

at::Tensor drawnPixels(std::int64_t batch, std::int64_t channels, std::int64_t side) {
    at::Tensor pixels = at::zeros({batch, channels, side, side}, at::kFloat);
    RandomStream stream(3, "pixels");
    for (std::int64_t i = 0; i < pixels.numel(); ++i) pixels.mutable_data_ptr<float>()[i] = static_cast<float>(stream.normal());
    return pixels;
}

/// By the definition, value by value. @return the histogram of one cell of one channel
std::vector<double> histogram(const at::Tensor& plane, std::int64_t row, std::int64_t column, std::int64_t cell, int bins) {
    const std::int64_t side = plane.size(0);
    const auto at = [&](std::int64_t y, std::int64_t x) {
        const auto inside = [&](std::int64_t place) { return place < 0 ? -place : place >= side ? 2 * side - 2 - place : place; };
        return static_cast<double>(plane[inside(y)][inside(x)].item<float>());
    };
    std::vector<double> result(static_cast<std::size_t>(bins), 0.0);
    double square = 0.0;
    for (std::int64_t y = row * cell; y < (row + 1) * cell; ++y)
        for (std::int64_t x = column * cell; x < (column + 1) * cell; ++x) {
            const double gx = at(y - 1, x - 1) + 2 * at(y, x - 1) + at(y + 1, x - 1) - at(y - 1, x + 1) - 2 * at(y, x + 1) - at(y + 1, x + 1);
            const double gy = at(y - 1, x - 1) + 2 * at(y - 1, x) + at(y - 1, x + 1) - at(y + 1, x - 1) - 2 * at(y + 1, x) - at(y + 1, x + 1);
            const auto bin = (static_cast<int>(std::floor(std::atan2(gx, gy) / kPi * bins)) % bins + bins) % bins;
            result[static_cast<std::size_t>(bin)] += std::hypot(gx, gy);
        }
    for (const double value : result) square += value * value;
    for (double& value : result) value /= std::sqrt(square);
    return result;
}

}  // namespace

class TestHogTarget : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void histogramsFollowTheDefinition();
    void aRisingPlaneFallsIntoTheBinOfItsDirection_data();
    void aRisingPlaneFallsIntoTheBinOfItsDirection();
    void contrastAndBrightnessDoNotCount();
    void channelsStayApart();
    void aWindowWeighsTheMiddleMore();
    void picturesShowEdgesAndTellThemApart();
    void sizesThatDoNotFitAreRefused();
};

void TestHogTarget::histogramsFollowTheDefinition() {
    const auto target = makeTarget(inputOf(), "cell = 4\nbins = 9");
    QCOMPARE(target->width(), 4 * 3 * 9);
    const at::Tensor pixels = drawnPixels(2, 3, 16), features = described(*target, pixels);
    QCOMPARE(features.sizes(), (at::IntArrayRef{2, 4, 108}));
    for (const std::int64_t channel : {0, 2})
        for (const auto& [row, column] : {std::pair<std::int64_t, std::int64_t>{0, 0}, {1, 2}, {3, 3}}) {
            const auto expected = histogram(pixels[1][channel], row, column, 4, 9);
            const std::int64_t patch = row / 2 * 2 + column / 2, cell = row % 2 * 2 + column % 2;
            const at::Tensor found = features[1][patch].narrow(0, (cell * 3 + channel) * 9, 9);
            for (std::int64_t bin = 0; bin < 9; ++bin) QVERIFY(std::abs(found[bin].item<double>() - expected[static_cast<std::size_t>(bin)]) < 1e-5);
        }
}

void TestHogTarget::aRisingPlaneFallsIntoTheBinOfItsDirection_data() {
    QTest::addColumn<double>("degrees");
    for (const double degrees : {10.0, 50.0, 90.0, 130.0, 170.0, 190.0, 330.0}) QTest::newRow(QByteArray::number(degrees)) << degrees;
}

void TestHogTarget::aRisingPlaneFallsIntoTheBinOfItsDirection() {
    QFETCH(double, degrees);
    const auto target = makeTarget(inputOf(1, 24, 8), "cell = 8");
    const at::Tensor middle = described(*target, rising(degrees * kPi / 180.0, 24))[0][4];  // far from the border
    const auto expected = static_cast<std::int64_t>(std::fmod(degrees, 180.0) / 20.0);      // without a sign
    QCOMPARE(middle.argmax().item<std::int64_t>(), expected);
    QVERIFY(std::abs(middle[expected].item<double>() - 1.0) < 1e-5);
}

void TestHogTarget::contrastAndBrightnessDoNotCount() {
    const auto target = makeTarget(inputOf(), "cell = 8");
    const at::Tensor pixels = drawnPixels(1, 3, 16);
    QVERIFY(at::allclose(described(*target, pixels), described(*target, pixels.mul(0.25).add(3.0)), 1e-3, 1e-4));
    QVERIFY(at::equal(described(*target, at::ones({1, 3, 16, 16})), at::zeros({1, 4, 27})));  // nothing to divide by
}

void TestHogTarget::channelsStayApart() {
    const auto target = makeTarget(inputOf(), "cell = 8");
    const at::Tensor pixels = drawnPixels(1, 3, 16), changed = pixels.clone();
    changed.select(1, 1).mul_(-1).add_(changed.select(1, 0));
    const at::Tensor before = described(*target, pixels).view({4, 3, 9}), after = described(*target, changed).view({4, 3, 9});
    QVERIFY(at::equal(before.select(1, 0), after.select(1, 0)) && at::equal(before.select(1, 2), after.select(1, 2)));
    QVERIFY(!at::allclose(before.select(1, 1), after.select(1, 1)));
}

void TestHogTarget::aWindowWeighsTheMiddleMore() {
    // An edge in the corner of a window and another in its middle: the Gaussian favours the second.
    const at::Tensor pixels = at::zeros({1, 1, 16, 16});
    pixels.select(3, 1).narrow(2, 0, 4).fill_(1.0);
    pixels.select(2, 8).narrow(2, 4, 8).fill_(1.0);
    const auto bins = [&](const std::string& window) { return described(*makeTarget(inputOf(1, 16, 16), "cell = 16\n" + window), pixels)[0][0]; };
    const at::Tensor plain = bins(""), weighed = bins("window = 16");
    QVERIFY(weighed[0].div(weighed[4]).item<double>() > 1.2 * plain[0].div(plain[4]).item<double>());
}

void TestHogTarget::picturesShowEdgesAndTellThemApart() {
    const InputSpec input = inputOf(1, 24, 8);
    const auto target = makeTarget(input, "cell = 8");
    const auto pictureOf = [&](double degrees) {
        const at::Tensor features = described(*target, rising(degrees * kPi / 180.0, 24));
        return target->depict(features, features, Geometry::grid(1, {3, 3})).target;
    };
    const at::Tensor down = pictureOf(5), right = pictureOf(90);  // brightness rises downwards: the edge runs across
    QCOMPARE(down.size(1), 3);
    QCOMPARE(down.size(2), down.size(3));
    const std::int64_t side = down.size(2) / 3, middle = down.size(2) / 2;
    QVERIFY(down[0][0][middle].narrow(0, side, side).mean().item<double>() > 0.3);             // nearly a horizontal stroke
    QVERIFY(right[0][0].select(1, middle).narrow(0, side, side).mean().item<double>() > 0.5);  // an upright one
    QVERIFY(down[0][0].select(1, middle).narrow(0, side, side).mean().item<double>() < 0.2);
    QVERIFY(down.min().item<double>() >= 0.0 && down.max().item<double>() <= 1.0);
}

void TestHogTarget::sizesThatDoNotFitAreRefused() {
    QVERIFY_EXCEPTION_THROWN(makeTarget(inputOf(), "cell = 3"), RecipeError);
    QVERIFY_EXCEPTION_THROWN(makeTarget(inputOf(), "window = 5"), RecipeError);
    QVERIFY_EXCEPTION_THROWN(makeTarget(inputOf(), "bins = 1"), RecipeError);
}

MASKSCOPE_TEST(TestHogTarget)
#include "tst_hog_target.moc"
