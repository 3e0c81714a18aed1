#pragma once

#include <QObject>
#include <cstdint>
#include <functional>
#include <vector>

namespace maskscope {

class Workspace;

/// Lets the window live until something holds. @return false if it did not in time
bool waitFor(const std::function<bool()>& holds, int patienceMs = 60'000);
/// Lets the window live for a while.
void live(int ms);

/// The mask and the step of the newest picture that a model filled in.
class Answers {
public:
    explicit Answers(Workspace& workspace);

    std::vector<std::uint8_t> hidden;
    qint64 step = -1;
    int count = 0;

private:
    QObject owner_;
};

}  // namespace maskscope
