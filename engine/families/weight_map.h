#pragma once

#include <map>
#include <string>
#include <vector>

#include "families/model_weights.h"
#include "interop/named_tensors.h"

namespace torch::nn {
class Module;
}

namespace maskscope {

/// Carries tensors over from the names of another program to those of our components, and remembers where each came from, so that
/// errors can name it.
class WeightMap {
public:
    explicit WeightMap(const ModelWeights& weights) : weights_(weights) {}

    /// A tensor as it is.
    void move(const std::string& ours, const std::string& theirs);
    /// A tensor of another shape of the same values: [1, N, D] -> [N, D].
    void reshaped(const std::string& ours, const std::string& theirs, std::vector<std::int64_t> shape);
    /// A tensor as the list of its values: [1, 1, D] -> [D].
    void flattened(const std::string& ours, const std::string& theirs);
    /// OURS.weight, and OURS.bias where they have one.
    void linear(const std::string& ours, const std::string& theirs);
    /// A convolution of 1 x 1 or a linear map, whichever the file holds, as a linear map with a bias.
    void pointwise(const std::string& ours, const std::string& theirs);
    /// Several tensors one below the other: query, key and value in one matrix.
    void joined(const std::string& ours, const std::vector<std::string>& theirs);
    /// The same for .weight, and for .bias where all of them have one.
    void joinedLinear(const std::string& ours, const std::vector<std::string>& theirs);
    /// A value that was computed. @param theirs  what it was computed from, for messages
    void add(const std::string& ours, at::Tensor value, const std::string& theirs);

    ModelWeights& weights() { return weights_; }
    const ModelWeights& weights() const { return weights_; }
    const NamedTensors& tensors() const { return tensors_; }
    /// The tensor that goes under one of our names; undefined if there is none.
    at::Tensor find(const std::string& ours) const;
    /// Another value for it, such as positions of another size.
    void replace(const std::string& ours, at::Tensor value);

    /// Puts the tensors whose names begin with `prefix` (and do without it there) into a module, sharing memory where that is
    /// possible.
    /// @throws DataError naming their tensor with both shapes if it does not fit, if a parameter of the module got none, or if the
    ///         module has no place for one: file and config disagree
    void fill(torch::nn::Module& module, const std::string& prefix = {}) const;

private:
    std::string originOf(const std::string& ours) const;

    ModelWeights weights_;
    NamedTensors tensors_;
    std::map<std::string, std::string> origin_;  // ours -> theirs
};

}  // namespace maskscope
