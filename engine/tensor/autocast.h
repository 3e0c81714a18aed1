#pragma once

#include <string>

#include <c10/core/Device.h>

namespace maskscope {

/// Switches LibTorch's autocast to bfloat16 on for its scope where the precision setting asks for it.
class Autocast {
public:
    /// @param precision  "auto" (bf16 on a GPU, fp32 on a CPU), "fp32", "bf16"
    Autocast(const std::string& precision, c10::Device device);
    ~Autocast();
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    c10::DeviceType device_;
    bool active_;
    bool before_ = false;
};

}  // namespace maskscope
