#include "training/pending_steps.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/metrics_log.h"
#include "training/trainer.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

const c10::Device kCpu(c10::kCPU);

StepResult resultOf(double loss) { return {at::full({}, loss, at::kFloat), at::full({}, 10 * loss, at::kFloat)}; }

/// Records steps, and which of them were told while training was how far.
class Recorder : public TrainingObserver {
public:
    std::vector<StepRecord> steps;
    void onStep(const StepRecord& record) override { steps.push_back(record); }
};

std::vector<std::vector<double>> numbersOf(const std::filesystem::path& run) {
    const MetricsTable table = MetricsLog::read(run / "metrics.csv");
    std::vector<std::vector<double>> columns;
    for (const char* name : {"step", "loss", "lr", "grad_norm", "val_loss"}) {
        columns.emplace_back();
        for (const auto& row : table.rows) columns.back().push_back(row[table.column(name)].value_or(-1.0));
    }
    return columns;
}

}  // namespace

/// Results that are read some steps later, as on a GPU.
class TestPendingSteps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void arriveInOrderInGroups() {
        PendingSteps pending(kCpu, 3);
        std::vector<double> losses;
        for (std::int64_t step = 1; step <= 7; ++step) {
            pending.add({.step = step}, resultOf(static_cast<double>(step)));
            for (const StepRecord& record : pending.arrived()) {
                QVERIFY(step % 3 == 0);
                QCOMPARE(record.loss, static_cast<double>(record.step));
                QCOMPARE(record.gradientNorm, 10.0 * static_cast<double>(record.step));
                losses.push_back(record.loss);
            }
        }
        QCOMPARE(losses, (std::vector<double>{1, 2, 3, 4, 5, 6}));
        const auto rest = pending.all();
        QCOMPARE(rest.size(), std::size_t{1});
        QCOMPARE(rest.front().step, 7);
        QVERIFY(pending.all().empty());
    }

    void oneByOneTheyAreReadAtOnce() {
        PendingSteps pending(kCpu, 1);
        pending.add({.step = 1}, resultOf(0.5));
        QCOMPARE(pending.arrived().size(), std::size_t{1});
    }

    void aRunIsTheSameHoweverLateItsResultsAreRead() {
        const TinyRuns runs;
        const auto early = std::make_shared<Recorder>(), late = std::make_shared<Recorder>();
        Trainer::start(runs.path("early"), runs.request({"train.read_every=1"}), {early}, {})->run(11, {});
        Trainer::start(runs.path("late"), runs.request({"train.read_every=3"}), {late}, {})->run(11, {});
        QCOMPARE(numbersOf(runs.path("early")), numbersOf(runs.path("late")));
        QVERIFY(runs.modelBytes("early", 11) == runs.modelBytes("late", 11));
        QCOMPARE(late->steps.size(), std::size_t{11});
        for (std::size_t i = 0; i < 11; ++i) QCOMPARE(late->steps[i].step, early->steps[i].step);
    }

    /// One parameter becomes infinite after a few good steps.
    void lossesThatAreNotFiniteAreFoundLater() {
        const TinyRuns runs;
        const auto messageOf = [&](const std::string& name, const std::string& setting) {
            const auto trainer =
                Trainer::start(runs.path(name), runs.request({setting, "train.optimizer.lr=1e30", "train.schedule.warmup=0"}), {}, {});
            try {
                trainer->run(20, {});
            } catch (const TrainingError& error) {
                return std::string(error.what());
            }
            return std::string();
        };
        const std::string early = messageOf("broken early", "train.read_every=1"), late = messageOf("broken late", "train.read_every=4");
        QVERIFY2(early.find(" at step 2 ") != std::string::npos || early.find(" at step 3 ") != std::string::npos, early.c_str());
        QCOMPARE(late, early);
    }

    void nothingMovesAfterABrokenStep() {
        AdamW::Params params;
        const at::Tensor weight = at::ones({4}).requires_grad_();
        AdamW optimizer(params, {{"w", weight, 1.0, true}});
        at::Tensor handle = weight;
        handle.mutable_grad() = at::full({4}, std::numeric_limits<float>::quiet_NaN());
        const NamedTensors state = optimizer.state();
        optimizer.step(0.1, {.lr = {}, .halted = at::ones({})});
        QVERIFY(at::equal(weight.detach(), at::ones({4})));
        for (const auto& [name, tensor] : state) QCOMPARE(tensor.abs().sum().item<double>(), 0.0);
        handle.mutable_grad() = at::ones({4});
        optimizer.step(0.1, {.lr = {}, .halted = at::zeros({})});
        QVERIFY(!at::equal(weight.detach(), at::ones({4})));
        QCOMPARE(state.back().second.item<double>(), 1.0);
    }
};

MASKSCOPE_TEST(TestPendingSteps)
#include "tst_pending_steps.moc"
