#include "training/non_finite.h"

#include <limits>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const char* const kRecipe = R"(
schema = 1
id = "broken"
[input]
size = [8, 8]
patch = [4, 4]
[mask]
strategy = "random"
ratio = 0.5
[encoder]
kind = "vit"
width = 8
depth = 2
heads = 1
sees = "visible"
[[objective]]
target = { kind = "pixel" }
head = { kind = "transformer", width = 8, depth = 1, heads = 1 }
loss = { kind = "mse" }
[train]
batch = 4
clip = 1.0
optimizer = { lr = 1e-2 }
schedule = { kind = "constant" }
)";

/// A small model on noise, to be broken in one place.
struct Broken {
    Value root = parseToml(kRecipe, "test");
    Method method{expandRecipe(root), Components(), 0};
    TrainingStep training{method, TrainSettings::read(root)};
    MicroBatch batch;

    Broken() {
        View view;
        view.tensors["pixels"] = at::randn({4, 3, 8, 8}, at::detail::createCPUGenerator(1));
        view.geometry = Geometry::grid(4, {2, 2});
        view.sampleIds = {10, 11, 12, 13};
        batch = {{view}, method.drawMasks({view}, Signals(), trainingDraw(0, 0, 0, 4))};
    }

    at::Tensor parameter(const QString& name) {
        for (const auto& item : method.named_parameters())
            if (QString::fromStdString(item.key()).contains(name)) return item.value();
        return {};
    }
    std::string message() {
        try {
            Signals signals;
            training.run(0, 0, {batch}, signals);
        } catch (const TrainingError& error) {
            return error.what();
        }
        return {};
    }
};

}  // namespace

class TestNonFinite : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aHealthyStepHasNoSuchPlace() {
        Broken model;
        QCOMPARE(model.message(), std::string());
        QCOMPARE(whereNotFinite(model.method, model.batch, Signals()), std::string());
    }

    void aBrokenParameterIsNamed() {
        Broken model;
        const torch::NoGradGuard noGrad;
        const at::Tensor weight = model.parameter(QStringLiteral("encoder.transformer.block1"));
        QVERIFY(weight.defined());
        weight.view(-1)[0] = kNaN;
        const std::string message = [&] {
            const torch::AutoGradMode gradients(true);
            return model.message();
        }();
        QVERIFY2(QString::fromStdString(message).contains(QStringLiteral("at step 1 in the parameter ")), message.c_str());
        QVERIFY2(QString::fromStdString(message).contains(QStringLiteral("encoder.transformer.block1")), message.c_str());
    }

    void aLayerThatOverflowsIsNamed_data() {
        QTest::addColumn<QString>("parameter");
        QTest::addColumn<QString>("place");
        QTest::newRow("the second block of the encoder") << "encoder.transformer.block1.fc2.bias"
                                                         << "in block 2 of network 'encoder'";
        QTest::newRow("the first block of the encoder") << "encoder.transformer.block0.fc2.bias"
                                                        << "in block 1 of network 'encoder'";
        QTest::newRow("the block of the decoder") << "head_reconstruction.transformer.block0.fc2.bias"
                                                  << "in block 1 of the head";
    }

    void aLayerThatOverflowsIsNamed() {
        QFETCH(QString, parameter);
        QFETCH(QString, place);
        Broken model;
        const at::Tensor bias = model.parameter(parameter);
        QVERIFY(bias.defined());
        {
            const torch::NoGradGuard noGrad;
            // finite itself, twice of it is not
            bias.fill_(std::numeric_limits<float>::max());
            model.parameter(QString(parameter).replace(QStringLiteral("bias"), QStringLiteral("weight"))).fill_(std::numeric_limits<float>::max());
        }
        const std::string message = model.message();
        QVERIFY2(QString::fromStdString(message).contains(place), message.c_str());
    }

    void samplesThatAreNotFiniteAreNamed() {
        Broken model;
        model.batch.views.front().tensors["pixels"][2][0][3][3] = kNaN;
        const std::string message = model.message();
        QVERIFY2(QString::fromStdString(message).contains(QStringLiteral("'pixels' of sample 12")), message.c_str());
    }

    void aGradientThatIsNoNumberIsFoundAlthoughItWasClipped() {
        Broken model;
        QCOMPARE(model.message(), std::string());  // the gradients of a step stay
        const at::Tensor weight = model.parameter(QStringLiteral("encoder.transformer.block0"));
        {
            const torch::NoGradGuard noGrad;
            weight.mutable_grad().view(-1)[0] = kNaN;
        }
        const std::string place = whereNotFinite(model.method, model.batch, Signals());
        QVERIFY2(QString::fromStdString(place).startsWith(QStringLiteral("in the gradient of ")), place.c_str());
        QVERIFY2(QString::fromStdString(place).contains(QStringLiteral("encoder.transformer.block0")), place.c_str());
    }

    void aNormThatIsNoNumberClipsNothing() {
        at::Tensor good = at::ones({2}).set_requires_grad(true), bad = at::ones({2}).set_requires_grad(true);
        good.mutable_grad() = at::full({2}, 0.25);
        bad.mutable_grad() = at::full({2}, kNaN);
        AdamW optimizer({}, {{"good", good}, {"bad", bad}});
        QVERIFY(std::isnan(optimizer.clipGradients(0.1).item<double>()));
        QVERIFY(at::equal(good.grad(), at::full({2}, 0.25)));
    }
};

MASKSCOPE_TEST(TestNonFinite)
#include "tst_non_finite.moc"
