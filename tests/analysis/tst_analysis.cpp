#include "analysis/attention.h"
#include "analysis/mask_pictures.h"
#include "analysis/probe.h"
#include "analysis/step_bench.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Two layers of one head over a class token and three patches.
Features attending() {
    Features features;
    features.geometry = Geometry::grid(1, {1, 3});
    features.prefix = at::zeros({1, 1, 4});
    features.tokens = at::zeros({1, 3, 4});
    const at::Tensor first =
        at::tensor({0.1, 0.2, 0.3, 0.4, 0.25, 0.25, 0.25, 0.25, 0.7, 0.1, 0.1, 0.1, 0.0, 0.0, 1.0, 0.0}, at::kFloat).view({1, 1, 4, 4});
    features.attentions = {first, at::eye(4).view({1, 1, 4, 4})};
    return features;
}

/// Two clouds of points that a line separates.
LabelledFeatures clouds(std::int64_t count, double distance, std::uint64_t seed) {
    at::Generator generator = at::detail::createCPUGenerator(seed);
    LabelledFeatures set;
    set.labels = at::arange(count, at::kLong) % 2;
    set.features = at::randn({count, 5}, generator, at::kFloat);
    set.features.select(1, 0).add_(set.labels.to(at::kFloat) * distance);
    return set;
}

}  // namespace

class TestAnalysis : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void attentionMapsAreTheRowsAsked();
    void rolloutIsTheProductOfMixedLayers();
    void questionsOutOfRangeNameTheRange();
    void attentionPicturesFrameTheQuery();
    void probesSeparateWhatCanBeSeparated();
    void probesOnNoiseAreAtChance();
    void emptySetsAreRefused();
    void maskSheetsShowEveryMask();
    void benchesRepeatTheirLosses();
};

void TestAnalysis::attentionMapsAreTheRowsAsked() {
    const Features features = attending();
    QVERIFY(at::allclose(attentionMap(features, {.layer = 0}), at::tensor({0.2F, 0.3F, 0.4F})));
    QVERIFY(at::allclose(attentionMap(features, {.layer = 0, .head = 0, .query = 1}), at::tensor({0.1F, 0.1F, 0.1F})));
    QVERIFY(at::allclose(attentionMap(features, {.query = 2}), at::tensor({0.F, 0.F, 1.F})));  // the last layer
}

void TestAnalysis::rolloutIsTheProductOfMixedLayers() {
    const Features features = attending();
    const at::Tensor mixed = 0.5 * features.attentions[0][0][0] + 0.5 * at::eye(4);
    QVERIFY(at::allclose(attentionMap(features, {.rollout = true}), mixed[0].narrow(0, 1, 3)));
    QVERIFY(at::allclose(attentionMap(features, {.query = 0, .rollout = true}), mixed[1].narrow(0, 1, 3)));
}

void TestAnalysis::questionsOutOfRangeNameTheRange() {
    const Features features = attending();
    const auto messageOf = [&](const AttentionQuestion& question) {
        try {
            attentionMap(features, question);
        } catch (const UsageError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    QCOMPARE(messageOf({.layer = 2}), std::string("layer 2 does not exist; there are 2, counted from 0"));
    QCOMPARE(messageOf({.head = 1}), std::string("head 1 does not exist; there are 1, counted from 0"));
    QCOMPARE(messageOf({.query = 3}), std::string("query patch 3 does not exist; there are 3, counted from 0"));
}

void TestAnalysis::attentionPicturesFrameTheQuery() {
    const Image grey{6, 2, 1, std::vector<std::uint8_t>(12, 128)};
    const at::Tensor map = at::tensor({0.F, 0.5F, 1.F});
    const Image plain = attentionPicture(grey, map, 1, 3, {}), framed = attentionPicture(grey, map, 1, 3, 1);
    QCOMPARE(plain.width % 3, 0);
    const int cell = plain.width / 3;
    QVERIFY(plain.pixels[plain.offset(0, 0)] != plain.pixels[plain.offset(2 * cell, 0)]);
    QCOMPARE(framed.pixels[framed.offset(cell, 0)], std::uint8_t{0});
    QCOMPARE(framed.pixels[framed.offset(0, 0)], plain.pixels[plain.offset(0, 0)]);
}

void TestAnalysis::probesSeparateWhatCanBeSeparated() {
    const LabelledFeatures train = clouds(200, 12.0, 1), test = clouds(100, 12.0, 2);
    QVERIFY(linearProbeAccuracy(train, test, 2, {}) > 0.98);
    QCOMPARE(linearProbeAccuracy(train, test, 2, {}), linearProbeAccuracy(train, test, 2, {}));
    LabelledFeatures centredTrain = train, centredTest = test;  // cosine neighbours need opposite directions
    centredTrain.features.select(1, 0).sub_(6.0);
    centredTest.features.select(1, 0).sub_(6.0);
    QVERIFY(knnAccuracy(centredTrain, centredTest, 2, 20) > 0.98);
    QCOMPARE(knnAccuracy(centredTrain, centredTrain, 2, 1), 1.0);  // everyone is their own neighbour
}

void TestAnalysis::probesOnNoiseAreAtChance() {
    const LabelledFeatures train = clouds(400, 0.0, 1), test = clouds(400, 0.0, 2);
    QVERIFY(std::abs(knnAccuracy(train, test, 2, 20) - 0.5) < 0.12);
    QVERIFY(std::abs(linearProbeAccuracy(train, test, 2, {}) - 0.5) < 0.12);
}

void TestAnalysis::emptySetsAreRefused() {
    const LabelledFeatures none{at::zeros({0, 5}), at::zeros({0}, at::kLong)};
    QVERIFY_EXCEPTION_THROWN(knnAccuracy(none, clouds(4, 1, 1), 2, 1), DataError);
    QVERIFY_EXCEPTION_THROWN(linearProbeAccuracy(clouds(4, 1, 1), none, 2, {}), DataError);
}

void TestAnalysis::maskSheetsShowEveryMask() {
    const at::Tensor hidden = at::tensor({1.F, 0.F, 0.F, 1.F}).repeat({3, 1});
    const Image sheet = maskSheet(hidden, {2, 2}, {});
    QVERIFY(sheet.width > 3 * 150);
    QVERIFY(sheet.height < 2 * 200);
    const Image volume = maskSheet(at::ones({1, 8}).index_fill(1, at::tensor({0}, at::kLong), 0.0), {2, 2, 2}, {});
    QVERIFY(volume.height > volume.width);
}

void TestAnalysis::benchesRepeatTheirLosses() {
    const StepBench one = runStepBench({.config = "C3", .steps = 2}, {}), two = runStepBench({.config = "C3", .steps = 2}, {});
    QCOMPARE(one.stepSeconds.size(), std::size_t{2});
    QCOMPARE(one.loss.size(), std::size_t{4});
    QVERIFY(one.loss == two.loss);
    QVERIFY_EXCEPTION_THROWN(runStepBench({.config = "C9"}, {}), UsageError);
}

MASKSCOPE_TEST(TestAnalysis)
#include "tst_analysis.moc"
