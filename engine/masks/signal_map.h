#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/signals.h"

namespace maskscope {

/// What a network said of every token of the samples whose masks are drawn, for strategies that choose by it.
class SignalMap {
public:
    /// @param name      of the signal: [S, N] float, where S divides `rows`; neighbouring rows share a sample
    /// @param rows      masks to draw
    /// @param strategy  for the message
    /// @throws UsageError if there is no such signal, ShapeError if it does not fit
    SignalMap(const Signals& signals, const std::string& name, std::size_t rows, std::int64_t tokens, const char* strategy);

    /// Of these tokens, the highest value first; equal values in the order given.
    std::vector<std::int64_t> fallingOrder(std::size_t row, std::vector<std::int64_t> tokens) const;
    /// [rows, N] float on the CPU, for pictures.
    at::Tensor values() const;

private:
    at::Tensor values_;  // [S, N]
    std::size_t rows_;
};

}  // namespace maskscope
