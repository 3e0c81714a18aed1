#pragma once

#include <QString>
#include <vector>

namespace maskscope {

class MainWindow;

/// What a person at the window waits for while it trains.
struct TrainingBench {
    double firstReconstructionMs = 0.0;  // from Start to a picture by the model that trains
    std::vector<double> strokeMs;        // from a changed mask to the picture that answers it, painted
    std::vector<double> quietDelayMs;    // of events while nothing but training happens
    std::vector<double> busyDelayMs;     // of events while masks change
    qint64 steps = 0;
    QString problem;  // empty: all was measured
};

/// Starts what the window is set up for and measures; the training is stopped at the end.
TrainingBench benchTraining(MainWindow& window, int strokes, int quietSeconds);

}  // namespace maskscope
