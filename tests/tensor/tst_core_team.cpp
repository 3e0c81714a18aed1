#include "tensor/core_team.h"

#include <atomic>
#include <stdexcept>

#include <ATen/Parallel.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

class TestCoreTeam : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyTaskRunsOnce_data() {
        QTest::addColumn<int>("cores");
        for (const int cores : {1, 2, 5}) QTest::addRow("%d cores", cores) << cores;
    }
    void everyTaskRunsOnce() {
        QFETCH(int, cores);
        CoreTeam team(cores);
        QCOMPARE(team.cores(), cores);
        for (const std::int64_t count : {0, 1, 3, 50}) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
            team.run(count, [&](std::int64_t task) { ++runs[static_cast<std::size_t>(task)]; });
            for (const auto& times : runs) QCOMPARE(times.load(), 1);
        }
    }

    void tasksHaveOneThreadEach() {
        const int usual = at::get_num_threads();
        at::set_num_threads(3);
        CoreTeam team(2);
        std::vector<int> threads(20);
        team.run(20, [&](std::int64_t task) { threads[static_cast<std::size_t>(task)] = at::get_num_threads(); });
        const int outside = at::get_num_threads();
        at::set_num_threads(usual);
        for (const int count : threads) QCOMPARE(count, 1);
        QCOMPARE(outside, 3);
    }

    /// The first in the order of tasks, whichever thread was faster; and the team works on.
    void failuresComeBack() {
        CoreTeam team(2);
        std::atomic<int> begun = 0;
        const auto failing = [&](std::int64_t task) {
            ++begun;
            while (begun < 2) std::this_thread::yield();
            throw std::runtime_error(task == 0 ? "first" : "second");
        };
        try {
            team.run(2, failing);
            QFAIL("nothing was thrown");
        } catch (const std::runtime_error& error) {
            QCOMPARE(error.what(), "first");
        }
        int runs = 0;
        team.run(1, [&](std::int64_t) { ++runs; });
        QCOMPARE(runs, 1);
    }
};

MASKSCOPE_TEST(TestCoreTeam)
#include "tst_core_team.moc"
