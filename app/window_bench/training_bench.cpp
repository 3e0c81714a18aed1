#include "training_bench.h"

#include <QElapsedTimer>

#include "app/gui/main_window.h"
#include "heartbeat.h"
#include "waiting.h"

namespace maskscope {
namespace {

constexpr int kBetweenStrokesMs = 150;
constexpr qint64 kStepsBeforeStrokes = 5;

double milliseconds(const QElapsedTimer& clock) { return static_cast<double>(clock.nsecsElapsed()) / 1e6; }

}  // namespace

TrainingBench benchTraining(MainWindow& window, int strokes, int quietSeconds) {
    TrainingBench bench;
    Workspace& workspace = window.workspace();
    if (!waitFor([&] { return workspace.data() != nullptr && !workspace.samples().empty(); }))
        return bench.problem = QStringLiteral("the data did not open ") + workspace.problem(), bench;
    Answers answers(workspace);
    QElapsedTimer clock;
    clock.start();
    workspace.start();
    const OpenRun* run = workspace.currentRun();
    if (run == nullptr || !waitFor([&] { return answers.step >= 0; })) return bench.problem = QStringLiteral("no reconstruction came"), bench;
    bench.firstReconstructionMs = milliseconds(clock);
    if (!waitFor([&] { return run->step >= kStepsBeforeStrokes; })) return bench.problem = QStringLiteral("no step was done"), bench;

    Heartbeat heartbeat;
    live(quietSeconds * 1000);
    bench.quietDelayMs = heartbeat.takeDelays();

    std::vector<std::uint8_t> mask = answers.hidden;
    for (int i = 0; i < strokes; ++i) {
        std::uint8_t& patch = mask[static_cast<std::size_t>(i * 7) % mask.size()];
        patch = patch == 0 ? 1 : 0;
        clock.restart();
        workspace.setMask(mask);
        if (!waitFor([&] { return answers.hidden == mask; })) return bench.problem = QStringLiteral("a stroke got no answer"), bench;
        window.repaint();
        bench.strokeMs.push_back(milliseconds(clock));
        live(kBetweenStrokesMs);
    }
    bench.busyDelayMs = heartbeat.takeDelays();
    bench.steps = run->step;
    workspace.stop();
    waitFor([&] { return !isActive(run->state); });
    return bench;
}

}  // namespace maskscope
