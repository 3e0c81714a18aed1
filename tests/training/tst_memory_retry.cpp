#include <c10/util/Exception.h>
#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "encoders/vit.h"
#include "support/recipe_samples.h"
#include "support/test_main.h"
#include "training/step.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kBatch = 8;

/// For how many samples there is memory.
std::int64_t room = kBatch;

/// A ViT that finds no memory for large batches.
class GreedyVit : public Vit {
public:
    using Vit::Vit;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override {
        TORCH_CHECK_WITH(OutOfMemoryError, view.batch() <= room, "CUDA out of memory. Tried to allocate 20.00 GiB.\nmore lines");
        return Vit::forward(view, plan, corruption, taps);
    }
};

struct Stepped {
    double loss = 0.0;
    std::int64_t pieces = 0;
    NamedTensors gradients;
};

Stepped step(std::int64_t samplesWithRoom, const std::vector<std::string>& settings = {}) {
    room = samplesWithRoom;
    Components components;
    components.encoders.add<GreedyVit>("greedy", 'T', "a ViT that finds no memory for large batches");
    Value root = fittedRecipe("mae", "classroom");
    applySettings(root, {"train.fast=false", "train.batch=8", "encoder.kind=greedy", "encoder.depth=2", "encoder.drop_path=0.4"});
    applySettings(root, settings);
    const MethodSpec spec = expandRecipe(root);
    Method method(spec, components, 3);
    method.train();
    torch::manual_seed(4);
    const std::vector<View> views = madeViews(spec, kBatch);
    TrainingStep training(method, TrainSettings::read(root));
    Signals signals;
    Stepped done;
    done.loss = training.run(0, 9, {{views, method.drawMasks(views, Signals(), drawOf(kBatch))}}, signals).loss.item<double>();
    done.pieces = training.pieces();
    for (const auto& item : method.named_parameters())
        if (item.value().grad().defined()) done.gradients.emplace_back(item.key(), item.value().grad());
    return done;
}

}  // namespace

/// Where memory does not suffice, a step is taken again in smaller pieces.
class TestMemoryRetry : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSameStepInPieces() {
        const Stepped whole = step(kBatch), pieces = step(3);
        QCOMPARE(whole.pieces, 1);
        QCOMPARE(pieces.pieces, 4);  // 8, 4, then 2 samples at a time
        QVERIFY(std::abs(whole.loss - pieces.loss) < 1e-6);
        QCOMPARE(pieces.gradients.size(), whole.gradients.size());
        for (std::size_t i = 0; i < whole.gradients.size(); ++i)
            QVERIFY2(at::allclose(pieces.gradients[i].second, whole.gradients[i].second, 1e-4, 1e-6), whole.gradients[i].first.c_str());
    }

    void notEvenOneSample() {
        try {
            step(0);
            QFAIL("expected an error");
        } catch (const TrainingError& error) {
            const std::string text = error.what();
            QVERIFY2(text.find("one sample of a micro-batch of 8") != std::string::npos, text.c_str());
            QVERIFY2(text.find("Tried to allocate 20.00 GiB") != std::string::npos && text.find("more lines") == std::string::npos, text.c_str());
        }
    }

    void lossesAcrossTheBatchCannotBeCut() {
        try {
            step(3, {"objective.loss.kind=koleo", "objective.weight=1"});
            QFAIL("expected an error");
        } catch (const TrainingError& error) {
            QVERIFY2(std::string(error.what()).find("cannot be cut") != std::string::npos, error.what());
        }
    }
};

MASKSCOPE_TEST(TestMemoryRetry)
#include "tst_memory_retry.moc"
