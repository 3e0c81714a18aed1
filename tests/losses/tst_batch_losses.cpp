#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "core/toml.h"
#include "losses/loss.h"
#include "losses/msn_loss.h"
#include "losses/sampled_contrastive.h"

#include <QtTest>

#include "support/float_tensors.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr double kTolerance = 2e-6;  // of losses relative to 1, and of gradients

std::unique_ptr<Loss> makeLoss(const std::string& toml) { return makeLossRegistry().make(parseToml(toml, "test.toml"), "loss", "kind"); }

at::Tensor drawnTensor(std::vector<std::int64_t> shape, const char* purpose) {
    at::Tensor tensor = at::zeros(shape, at::kDouble);
    RandomStream stream(11, purpose);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<double>()[i] = stream.normal();
    return tensor;
}

/// The tensors of a parity case.
class Case {
public:
    explicit Case(const char* name)
        : inputs_(testing::readParityTensors(name, "inputs.safetensors")), expected_(testing::readParityTensors(name, "expected.safetensors")) {}
    at::Tensor input(const std::string& name) const { return made(inputs_.at(name)); }
    at::Tensor expected(const std::string& name) const { return made(expected_.at(name)); }
    bool near(const at::Tensor& value, const std::string& name) const {
        const at::Tensor reference = expected(name);
        const double scale = std::max(1.0, reference.abs().max().item<double>());
        return value.numel() == reference.numel() &&
               (value.detach().reshape(reference.sizes()) - reference).abs().max().item<double>() < kTolerance * scale;
    }

private:
    static at::Tensor made(const testing::FloatTensor& tensor) {
        return at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape, at::kFloat).clone();
    }
    std::map<std::string, testing::FloatTensor> inputs_, expected_;
};

at::Tensor unitRows(const at::Tensor& x) { return x / x.norm(2, -1, true); }

/// Two steps of a loss with memory.
struct TwoSteps {
    at::Tensor first, second, center;
};
TwoSteps twoSteps(const Loss& loss, LossInput input) {
    TwoSteps steps;
    steps.first = loss.compute(input);
    const LossMemory after = loss.remember(input);
    input.memory = &after;
    steps.second = loss.compute(input);
    steps.center = loss.remember(input).at("center");
    return steps;
}

/// An input that suits each loss over the batch.
LossInput inputFor(const std::string& kind) {
    const bool views = kind == "dino", single = kind == "msn";
    LossInput input{drawnTensor({4, 3, 6}, "prediction"), drawnTensor({4, views ? 2 : single ? 1 : 3, 6}, "target"), {}};
    if (kind == "msn") {
        input.prediction = input.prediction.tanh();
        input.target = input.target.tanh();
    }
    return input;
}

void addLosses() {
    QTest::addColumn<QByteArray>("toml");
    const LossRegistry registry = makeLossRegistry();
    for (const auto& entry : registry.entries())
        if (makeLoss("kind = '" + entry.name + "'")->acrossBatch())
            QTest::newRow(entry.name.c_str()) << QByteArray::fromStdString("kind = '" + entry.name + "'");
    QTest::newRow("msn with a power law") << QByteArray("kind = 'msn'\nprior = 'power_law'\nsinkhorn = 0");
    QTest::newRow("koleo with two neighbours") << QByteArray("kind = 'koleo'\nneighbors = 2");
}

std::string kindOf(const QByteArray& toml) { return toml.split('\'').at(1).toStdString(); }

}  // namespace

class TestBatchLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void dinoAnswersAsTheReference() {
        const Case reference("loss_dino_1");
        std::vector<at::Tensor> student, teacher;
        for (const char* name : {"student.0", "student.1", "student.2", "student.3"}) student.push_back(reference.input(name));
        for (const char* name : {"teacher.0", "teacher.1"}) teacher.push_back(reference.input(name));
        const TwoSteps steps = twoSteps(*makeLoss("kind = 'dino'"), {at::stack(student, 1), at::stack(teacher, 1), {}});
        QVERIFY(reference.near(steps.first, "loss.0"));
        QVERIFY(reference.near(steps.second, "loss.1"));
        QVERIFY(reference.near(steps.center, "center"));
    }

    void ibotAnswersAsTheReference() {
        const Case reference("loss_ibot_1");
        const at::Tensor student = reference.input("student_out"), teacher = reference.input("teacher_out");
        // The case holds hidden rows of three samples one after another; the mask says how many each has.
        const auto mask = testing::readParityNumbers("loss_ibot_1", "inputs.safetensors").at("mask");
        std::vector<std::int64_t> counts(3, 0);
        for (std::size_t i = 0; i < mask.size(); ++i) counts[i / 16] += mask[i];
        const std::int64_t longest = *std::max_element(counts.begin(), counts.end());
        at::Tensor prediction = at::zeros({3, longest, 20}), target = at::zeros({3, longest, 20}), weight = at::zeros({3, longest});
        std::int64_t begin = 0;
        for (std::int64_t b = 0; b < 3; ++b) {
            const std::int64_t count = counts[static_cast<std::size_t>(b)];
            prediction[b].narrow(0, 0, count).copy_(student.narrow(0, begin, count));
            target[b].narrow(0, 0, count).copy_(teacher.narrow(0, begin, count));
            weight[b].narrow(0, 0, count).fill_(1);
            begin += count;
        }
        QCOMPARE(begin, student.size(0));
        const TwoSteps steps = twoSteps(*makeLoss("kind = 'ibot'"), {prediction, target, weight});
        QVERIFY(reference.near(steps.first, "loss.0"));
        QVERIFY(reference.near(steps.second, "loss.1"));
        QVERIFY(reference.near(steps.center, "center"));
    }

    void koleoAnswersAsTheReference() {
        const Case reference("loss_koleo_1");
        const at::Tensor x = reference.input("x").requires_grad_();
        const at::Tensor loss = makeLoss("kind = 'koleo'")->compute({x.unsqueeze(1), {}, {}});
        loss.backward();
        QVERIFY(reference.near(loss, "loss"));
        QVERIFY(reference.near(x.grad(), "grad.x"));
    }

    void msnAnswersAsTheReference_data() {
        QTest::addColumn<QByteArray>("toml");
        QTest::newRow("loss_msn_1") << QByteArray("kind = 'msn'");
        QTest::newRow("loss_msn_2") << QByteArray("kind = 'msn'\ntemperature = 0.2\nsinkhorn = 1\nprior_weight = 0.3\nsharpening = 0.4");
        QTest::newRow("loss_pmsn_1") << QByteArray("kind = 'msn'\nprior = 'power_law'");
    }
    void msnAnswersAsTheReference() {
        QFETCH(QByteArray, toml);
        const Case reference(QTest::currentDataTag());
        const at::Tensor anchors = reference.input("anchors").requires_grad_(), prototypes = reference.input("prototypes").requires_grad_();
        const at::Tensor directions = unitRows(prototypes).t();
        // Two views of four samples, one view after the other.
        const at::Tensor prediction = at::matmul(unitRows(anchors), directions).view({2, 4, -1}).transpose(0, 1);
        const at::Tensor target = at::matmul(unitRows(reference.input("targets")), directions).detach().unsqueeze(1);
        const at::Tensor loss = makeLoss(toml.toStdString())->compute({prediction, target, {}});
        loss.backward();
        QVERIFY(reference.near(loss, "loss"));
        QVERIFY(reference.near(anchors.grad(), "grad.anchors"));
        QVERIFY(reference.near(prototypes.grad(), "grad.prototypes"));
    }

    void ntXentAnswersAsTheReference_data() {
        QTest::addColumn<QByteArray>("toml");
        QTest::newRow("loss_ntxent_1") << QByteArray("kind = 'nt_xent'\ntemperature = 0.5");
        QTest::newRow("loss_ntxent_2") << QByteArray("kind = 'nt_xent'\ntemperature = 0.1");
    }
    void ntXentAnswersAsTheReference() {
        QFETCH(QByteArray, toml);
        const Case reference(QTest::currentDataTag());
        const at::Tensor one = reference.input("out0").requires_grad_(), other = reference.input("out1").requires_grad_();
        const at::Tensor loss = makeLoss(toml.toStdString())->compute({one.unsqueeze(1), other.unsqueeze(1), {}});
        loss.backward();
        QVERIFY(reference.near(loss, "loss"));
        QVERIFY(reference.near(one.grad(), "grad.out0"));
        QVERIFY(reference.near(other.grad(), "grad.out1"));
    }

    void closedForms() {
        // Two samples at right angles, both views equal: each finds itself among e^1 + 2 e^0, at temperature 1.
        const at::Tensor axes = at::tensor(std::vector<double>{2, 0, 0, 3}).view({2, 1, 2});
        const double found = std::log(std::exp(1.0) + 2.0) - 1.0;
        QVERIFY(std::abs(makeLoss("kind = 'nt_xent'\ntemperature = 1.0")->compute({axes, axes, {}}).item<double>() - found) < 1e-12);
        // Their distance on the unit sphere is the root of 2.
        QVERIFY(std::abs(makeLoss("kind = 'koleo'")->compute({axes, {}, {}}).item<double>() + 0.5 * std::log(2.0)) < 1e-7);
        // A teacher without an opinion and a student without one: log of the number of entries.
        const at::Tensor nothing = at::zeros({2, 3, 5}, at::kDouble);
        for (const char* kind : {"dino", "ibot"})
            QVERIFY(std::abs(makeLoss(std::string("kind = '") + kind + "'")->compute({nothing, nothing, {}}).item<double>() - std::log(5.0)) < 1e-12);
        // Nobody prefers a prototype: log P, and the mean is the uniform prior itself.
        QVERIFY(std::abs(makeLoss("kind = 'msn'")->compute({nothing, nothing, {}}).item<double>() - std::log(5.0)) < 1e-12);
    }

    void centerMovesByItsMomentum() {
        const at::Tensor target = drawnTensor({2, 3, 4}, "target"), mean = target.mean(at::IntArrayRef{0, 1});
        for (const char* kind : {"dino", "ibot"}) {
            const auto loss = makeLoss(std::string("kind = '") + kind + "'\ncenter_momentum = 0.75");
            LossInput input{drawnTensor({2, 3, 4}, "prediction"), target, {}};
            const LossMemory once = loss->remember(input);
            QVERIFY((once.at("center") - 0.25 * mean).abs().max().item<double>() < 1e-12);
            input.memory = &once;
            QVERIFY((loss->remember(input).at("center") - (0.75 * 0.25 + 0.25) * mean).abs().max().item<double>() < 1e-12);
        }
        QVERIFY(makeLoss("kind = 'dino'")->remembers() && makeLoss("kind = 'ibot'")->remembers());
        QVERIFY(makeLoss("kind = 'koleo'")->remember({target, target, {}}).empty() && !makeLoss("kind = 'koleo'")->remembers());
    }

    void aTeacherShiftedWithItsCenterSaysTheSame() {
        const auto loss = makeLoss("kind = 'ibot'\ncenter_momentum = 0.0");
        const LossInput input = inputFor("ibot");
        const at::Tensor shift = drawnTensor({6}, "shift");
        const LossMemory center{{"center", at::zeros({6}, at::kDouble)}}, moved{{"center", shift}};
        const double straight = loss->compute({input.prediction, input.target, {}, &center}).item<double>();
        QVERIFY(std::abs(loss->compute({input.prediction, input.target + shift, {}, &moved}).item<double>() - straight) < 1e-12);
        QVERIFY(std::abs(loss->compute({input.prediction, input.target + shift, {}, &center}).item<double>() - straight) > 1e-6);
    }

    void masksOfASampleAreComparedWithThoseOfTheirNumber() {
        const auto loss = makeLoss("kind = 'nt_xent'");
        const at::Tensor prediction = drawnTensor({8, 1, 5}, "prediction"),
                         target = drawnTensor({8, 1, 5}, "target");  // four samples, two masks each
        const auto ofCopy = [&](std::int64_t copy) {
            return loss->compute({prediction.slice(0, copy, std::nullopt, 2), target.slice(0, copy, std::nullopt, 2), {}}).item<double>();
        };
        LossInput input{prediction, target, {}};
        const double mingled = loss->compute(input).item<double>();
        input.copies = 2;
        QVERIFY(std::abs(loss->compute(input).item<double>() - 0.5 * (ofCopy(0) + ofCopy(1))) < 1e-12);
        QVERIFY(std::abs(loss->compute(input).item<double>() - mingled) > 1e-3);
    }

    void sinkhornEvensOut() {
        const at::Tensor even = sinkhornShares(drawnTensor({6, 4}, "shares").exp(), 200);
        QVERIFY((even.sum(1) - 1).abs().max().item<double>() < 1e-12);
        QVERIFY((even.sum(0) - 1.5).abs().max().item<double>() < 1e-9);
        const at::Tensor shares = drawnTensor({6, 4}, "shares").exp();
        QVERIFY(at::equal(sinkhornShares(shares, 0), shares));
    }

    void gradientIsTheSlope_data() { addLosses(); }
    void gradientIsTheSlope() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        const LossInput input = inputFor(kindOf(toml));
        const at::Tensor prediction = input.prediction.clone().requires_grad_();
        loss->compute({prediction, input.target, {}}).backward();
        const double step = 1e-6;
        for (std::int64_t i = 0; i < prediction.numel(); ++i) {
            const auto moved = [&](double distance) {
                const at::Tensor other = input.prediction.clone();
                other.mutable_data_ptr<double>()[i] += distance;
                return loss->compute({other, input.target, {}}).item<double>();
            };
            const double slope = (moved(step) - moved(-step)) / (2 * step), gradient = prediction.grad().const_data_ptr<double>()[i];
            QVERIFY2(std::abs(slope - gradient) < 1e-6 * std::max(1.0, std::abs(slope)),
                     qPrintable(QString("%1: %2, %3").arg(i).arg(slope).arg(gradient)));
        }
    }

    void orderOfSamplesDoesNotMatter_data() { addLosses(); }
    void orderOfSamplesDoesNotMatter() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        const LossInput input = inputFor(kindOf(toml));
        const double straight = loss->compute(input).item<double>();
        QVERIFY(std::abs(loss->compute({input.prediction.flip({0}), input.target.flip({0}), {}}).item<double>() - straight) < 1e-12);
    }

    void rowsWithoutWeightDoNotCount_data() { addLosses(); }
    void rowsWithoutWeightDoNotCount() {
        QFETCH(QByteArray, toml);
        const std::string kind = kindOf(toml);
        if (kind == "koleo") QSKIP("a sample of weight 0 still is a neighbour");
        const auto loss = makeLoss(toml.toStdString());
        LossInput input = inputFor(kind);
        input.weight = at::zeros({4, 3}).fill_(1);
        const double all = loss->compute(input).item<double>();
        QVERIFY(std::abs(all - loss->compute({input.prediction, input.target, {}}).item<double>()) < 1e-12);
        input.weight.select(1, 2).zero_();
        const at::Tensor before = loss->compute(input);
        input.prediction.select(1, 2).fill_(0.5);
        QVERIFY(std::abs(loss->compute(input).item<double>() - before.item<double>()) < 1e-12);
        input.weight.zero_();
        QCOMPARE(loss->compute(input).item<double>(), 0.0);
    }

    void wrongShapesAreRefused_data() { addLosses(); }
    void wrongShapesAreRefused() {
        QFETCH(QByteArray, toml);
        const auto loss = makeLoss(toml.toStdString());
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3}), at::zeros({2, 3}), {}}), ShapeError);
        if (kindOf(toml) != "koleo") QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({2, 3, 4}), at::zeros({2, 3, 5}), {}}), ShapeError);
        QVERIFY_EXCEPTION_THROWN(loss->compute({at::zeros({3, 3, 4}), at::zeros({3, 3, 4}), at::zeros({3, 4})}), ShapeError);
    }

    void drawnVectorsThatAreTheTrueOneDoNotCount() {
        const at::Tensor prediction = drawnTensor({1, 3, 4}, "prediction"),
                         counts = at::tensor(std::vector<std::int64_t>{1, 0, 0}).view({1, 3}).gt(0);
        at::Tensor target = drawnTensor({1, 3, 4}, "target");
        target[0][2] = target[0][0];
        const auto negatives = [](std::vector<std::int64_t> first) {
            first.insert(first.end(), {0, 0, 0, 0});
            return at::tensor(first).view({1, 3, 2});
        };
        const auto loss = [&](const at::Tensor& numbers) { return sampledContrastive(prediction, target, numbers, counts, 0.5).item<double>(); };
        const auto cosine = [&](std::int64_t n) { return (unitRows(prediction[0][0]) * unitRows(target[0][n])).sum().item<double>() / 0.5; };
        const double one = std::log(std::exp(cosine(0)) + std::exp(cosine(1))) - cosine(0);
        QVERIFY(std::abs(loss(negatives({1, 2})) - one) < 1e-9);
        QVERIFY(std::abs(loss(negatives({2, 1})) - one) < 1e-9);
        QVERIFY(std::abs(loss(negatives({2, 0}))) < 1e-12);
    }
};

MASKSCOPE_TEST(TestBatchLosses)
#include "tst_batch_losses.moc"
