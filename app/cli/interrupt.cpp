#include "interrupt.h"

#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace maskscope::cli {
namespace {

constexpr int kInterruptedStatus = 130;
constexpr long kPollNanoseconds = 100'000'000;

sigset_t stopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

Interrupt::Interrupt() {
    const sigset_t set = stopSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    waiter_ = std::jthread([source = source_](std::stop_token done) mutable {
        const sigset_t waited = stopSignals();
        const timespec poll{0, kPollNanoseconds};
        while (!done.stop_requested()) {
            if (sigtimedwait(&waited, nullptr, &poll) < 0) continue;
            if (!source.request_stop()) _exit(kInterruptedStatus);
        }
    });
}

Interrupt::~Interrupt() = default;

}  // namespace maskscope::cli
