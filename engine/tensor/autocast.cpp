#include "tensor/autocast.h"

#include <ATen/autocast_mode.h>

namespace maskscope {

Autocast::Autocast(const std::string& precision, c10::Device device)
    : device_(device.type()), active_(precision == "bf16" || (precision == "auto" && device.is_cuda())) {
    if (!active_) return;
    before_ = at::autocast::is_autocast_enabled(device_);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::increment_nesting();
}

Autocast::~Autocast() {
    if (!active_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
}

}  // namespace maskscope
