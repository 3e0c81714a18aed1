#include "training/step_graph.h"

#include <torch/torch.h>

#include <QtTest>

#include "support/recipe_samples.h"
#include "support/test_main.h"
#include "training/step.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kBatch = 4, kSteps = 8;

/// Some steps of a recipe, each on other samples and masks.
struct Trained {
    std::vector<double> losses, norms;
    NamedTensors state;  // at the end
    std::string obstacle;
};

Trained train(const std::string& id, const std::string& graph, const std::vector<std::string>& settings) {
    Value root = fittedRecipe(id, "classroom");
    applySettings(root, {"train.fast=false", "train.batch=4", "train.steps=20", "train.schedule.warmup=2", "train.clip=1.0", "train.graph=" + graph});
    applySettings(root, settings);
    const MethodSpec spec = expandRecipe(root);
    Method method(spec, Components(), 3);
    method.train();
    torch::manual_seed(5);
    TrainingStep training(method, TrainSettings::read(root));
    Signals signals;
    Trained done;
    for (std::int64_t step = 0; step < kSteps; ++step) {
        const std::vector<View> views = madeViews(spec, kBatch);
        const MaskPlan plan = method.drawMasks(views, method.lookAhead(views, signals), drawOf(kBatch, static_cast<std::uint64_t>(step)));
        const StepResult result = training.run(step, 9, {{views, plan}}, signals);
        done.losses.push_back(result.loss.item<double>());
        done.norms.push_back(result.gradientNorm.item<double>());
    }
    for (const auto& [name, tensor] : method.namedState()) done.state.emplace_back(name, tensor.detach().clone());
    for (const auto& [name, tensor] : training.averagedState()) done.state.emplace_back("averaged " + name, tensor.detach().clone());
    for (const auto& [name, tensor] : training.optimizerState()) done.state.emplace_back("optimizer " + name, tensor.detach().clone());
    done.obstacle = training.graphObstacle();
    return done;
}

void compare(const Trained& replayed, const Trained& plain) {
    for (std::size_t i = 0; i < plain.losses.size(); ++i) {
        QVERIFY2(std::abs(replayed.losses[i] - plain.losses[i]) <= 1e-4 * std::abs(plain.losses[i]), qPrintable(QString::number(i)));
        QVERIFY2(std::abs(replayed.norms[i] - plain.norms[i]) <= 1e-3 * std::abs(plain.norms[i]), qPrintable(QString::number(i)));
    }
    QCOMPARE(replayed.state.size(), plain.state.size());
    for (std::size_t i = 0; i < plain.state.size(); ++i) {
        // Biases of keys change nothing: their gradient is rounding alone, which Adam takes for a direction
        if (plain.state[i].first.find("qkv.bias") != std::string::npos) continue;
        QVERIFY2(at::allclose(replayed.state[i].second.to(at::kDouble), plain.state[i].second.to(at::kDouble), 1e-3, 1e-5),
                 plain.state[i].first.c_str());
    }
}

}  // namespace

/// What a replay means, on a CPU: the step that was recorded, on what has been put into its memory since.
class TestStepGraph : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void replaysAreSteps_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QStringList>("settings");
        QTest::newRow("masked autoencoder") << QStringLiteral("mae") << QStringList{};
        QTest::newRow("averaged weights, layer decay") << QStringLiteral("mae") << QStringList{"train.ema=0.9", "train.optimizer.layer_decay=0.8"};
        QTest::newRow("teacher") << QStringLiteral("i-jepa") << QStringList{};
        QTest::newRow("blocks computed again") << QStringLiteral("simmim") << QStringList{"train.recompute=true"};
    }
    void replaysAreSteps() {
        QFETCH(QString, id);
        QFETCH(QStringList, settings);
        std::vector<std::string> more;
        for (const QString& setting : settings) more.push_back(setting.toStdString());
        const Trained replayed = train(id.toStdString(), "on", more), plain = train(id.toStdString(), "off", more);
        if (id != "i-jepa") QCOMPARE(replayed.obstacle, std::string());  // blocks of changing sizes may not fit
        compare(replayed, plain);
    }

    void whatCannotBeReplayedSaysSo_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("setting");
        QTest::addColumn<QString>("reason");
        QTest::newRow("noise") << "mae"
                               << "encoder.drop_path=0.5"
                               << "draw noise on the host";
        QTest::newRow("a loss with a memory") << "ibot"
                                              << "train.clip=1"
                                              << "remembers";
        QTest::newRow("an adversary") << "vq-gan"
                                      << "train.clip=1"
                                      << "its updates take turns";
    }
    void whatCannotBeReplayedSaysSo() {
        QFETCH(QString, id);
        QFETCH(QString, setting);
        QFETCH(QString, reason);
        const std::vector<std::string> settings{setting.toStdString()};
        const Trained replayed = train(id.toStdString(), "on", settings);
        QVERIFY2(replayed.obstacle.find(reason.toStdString()) != std::string::npos, replayed.obstacle.c_str());
        compare(replayed, train(id.toStdString(), "off", settings));
    }

    /// A step that counts its calls on the host does something else each time.
    void aRecordingThatDiffersIsThrownAway() {
        StepGraph graph{c10::Device(c10::kCPU)};
        const at::Tensor brake = at::zeros({});
        double calls = 0.0;
        const auto work = [&](const std::vector<MicroBatch>&) {
            ++calls;
            return StepResult{at::full({}, calls), at::ones({})};
        };
        for (int step = 0; step < 6; ++step) graph.run({}, work, brake);
        QVERIFY2(graph.obstacle().find("a replay gave loss") != std::string::npos, graph.obstacle().c_str());
        QCOMPARE(brake.item<double>(), 0.0);
        QVERIFY(!graph.isReplaying());
    }

    void batchesOfOtherShapesAreSteppedThemselves() {
        StepGraph graph{c10::Device(c10::kCPU)};
        const auto batchOf = [](std::int64_t samples) {
            View view;
            view.tensors["pixels"] = at::full({samples}, static_cast<double>(samples));
            return std::vector<MicroBatch>{{{view}, MaskPlan()}};
        };
        const auto work = [](const std::vector<MicroBatch>& batches) {
            const at::Tensor sum = batches.front().views.front().pixels().sum();
            return StepResult{sum, sum};
        };
        for (int step = 0; step < 6; ++step) QCOMPARE(graph.run(batchOf(2), work, at::zeros({})).loss.item<double>(), 4.0);
        QVERIFY(graph.isReplaying());
        QCOMPARE(graph.run(batchOf(3), work, at::zeros({})).loss.item<double>(), 9.0);
        QVERIFY(graph.isReplaying());
        for (int step = 0; step < 10; ++step) graph.run(batchOf(3), work, at::zeros({}));
        QVERIFY2(graph.obstacle().find("differ in shape") != std::string::npos, graph.obstacle().c_str());
    }
};

MASKSCOPE_TEST(TestStepGraph)
#include "tst_step_graph.moc"
