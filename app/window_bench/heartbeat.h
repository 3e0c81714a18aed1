#pragma once

#include <QObject>
#include <thread>
#include <vector>

namespace maskscope {

/// Asks the window's thread for a sign of life every 5 ms, from a thread of its own, and keeps how long each answer took.
class Heartbeat : public QObject {
public:
    Heartbeat();
    ~Heartbeat() override;

    /// Delays in milliseconds since the last call.
    std::vector<double> takeDelays();

private:
    std::vector<double> delaysMs_;  // of the window's thread
    std::jthread thread_;
};

}  // namespace maskscope
