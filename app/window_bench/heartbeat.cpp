#include "heartbeat.h"

#include <QMetaObject>
#include <chrono>
#include <utility>

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kEvery{5};

}  // namespace

Heartbeat::Heartbeat()
    : thread_([this](const std::stop_token& stop) {
          for (auto next = Clock::now(); !stop.stop_requested(); std::this_thread::sleep_until(next)) {
              const auto asked = Clock::now();
              QMetaObject::invokeMethod(
                  this, [this, asked] { delaysMs_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - asked).count()); },
                  Qt::QueuedConnection);
              next += kEvery;
          }
      }) {}

Heartbeat::~Heartbeat() = default;

std::vector<double> Heartbeat::takeDelays() { return std::exchange(delaysMs_, {}); }

}  // namespace maskscope
