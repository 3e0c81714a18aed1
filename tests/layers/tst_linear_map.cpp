#include "layers/linear_map.h"

#include <torch/torch.h>

#include <QtTest>

#include "layers/fused_block.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

std::vector<at::Tensor> pass(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor y = linearMap(x, weight, bias);
    std::vector<at::Tensor> inputs{x, weight};
    if (bias.defined()) inputs.push_back(bias);
    std::vector<at::Tensor> all = torch::autograd::grad({(y * y.sin()).sum()}, inputs);
    all.push_back(y.detach());
    return all;
}

}  // namespace

class TestLinearMap : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsLinear_data() {
        QTest::addColumn<QList<qint64>>("shape");
        QTest::addColumn<int>("outputs");
        QTest::addColumn<bool>("hasBias");
        QTest::newRow("tokens") << QList<qint64>{4, 17, 96} << 288 << true;
        QTest::newRow("no bias") << QList<qint64>{4, 17, 96} << 10 << false;
        QTest::newRow("a vector") << QList<qint64>{33} << 5 << true;
        QTest::newRow("a map") << QList<qint64>{2, 8, 8, 20} << 80 << true;
        QTest::newRow("more rows than a block") << QList<qint64>{700, 40} << 200 << true;
    }
    void equalsLinear() {
        QFETCH(QList<qint64>, shape);
        QFETCH(int, outputs);
        QFETCH(bool, hasBias);
        torch::manual_seed(5);
        const at::Tensor x = torch::randn(std::vector<std::int64_t>(shape.begin(), shape.end())).requires_grad_();
        const at::Tensor weight = torch::randn({outputs, shape.back()}).mul_(0.1).requires_grad_();
        const at::Tensor bias = hasBias ? torch::randn({outputs}).requires_grad_() : at::Tensor();
        const std::vector<at::Tensor> plain = pass(x, weight, bias);
        const FusedScope scope;
        const std::vector<at::Tensor> fused = pass(x, weight, bias);
        for (std::size_t i = 0; i < plain.size(); ++i) {
            QVERIFY(fused[i].sizes() == plain[i].sizes());
            const double far = ((fused[i] - plain[i]).norm() / plain[i].norm()).item<double>();
            QVERIFY2(far < 2e-6, qPrintable(QStringLiteral("%1: %2").arg(i).arg(far)));
        }
    }

    /// Rows of a larger tensor, as attention hands them on.
    void readsViews() {
        torch::manual_seed(5);
        const at::Tensor x = torch::randn({3, 10, 8}).narrow(1, 2, 5).transpose(0, 1), weight = torch::randn({8, 4}).t();
        const at::Tensor plain = linearMap(x, weight, {});
        const FusedScope scope;
        QVERIFY(at::allclose(linearMap(x, weight, {}), plain, 1e-5, 1e-5));
    }
};

MASKSCOPE_TEST(TestLinearMap)
#include "tst_linear_map.moc"
