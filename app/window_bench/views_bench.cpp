#include "views_bench.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QTableView>
#include <cmath>

#include "widgets/compare/run_table.h"
#include "widgets/plots/curves_plot.h"
#include "widgets/plots/curves_view.h"

namespace maskscope {
namespace {

constexpr int kPoints = 1'000'000, kRuns = 1000, kGrowth = 50;

StepRecord madeRecord(int step) {
    const double loss = 0.4 * std::exp(-step / 2e5) + 0.1 + 0.02 * std::sin(step * 0.37);
    return {step, loss, 1e-3, 1.0 + 0.2 * std::cos(step * 0.11), 0.1 * step, 500.0};
}

std::vector<RunSummary> madeRuns() {
    std::vector<RunSummary> runs;
    for (int i = 0; i < kRuns; ++i) {
        RunSummary run;
        run.id = QStringLiteral("runs/%1").arg(i);
        run.name = QStringLiteral("run %1").arg(i);
        run.recipe = i % 3 == 0 ? QStringLiteral("simmim") : QStringLiteral("mae");
        run.data = QStringLiteral("photos");
        run.state = QStringLiteral("done");
        run.step = 100 * i;
        run.loss = 0.1 + 0.3 * std::abs(std::sin(i));
        run.seconds = 60.0 * i;
        runs.push_back(run);
    }
    return runs;
}

template <typename Work>
double timed(Work work) {
    QElapsedTimer clock;
    clock.start();
    work();
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

}  // namespace

CurvesBench benchCurves(int redraws) {
    RunCurves curves;
    curves.addRun(QStringLiteral("a"), QStringLiteral("first"), 0);
    std::vector<StepRecord> records;
    records.reserve(kPoints);
    for (int step = 1; step <= kPoints; ++step) records.push_back(madeRecord(step));
    curves.append(QStringLiteral("a"), records);
    CurvesView view;
    view.setCurves(&curves);
    view.resize(900, 600);
    view.show();
    QCoreApplication::processEvents();
    CurvesBench bench;
    for (int i = 0; i < redraws; ++i)
        bench.zoomMs.push_back(timed([&] {
            view.plot()->zoomSteps(i % 2 == 0 ? 0.5 : 1.9, 5e5);
            view.plot()->replot(QCustomPlot::rpImmediateRefresh);
        }));
    view.fit();
    for (int i = 0; i < redraws; ++i) {
        records.clear();
        for (int step = 1; step <= kGrowth; ++step) records.push_back(madeRecord(kPoints + kGrowth * i + step));
        bench.growthMs.push_back(timed([&] {
            curves.append(QStringLiteral("a"), records);
            view.plot()->refresh();
        }));
    }
    return bench;
}

TableBench benchTable(int repeats) {
    RunTable table;
    table.resize(1200, 700);
    table.show();
    QCoreApplication::processEvents();
    TableBench bench;
    const auto painted = [&](auto work) {
        return timed([&] {
            work();
            QCoreApplication::processEvents();
            table.view()->viewport()->repaint();
        });
    };
    bench.fillMs = painted([&] { table.model()->setRuns(madeRuns()); });
    for (int i = 0; i < repeats; ++i) {
        const auto order = i % 2 == 0 ? Qt::AscendingOrder : Qt::DescendingOrder;
        bench.sortMs.push_back(painted([&] { table.view()->sortByColumn(RunTableModel::Loss, order); }));
        bench.searchMs.push_back(painted([&] { table.setFilter(i % 2 == 0 ? QStringLiteral("simmim") : QString()); }));
        QScrollBar* bar = table.view()->verticalScrollBar();
        bench.scrollMs.push_back(painted([&] { bar->setValue(bar->maximum() * (i * 37 % 100) / 100); }));
    }
    return bench;
}

}  // namespace maskscope
