#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// What a method says about every token of a view, for pictures.
struct Prediction {
    std::string objective;
    at::Tensor values;                  // [B, N, T], the head's answer: logits over codes, features, normalised pixels
    bool codes = false;                 // T are logits over codes
    bool visibleLearned = false;        // the loss counts visible tokens too; otherwise what is predicted there means nothing
    at::Tensor seen;                    // [B, N] int64 codes that the network saw; undefined where the input has no codes
    std::optional<at::Tensor> pixels;   // [B, C, H, W] in [-1, 1], unclamped, where the target is made of pixels
    std::optional<at::Tensor> leaking;  // the same from the true patch statistics, where those differ: to be labelled LEAKS
    at::Tensor hiddenEdges;             // [B, S] float, 1 = hidden, where a mask hides edges; undefined otherwise
    at::Tensor edgeValues;              // [B, S, A], what an objective over edges says; undefined: there is none
    bool edgeCodes = false;             // A are logits over codes
};

}  // namespace maskscope
