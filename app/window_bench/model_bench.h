#pragma once

#include <QString>
#include <vector>

namespace maskscope {

class MainWindow;

/// How long it takes until a checkpoint of another program is seen at work.
struct ModelBench {
    std::vector<double> firstReconstructionMs;  // from opening it to its first picture, painted; the window was open and its data loaded
    QString problem;                            // empty: all was measured
};

ModelBench benchModel(MainWindow& window, const QString& path, int repeats);

}  // namespace maskscope
