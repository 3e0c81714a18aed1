#include "tensor/wait_counter.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

/// What is counted, here on the CPU.
class TestWaitCounter : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readingANumberCounts() {
        const at::Tensor values = at::ones({3});
        const WaitCounter counter;
        values.sum().item<double>();
        QCOMPARE(counter.count(), 1);
        QCOMPARE(counter.text(), std::string("aten::item (1)"));
    }

    void findingPlacesCounts() {
        const at::Tensor values = at::ones({3});
        const WaitCounter counter;
        values.index({values.gt(0.5)});
        QVERIFY2(counter.count() > 0, "choosing by a mask has to find out how many it chooses");
    }

    void arithmeticDoesNot() {
        const at::Tensor values = at::ones({3, 3}).requires_grad_();
        const WaitCounter counter;
        values.matmul(values).softmax(-1).index_select(0, at::arange(2)).sum().backward();
        QCOMPARE(counter.text(), std::string());
        QCOMPARE(counter.count(), 0);
    }

    void otherThreadsCountToo() {
        const WaitCounter counter;
        std::thread([] { at::ones({}).item<float>(); }).join();
        QCOMPARE(counter.count(), 1);
    }

    void oneAtATime() {
        const WaitCounter counter;
        QVERIFY_THROWS_EXCEPTION(UsageError, WaitCounter());
    }
};

MASKSCOPE_TEST(TestWaitCounter)
#include "tst_wait_counter.moc"
