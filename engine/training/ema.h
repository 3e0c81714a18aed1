#pragma once

#include <cstdint>

#include "interop/named_tensors.h"

namespace maskscope {

class ParamReader;

/// How the momentum of a moving average changes over the steps.
struct EmaMomentum {
    enum class Kind { Constant, Linear, Cosine };
    Kind kind = Kind::Constant;
    double from = 0.999;
    double to = 1.0;         // reached at the end; unused where constant
    double rampSteps = 0.0;  // length of the change; 0: all steps

    /// Reads kind, momentum, momentum_end, ramp. @throws RecipeError
    static EmaMomentum read(ParamReader& reader);
    /// The momentum of the update that `step` updates have gone before.
    double at(double step, double totalSteps) const;
};

/// Exponential moving average of named tensors: average = m average + (1 - m) online. Whole-number tensors (counters) are
/// copied. Both lists are handles: the average may be the parameters of a teacher network. Thread of the tensors' owner.
class Ema {
public:
    /// @param online   what is followed
    /// @param average  what follows, with the same names, shapes, dtypes and devices; its values are kept as they are
    /// @throws ShapeError naming the first tensor that differs
    Ema(NamedTensors online, NamedTensors average);

    /// An average of its own that begins with copies of `online`.
    static Ema copying(const NamedTensors& online);

    /// @param momentum  0 copies, 1 changes nothing (both exactly)
    void update(double momentum);
    /// The same by a number on the device. @param share  [] float32: 1 - momentum
    void update(const at::Tensor& share);
    /// Sets the average to the online tensors.
    void copyOnline() { update(0.0); }

    /// The average itself, in the order of `online`; also what a checkpoint keeps.
    const NamedTensors& state() const { return average_; }
    /// Puts saved values back. @throws DataError if names, shapes or dtypes differ
    void restore(const NamedTensors& saved);

private:
    NamedTensors online_;
    NamedTensors average_;
};

}  // namespace maskscope
