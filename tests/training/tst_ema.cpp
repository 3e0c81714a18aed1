#include "core/error.h"
#include "core/param_reader.h"
#include "core/toml.h"
#include "training/ema.h"

#include <torch/torch.h>

#include <QtTest>

#include <cmath>

#include "support/test_main.h"

using namespace maskscope;

class TestEma : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheClosedForm();
    void momentumZeroCopiesAndOneKeeps();
    void countersAreCopied();
    void followsATeachersOwnTensors();
    void refusesUnlikeNetworks();
    void restoresBitForBit();
    void momentumFollowsItsCourse_data();
    void momentumFollowsItsCourse();
};

void TestEma::equalsTheClosedForm() {
    // From 0 towards a constant 1: 1 - m^k.
    const at::Tensor online = at::zeros({5}, at::kDouble).set_requires_grad(true);
    Ema ema = Ema::copying({{"w", online}});
    {
        const at::NoGradGuard noGrad;
        at::Tensor(online).fill_(1.0);
    }
    for (int k = 1; k <= 20; ++k) {
        ema.update(0.9);
        QVERIFY(std::abs(ema.state()[0].second[3].item<double>() - (1.0 - std::pow(0.9, k))) < 1e-14);
    }
    QVERIFY(!ema.state()[0].second.requires_grad());
}

void TestEma::momentumZeroCopiesAndOneKeeps() {
    at::manual_seed(1);
    const at::Tensor online = at::randn({100}), start = online.clone();
    Ema ema = Ema::copying({{"w", online}});
    at::Tensor(online).copy_(at::randn({100}) * 1e3);
    ema.update(1.0);
    QVERIFY(at::equal(ema.state()[0].second, start));
    ema.copyOnline();
    QVERIFY(at::equal(ema.state()[0].second, online));
}

void TestEma::countersAreCopied() {
    const at::Tensor counter = at::zeros({}, at::kLong);
    Ema ema = Ema::copying({{"n", counter}});
    at::Tensor(counter).fill_(7);
    ema.update(0.999);
    QCOMPARE(ema.state()[0].second.item<std::int64_t>(), std::int64_t(7));
}

void TestEma::followsATeachersOwnTensors() {
    const at::Tensor student = at::full({2}, 4.0), teacher = at::full({2}, 2.0);
    Ema ema({{"w", student}}, {{"w", teacher}});
    ema.update(0.5);
    QCOMPARE(teacher[0].item<float>(), 3.0F);
    QCOMPARE(student[0].item<float>(), 4.0F);
}

void TestEma::refusesUnlikeNetworks() {
    const at::Tensor two = at::zeros({2});
    const auto make = [](NamedTensors a, NamedTensors b) { Ema(std::move(a), std::move(b)); };
    QVERIFY_THROWS_EXCEPTION(ShapeError, make({{"w", two}}, {}));
    QVERIFY_THROWS_EXCEPTION(ShapeError, make({{"w", two}}, {{"v", two}}));
    QVERIFY_THROWS_EXCEPTION(ShapeError, make({{"w", two}}, {{"w", at::zeros({3})}}));
    QVERIFY_THROWS_EXCEPTION(ShapeError, make({{"w", two}}, {{"w", at::zeros({2}, at::kDouble)}}));
}

void TestEma::restoresBitForBit() {
    at::manual_seed(2);
    const at::Tensor online = at::randn({50});
    Ema ema = Ema::copying({{"w", online}});
    at::Tensor(online).copy_(at::randn({50}));
    ema.update(0.9);
    const NamedTensors saved{{"w", ema.state()[0].second.clone()}};
    ema.update(0.9);
    Ema again = Ema::copying({{"w", online}});
    again.restore(saved);
    again.update(0.9);
    QVERIFY(at::equal(again.state()[0].second, ema.state()[0].second));
    QVERIFY_THROWS_EXCEPTION(DataError, again.restore({{"v", online}}));
}

void TestEma::momentumFollowsItsCourse_data() {
    QTest::addColumn<QString>("settings");
    QTest::addColumn<double>("step");
    QTest::addColumn<double>("momentum");
    QTest::newRow("constant") << "momentum = 0.99" << 50.0 << 0.99;
    QTest::newRow("cosine, start") << "kind = 'cosine'\nmomentum = 0.996" << 0.0 << 0.996;
    QTest::newRow("cosine, half way") << "kind = 'cosine'\nmomentum = 0.996" << 50.0 << 0.998;
    QTest::newRow("cosine, end") << "kind = 'cosine'\nmomentum = 0.996" << 100.0 << 1.0;
    QTest::newRow("linear over a ramp") << "kind = 'linear'\nmomentum = 0.9\nmomentum_end = 0.98\nramp = 40" << 10.0 << 0.92;
    QTest::newRow("linear after its ramp") << "kind = 'linear'\nmomentum = 0.9\nmomentum_end = 0.98\nramp = 40" << 60.0 << 0.98;
}

void TestEma::momentumFollowsItsCourse() {
    QFETCH(QString, settings);
    QFETCH(double, step);
    QFETCH(double, momentum);
    const Value table = parseToml(settings.toStdString(), "test");
    ParamReader reader(table, "ema", "moving average");
    const EmaMomentum course = EmaMomentum::read(reader);
    reader.finish();
    QVERIFY(std::abs(course.at(step, 100.0) - momentum) < 1e-12);
}

MASKSCOPE_TEST(TestEma)
#include "tst_ema.moc"
