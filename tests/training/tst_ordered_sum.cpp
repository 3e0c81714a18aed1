#include "training/ordered_sum.h"

#include <thread>

#include <torch/torch.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

class TestOrderedSum : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theOrderOfArrivalDoesNotMatter() {
        torch::manual_seed(2);
        std::vector<at::Tensor> terms;
        for (int i = 0; i < 8; ++i) terms.push_back(at::randn({100}) * std::pow(10.0, i % 4));
        const auto sumOf = [&](const std::vector<int>& order) {
            OrderedSum sum;
            for (const int i : order) sum.add(i, {terms[static_cast<std::size_t>(i)].clone()});
            return sum.take().front();
        };
        const at::Tensor expected = sumOf({0, 1, 2, 3, 4, 5, 6, 7});
        QVERIFY(at::equal(sumOf({7, 6, 5, 4, 3, 2, 1, 0}), expected));
        QVERIFY(at::equal(sumOf({3, 0, 7, 1, 2, 6, 5, 4}), expected));
        OrderedSum shared;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { shared.add(i, {terms[static_cast<std::size_t>(i)].clone()}); });
        }
        QVERIFY(at::equal(shared.take().front(), expected));
    }

    void whatIsMissingAddsNothing() {
        OrderedSum sum;
        sum.add(1, {at::ones({2}), at::Tensor()});
        sum.add(0, {at::Tensor(), at::Tensor()});
        sum.add(2, {at::ones({2}), at::Tensor()});
        const std::vector<at::Tensor> total = sum.take();
        QVERIFY(at::equal(total[0], at::full({2}, 2.0)));
        QVERIFY(!total[1].defined());
    }
};

MASKSCOPE_TEST(TestOrderedSum)
#include "tst_ordered_sum.moc"
