#include "model_bench.h"

#include <QElapsedTimer>

#include "app/gui/main_window.h"
#include "waiting.h"

namespace maskscope {

ModelBench benchModel(MainWindow& window, const QString& path, int repeats) {
    ModelBench bench;
    Workspace& workspace = window.workspace();
    if (!waitFor([&] { return workspace.data() != nullptr && !workspace.samples().empty(); }))
        return bench.problem = QStringLiteral("the data did not open ") + workspace.problem(), bench;
    for (int i = 0; i < repeats; ++i) {
        Answers answers(workspace);
        QElapsedTimer clock;
        clock.start();
        workspace.openModel(path);
        if (!waitFor([&] { return answers.count > 0 && workspace.checkpoint() != nullptr; }))
            return bench.problem = QStringLiteral("the checkpoint drew nothing: ") + workspace.problem(), bench;
        window.repaint();
        bench.firstReconstructionMs.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        live(500);
    }
    return bench;
}

}  // namespace maskscope
