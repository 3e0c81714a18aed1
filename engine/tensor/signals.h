#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Named, step-stamped tensors that later steps may read: difficulty, centres, queues, attention of the last pass.
/// Part of every checkpoint.
class Signals {
public:
    struct Signal {
        at::Tensor value;
        std::int64_t step = 0;
    };

    void write(const std::string& name, at::Tensor value, std::int64_t step) { signals_[name] = {std::move(value), step}; }
    /// Null where nobody has written it yet.
    const Signal* find(const std::string& name) const {
        const auto place = signals_.find(name);
        return place == signals_.end() ? nullptr : &place->second;
    }
    const std::map<std::string, Signal>& all() const { return signals_; }

private:
    std::map<std::string, Signal> signals_;
};

}  // namespace maskscope
