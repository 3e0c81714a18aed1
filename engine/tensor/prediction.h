#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// One more thing to look at beside a prediction.
struct Depiction {
    std::string name;   // "target"; files and tiles are called so
    at::Tensor colors;  // [B, 3, h, w] float in 0..1, of any size that shows the token grid
};

/// What a method says about every token of a view, for pictures.
struct Prediction {
    std::string objective;
    at::Tensor values;                  // [B, N, T], the head's answer: logits over codes, features, normalised pixels
    bool codes = false;                 // T are logits over codes
    bool visibleLearned = false;        // the loss counts visible tokens too; otherwise what is predicted there means nothing
    at::Tensor seen;                    // [B, N] int64 codes that the network saw; undefined where the input has no codes
    std::optional<at::Tensor> pixels;   // [B, C, H, W] in [-1, 1], unclamped, where the target is made of pixels
    std::optional<at::Tensor> leaking;  // the same from the true patch statistics, where those differ: to be labelled LEAKS
    at::Tensor seenPixels;              // [B, C, H, W] in [-1, 1], what the network saw where that is no picture with holes; or undefined
    at::Tensor colors;                  // [B, 3, h, w] float in 0..1, `values` as people can look at them where they are no pixels; or undefined
    std::vector<Depiction> depictions;  // what else the recipe has to show
    at::Tensor hiddenEdges;             // [B, S] float, 1 = hidden, where a mask hides edges; undefined otherwise
    at::Tensor edgeValues;              // [B, S, A], what an objective over edges says; undefined: there is none
    bool edgeCodes = false;             // A are logits over codes
};

}  // namespace maskscope
