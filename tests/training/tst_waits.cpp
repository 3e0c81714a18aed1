#include <torch/torch.h>

#include <QtTest>

#include "support/recipe_samples.h"
#include "support/test_main.h"
#include "tensor/wait_counter.h"
#include "training/step.h"

using namespace maskscope;
using namespace maskscope::testing;

/// A step of the general path, which is that of a GPU, waits for nothing: forward, backward, clipping, update and moving averages.
class TestWaits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void noStepWaits_data() {
        QTest::addColumn<QString>("id");
        for (const auto& [id, file] : listRecipes(resourcesFolder() / "recipes")) QTest::newRow(id.c_str()) << QString::fromStdString(id);
    }
    void noStepWaits() {
        QFETCH(QString, id);
        constexpr std::int64_t kBatch = 4;
        Value root = fittedRecipe(id.toStdString(), "classroom");
        applySettings(root, {"train.fast=false", "train.batch=4", "train.read_every=8", "train.clip=1.0"});
        const MethodSpec spec = expandRecipe(root);
        Method method(spec, Components(), 3);
        method.train();
        const std::vector<View> views = madeViews(spec, kBatch);
        const MaskPlan plan = method.drawMasks(views, method.lookAhead(views, Signals()), drawOf(kBatch));
        const TrainSettings settings = TrainSettings::read(root);
        TrainingStep training(method, settings);
        Signals signals;
        for (const std::int64_t end : training.stageEnds()) {  // a step of each stage
            const WaitCounter counter;
            training.run(end - 1, 9, {{views, plan}}, signals);
            QVERIFY2(counter.count() == 0, counter.text().c_str());
        }
    }
};

MASKSCOPE_TEST(TestWaits)
#include "tst_waits.moc"
