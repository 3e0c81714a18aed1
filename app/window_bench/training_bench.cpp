#include "training_bench.h"

#include <QElapsedTimer>
#include <QEvent>

#include "app/gui/main_window.h"
#include "heartbeat.h"
#include "waiting.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/picture_tile.h"

namespace maskscope {
namespace {

constexpr int kBetweenStrokesMs = 150;
constexpr qint64 kStepsBeforeStrokes = 5;

/// Whether the stage has painted the newest picture.
class StagePaints : public QObject {
public:
    explicit StagePaints(MainWindow& window) {
        for (PictureTile* tile : window.views().stage()->findChildren<PictureTile*>()) tile->installEventFilter(this);
        connect(&window.workspace(), &Workspace::pictureChanged, this, [this] { isNewest_ = false; });
    }
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::Paint) isNewest_ = true;
        return false;
    }
    bool isNewest() const { return isNewest_; }

private:
    bool isNewest_ = false;
};

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

    const StagePaints paints(window);
    std::vector<std::uint8_t> mask = answers.hidden;
    for (int i = 0; i < strokes; ++i) {
        std::uint8_t& patch = mask[static_cast<std::size_t>(i * 7) % mask.size()];
        patch = patch == 0 ? 1 : 0;
        clock.restart();
        workspace.setMask(mask);
        if (!waitFor([&] { return answers.hidden == mask && paints.isNewest(); }))
            return bench.problem = QStringLiteral("a stroke got no answer"), bench;
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
