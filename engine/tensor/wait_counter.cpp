#include "tensor/wait_counter.h"

#include <set>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

std::atomic<WaitCounter*> current = nullptr;

/// The operators that this thread is inside of, the outermost first.
thread_local std::vector<std::string> callers;

/// Operators that cannot return before the device has done all that came before. Names of the dispatcher.
const std::set<std::string_view>& waitingOperators() {
    static const std::set<std::string_view> names{"aten::_local_scalar_dense",
                                                  "aten::nonzero",
                                                  "aten::nonzero_numpy",
                                                  "aten::masked_select",
                                                  "aten::equal",
                                                  "aten::_unique",
                                                  "aten::_unique2",
                                                  "aten::unique_dim",
                                                  "aten::unique_consecutive",
                                                  "aten::bincount",
                                                  "aten::histc",
                                                  "aten::_linalg_check_errors",
                                                  "aten::argwhere",
                                                  "aten::_linalg_eigh",
                                                  "aten::_linalg_svd"};
    return names;
}

/// Operators whose form for GPUs reads on the device what their form for processors reads on the host: step counts of the optimiser.
bool waitsOnHostAlone(const std::string& caller) { return caller == "aten::_fused_adamw_"; }

bool copiesToHost(const at::RecordFunction& function) {
    if (std::string_view(function.name()) != "aten::copy_") return false;
    const auto inputs = function.inputs();
    return inputs.size() > 1 && inputs[0].isTensor() && inputs[1].isTensor() && inputs[0].toTensor().defined() && inputs[1].toTensor().defined() &&
           inputs[0].toTensor().is_cpu() && !inputs[1].toTensor().is_cpu();
}

}  // namespace

struct WaitObserver {
    static std::unique_ptr<at::ObserverContext> see(const at::RecordFunction& function) {
        callers.emplace_back(function.name());
        WaitCounter* const counter = current.load();
        if (counter == nullptr) return nullptr;
        if (!waitingOperators().contains(function.name()) && !copiesToHost(function)) return nullptr;
        if (waitsOnHostAlone(callers.front())) return nullptr;
        const std::lock_guard lock(counter->mutex_);
        ++counter->waits_[callers.front()];
        return nullptr;
    }
    static void leave(const at::RecordFunction&, at::ObserverContext*) {
        if (!callers.empty()) callers.pop_back();
    }
};

WaitCounter::WaitCounter() {
    WaitCounter* none = nullptr;
    if (!current.compare_exchange_strong(none, this)) throw UsageError("a second WaitCounter was made while one counts; end the first");
    handle_ = at::addGlobalCallback(
        at::RecordFunctionCallback(&WaitObserver::see, &WaitObserver::leave).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

WaitCounter::~WaitCounter() {
    at::removeCallback(handle_);
    current = nullptr;
}

std::int64_t WaitCounter::count() const {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto& [name, times] : waits_) sum += times;
    return sum;
}

std::string WaitCounter::text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [name, times] : waits_) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", name, times);
    return text;
}

}  // namespace maskscope
