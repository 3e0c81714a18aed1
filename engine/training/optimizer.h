#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "interop/named_tensors.h"

namespace maskscope {

class CoreTeam;
class ParamReader;

/// A parameter as an optimiser sees it.
struct NamedParameter {
    std::string name;
    at::Tensor tensor;
    double lrScale = 1.0;     // factor on the learning rate
    bool weightDecay = true;  // false: the parameter does not decay
};

/// False for tensors with at most one axis (norms, biases, scalars) and for tokens and position embeddings (a last part of
/// the name cls_token, pos_embed, mask_token, dist_token, or one of `exempt`).
bool takesWeightDecay(std::string_view name, const at::Tensor& tensor, const std::vector<std::string>& exempt = {});

/// Layer-wise learning-rate decay (Clark et al., ELECTRA; Bao et al., BEiT): decay^(layerCount + 1 - layer), where layer 0
/// is the embedding, 1..layerCount are the blocks, and layerCount + 1 is what follows them.
double layerLrScale(std::int64_t layer, std::int64_t layerCount, double decay);

/// AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019), by LibTorch's fused kernels on CPU and
/// CUDA, float32 and float64 alike:
///     p -= lr wd p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
///     p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)
/// A parameter without a gradient is left alone, and its t does not advance. One thread, that of the tensors' owner; no
/// call waits for a GPU.
class AdamW {
public:
    struct Params {
        double beta1 = 0.9;
        double beta2 = 0.95;
        double eps = 1e-8;
        double weightDecay = 0.05;

        /// Reads betas, eps, weight_decay. @throws RecipeError
        static Params read(ParamReader& reader);
    };

    /// What steers an update from the parameters' device, [] float32 each.
    struct OnDevice {
        at::Tensor lr;      // in place of the number, which then is not looked at; undefined: the number holds
        at::Tensor halted;  // 1 leaves parameters and state as they are; undefined: 0
    };

    /// @param parameters  leaf tensors; at most a few different (lrScale, weightDecay), since each is one kernel launch
    AdamW(const Params& params, std::vector<NamedParameter> parameters);

    /// Shares the work among cores from now on. @param team  outlives the optimiser's use; null: LibTorch's own threads
    void shareAmong(CoreTeam* team) { team_ = team; }

    /// One update from the gradients at hand.
    /// @param lr  before each parameter's lrScale
    void step(double lr, const OnDevice& control = {});
    /// Drops the gradients.
    void zeroGrad();
    /// Scales all gradients by min(1, maxNorm / (norm + 1e-6)). @param maxNorm  <= 0 only measures
    /// @return [] float32 or the gradients' dtype, on their device: the norm of all gradients together before that; 0 if
    ///         there are none. Not finite if a gradient is not (and then clipping spreads it: look at it before step)
    at::Tensor clipGradients(double maxNorm);

    /// For schedules of the weight decay.
    void setWeightDecay(double weightDecay) { params_.weightDecay = weightDecay; }
    const Params& params() const { return params_; }
    const std::vector<NamedParameter>& parameters() const { return parameters_; }

    /// "<name>.exp_avg", "<name>.exp_avg_sq" and "<name>.step" of every parameter: handles, not copies.
    NamedTensors state() const;
    /// Puts a saved state back; the next steps are bit for bit those that would have followed it.
    /// @throws DataError if names, shapes or dtypes differ; then nothing has changed
    void restore(const NamedTensors& saved);

private:
    struct Group {
        double lrScale;
        bool weightDecay;
        std::vector<std::size_t> members;
    };
    std::vector<Group> groups() const;
    std::vector<at::Tensor> gradients() const;
    void stepMembers(const Group& group, std::span<const std::size_t> members, double lr, const OnDevice& control);

    Params params_;
    std::vector<NamedParameter> parameters_;
    std::vector<at::Tensor> expAvgs_, expAvgSqs_, steps_;  // one a parameter
    std::vector<Group> groups_;
    CoreTeam* team_ = nullptr;
};

}  // namespace maskscope
