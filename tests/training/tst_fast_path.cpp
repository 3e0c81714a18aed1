#include <torch/torch.h>

#include <QtTest>

#include "support/recipe_samples.h"
#include "support/test_main.h"
#include "training/step.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

constexpr std::int64_t kBatch = 6;

/// One step of a recipe, with its gradients.
struct Stepped {
    std::string path;
    double loss = 0.0;
    NamedTensors gradients;
};

Stepped step(const std::string& id, const std::vector<std::string>& settings, bool isFast, int cores = 2) {
    const int usual = at::get_num_threads();
    at::set_num_threads(cores);
    Value root = fittedRecipe(id, "classroom");
    applySettings(root, settings);
    applySettings(root, {isFast ? "train.fast=true" : "train.fast=false", "train.batch=6"});
    const MethodSpec spec = expandRecipe(root);
    Method method(spec, Components(), 3);
    method.train();
    torch::manual_seed(11);
    const std::vector<View> views = madeViews(spec, kBatch);
    const MaskPlan plan = method.drawMasks(views, method.lookAhead(views, Signals()), drawOf(kBatch));
    TrainingStep training(method, TrainSettings::read(root));
    Signals signals;
    Stepped done{.path = training.path(), .gradients = {}};
    done.loss = training.run(0, 9, {{views, plan}}, signals).loss.item<double>();
    for (const auto& item : method.named_parameters())
        if (item.value().grad().defined()) done.gradients.emplace_back(item.key(), item.value().grad());
    at::set_num_threads(usual);
    return done;
}

double normOf(const NamedTensors& tensors) {
    double squares = 0.0;
    for (const auto& [name, tensor] : tensors) squares += tensor.square().sum().item<double>();
    return std::sqrt(squares);
}

void compare(const Stepped& fast, const Stepped& general) {
    QVERIFY2(std::abs(fast.loss - general.loss) <= 1e-5 * std::abs(general.loss), qPrintable(QString::number(fast.loss - general.loss)));
    QCOMPARE(fast.gradients.size(), general.gradients.size());
    const double whole = normOf(general.gradients);
    for (std::size_t i = 0; i < fast.gradients.size(); ++i) {
        const auto& [name, expected] = general.gradients[i];
        QCOMPARE(fast.gradients[i].first, name);
        // some gradients are 0 but for rounding (biases of keys): those are measured by the whole
        const double far = (fast.gradients[i].second - expected).norm().item<double>(),
                     allowed = 1e-5 * expected.norm().item<double>() + 1e-6 * whole;
        QVERIFY2(far <= allowed, qPrintable(QStringLiteral("%1: %2, allowed %3").arg(QString::fromStdString(name)).arg(far).arg(allowed)));
    }
}

}  // namespace

/// A step by cores against the same step by the general path.
class TestFastPath : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheGeneralPath_data() {
        QTest::addColumn<QString>("id");
        for (const auto& [id, file] : listRecipes(resourcesFolder() / "recipes")) QTest::newRow(id.c_str()) << QString::fromStdString(id);
    }
    void equalsTheGeneralPath() {
        QFETCH(QString, id);
        const Stepped fast = step(id.toStdString(), {}, true), general = step(id.toStdString(), {}, false);
        QVERIFY2(fast.path.starts_with("fast path (") || fast.path.starts_with("general path ("), fast.path.c_str());
        QCOMPARE(general.path, std::string("general path (train.fast is false)"));
        compare(fast, general);
    }

    void samplesGetTheirOwnNoise() {
        const std::vector<std::string> settings{"encoder.drop_path=0.5", "encoder.depth=3"};
        compare(step("mae", settings, true), step("mae", settings, false));
    }

    void oneCoreIsEnough() { compare(step("mae", {}, true, 1), step("mae", {}, false, 1)); }

    /// The proving ground of the classroom takes it; what compares samples does not, and says so.
    void pathsSayWhy() {
        QVERIFY(step("mae", {}, true).path.starts_with("fast path (2 cores"));
        QVERIFY(step("msn", {}, true).path.find("compares the samples of a batch") != std::string::npos);
        QVERIFY(step("convnext-v2", {}, true).path.starts_with("fast"));
    }

    void aStepRepeatsToTheLastBit() {
        const Stepped one = step("mae", {}, true), other = step("mae", {}, true);
        QCOMPARE(one.loss, other.loss);
        for (std::size_t i = 0; i < one.gradients.size(); ++i) QVERIFY(at::equal(one.gradients[i].second, other.gradients[i].second));
    }
};

MASKSCOPE_TEST(TestFastPath)
#include "tst_fast_path.moc"
