#pragma once

#include <stop_token>
#include <thread>

namespace maskscope::cli {

/// Turns Ctrl-C (SIGINT) and SIGTERM into a stop request; a second one ends the process at once. Made first, so that every
/// thread inherits the blocked signals.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    std::stop_token token() const { return source_.get_token(); }

private:
    std::stop_source source_;
    std::jthread waiter_;
};

}  // namespace maskscope::cli
