#include "analysis/checkup.h"

#include <cmath>
#include <thread>

#include <torch/torch.h>

#include <QtTest>

#include "analysis/probe.h"
#include "analysis/run_session.h"
#include "core/error.h"
#include "data/images/image_dataset.h"
#include "data/split.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/feature_spread.h"
#include "training/trainer.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;

/// Two clouds around opposite points. @param apart  their distance in standard deviations
LabelledFeatures twoClouds(std::int64_t count, double apart) {
    auto generator = at::detail::createCPUGenerator(3);
    const at::Tensor labels = at::arange(count, at::kLong) % 2;
    at::Tensor features = at::randn({count, 5}, generator, at::kFloat);
    features.select(1, 0).add_((labels.to(at::kFloat) - 0.5) * apart);
    return {features, labels};
}

}  // namespace

class TestCheckup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        Trainer::start(runs_.path("run"), runs_.request(), {}, {})->run(4, {});
        images_ = openImages(runs_.data() / "train");
        QVERIFY(images_->classNames().size() > 1);
    }

    void nobodyVotesForItself() {
        // In pairs of one class and its mirror image of the other, the nearest other one is always wrong
        const LabelledFeatures pairs{at::tensor({1.0F, 0.0F, 1.0F, 0.1F, -1.0F, 0.0F, -1.0F, 0.1F}).view({4, 2}),
                                     at::tensor({0, 1, 0, 1}, at::kLong)};
        QCOMPARE(knnAccuracyAmong(pairs, 2, 1), 0.0);
        QCOMPARE(knnAccuracy(pairs, pairs, 2, 1), 1.0);
    }

    void classesThatLieApartAreNamedAndNoiseIsNot() {
        QVERIFY(knnAccuracyAmong(twoClouds(200, 12.0), 2, 20) > 0.98);
        QVERIFY(std::abs(knnAccuracyAmong(twoClouds(400, 0.0), 2, 20) - 0.5) < 0.12);
    }

    void moreSamplesThanAPartAreCountedOnce() {
        const LabelledFeatures many = twoClouds(1100, 2.0);
        const at::Tensor similarity = [&] {
            const at::Tensor unit = torch::nn::functional::normalize(many.features, torch::nn::functional::NormalizeFuncOptions().dim(1));
            at::Tensor all = at::matmul(unit, unit.t());
            all.fill_diagonal_(-2.0);
            return all;
        }();
        const at::Tensor nearest = many.labels.index_select(0, similarity.argmax(1));
        QCOMPARE(knnAccuracyAmong(many, 2, 1), (nearest == many.labels).to(at::kDouble).mean().item<double>());
    }

    void aCheckupTellsSpreadAndAccuracy() {
        const CheckupRecord record = examine(images_, {});
        QCOMPARE(record.step, std::int64_t{4});
        QCOMPARE(record.samples, std::int64_t{40});
        QVERIFY2(record.withoutAccuracy.empty(), record.withoutAccuracy.c_str());
        QVERIFY(record.neighbourAccuracy && *record.neighbourAccuracy >= 0.0 && *record.neighbourAccuracy <= 1.0);
        std::map<std::int64_t, int> counts;
        for (std::int64_t i = 0; i < 40; ++i) ++counts[images_->label(i)];
        int most = 0;
        for (const auto& [label, count] : counts) most = std::max(most, count);
        QCOMPARE(record.chance, most / 40.0);
        RunSession opened = openRunSession(runs_.path("run"), 4);
        const View view = opened.session->domain().evaluationView(*images_, evenlySpread(allSamples(*images_), 64), {});
        const FeatureSpread expected = featureSpread(opened.session->features(view, {}), 4);
        QCOMPARE(record.spread.deviation, expected.deviation);
        QCOMPARE(record.spread.tokenRank, expected.tokenRank);
        QCOMPARE(record.spread.step, std::int64_t{4});
    }

    void withoutClassesItSaysHowToGetThem() {
        fs::create_directories(runs_.path("flat"));
        int number = 0;
        for (const auto& entry : fs::recursive_directory_iterator(runs_.data() / "test"))
            if (entry.path().extension() == ".png") fs::copy(entry.path(), runs_.path("flat") / (std::to_string(++number) + ".png"));
        QVERIFY(number > 2);
        const CheckupRecord record = examine(openImages(runs_.path("flat")), {});
        QVERIFY(!record.neighbourAccuracy);
        QVERIFY2(QString::fromStdString(record.withoutAccuracy).contains(QStringLiteral("folder of its own")), record.withoutAccuracy.c_str());
        QVERIFY(record.spread.deviation > 0.0);
    }

    void onlySamplesThatAreNamedCount() { QCOMPARE(examine(images_, {3, 5, 8, 21}).samples, std::int64_t{4}); }

private:
    CheckupRecord examine(const std::shared_ptr<const Dataset>& data, const std::vector<std::int64_t>& samples) const {
        InferenceDesk desk;
        const auto generation = desk.ask(CheckupQuestion{CheckpointPlace{runs_.path("run"), std::nullopt}, data, samples});
        for (int i = 0; i < 30'000 && desk.checkups().latest() == nullptr; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto answer = desk.checkups().latest();
        if (answer == nullptr || answer->generation != generation) return {};
        if (!answer->problem.empty()) qWarning("%s", answer->problem.c_str());
        return answer->record;
    }

    testing::TinyRuns runs_;
    std::shared_ptr<const Dataset> images_;
};

MASKSCOPE_TEST(TestCheckup)
#include "tst_checkup.moc"
