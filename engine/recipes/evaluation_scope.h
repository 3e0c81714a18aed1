#pragma once

#include <torch/nn/module.h>
#include <torch/utils.h>

namespace maskscope {

/// Puts a module into evaluation mode for a scope and back into its former mode after it; no gradients meanwhile.
class EvaluationScope {
public:
    explicit EvaluationScope(torch::nn::Module& module) : module_(module), wasTraining_(module.is_training()) { module.eval(); }
    ~EvaluationScope() { module_.train(wasTraining_); }
    EvaluationScope(const EvaluationScope&) = delete;
    EvaluationScope& operator=(const EvaluationScope&) = delete;

private:
    torch::NoGradGuard noGrad_;
    torch::nn::Module& module_;
    bool wasTraining_;
};

}  // namespace maskscope
