#include "layers/noise.h"

#include <ATen/ops/equal.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

class TestNoise : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Samples that are worked on alone get the noise of the whole batch, draw after draw.
    void aPartOfABatchGetsItsShare() {
        const RandomStream stream(7, "noise", 3);
        constexpr std::int64_t kBatch = 6;
        at::Tensor coins, values, more;
        {
            const NoiseScope scope(stream);
            coins = NoiseScope::bernoulli(kBatch, 0.5);
            values = NoiseScope::uniform(kBatch * 5);
            more = NoiseScope::bernoulli(kBatch * 2, 0.5);
        }
        for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 2}, {2, 1}, {3, 3}}) {
            const NoiseScope scope(stream, {first, count, kBatch});
            QVERIFY(at::equal(NoiseScope::bernoulli(count, 0.5), coins.narrow(0, first, count)));
            QVERIFY(at::equal(NoiseScope::uniform(count * 5), values.narrow(0, first * 5, count * 5)));
            QVERIFY(at::equal(NoiseScope::bernoulli(count * 2, 0.5), more.narrow(0, first * 2, count * 2)));
        }
    }

    void thereIsNoneOutsideOfAScope() { QVERIFY_THROWS_EXCEPTION(TrainingError, NoiseScope::uniform(1)); }
};

MASKSCOPE_TEST(TestNoise)
#include "tst_noise.moc"
