#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/registry.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"
#include "tensor/signals.h"
#include "tensor/view.h"

namespace maskscope {

/// What a target may look at besides the data.
struct TargetSources {
    const View& view;
    const Features* pass = nullptr;  // the features named by the target's `pass`; null where it names none
    const Signals* signals = nullptr;
    const std::map<std::string, at::Tensor>* losses = nullptr;  // [B, N, 1] of the objectives before this one, 0 where they count nothing
    bool ofSample = false;                                      // what is asked for is one row that describes the whole sample
};

/// Which statistics bring a normalised prediction back to pixels for display.
enum class PatchStatistics {
    Visible,  // of the image's visible pixels: what the model can know
    True,     // of the hidden patch itself: leaks the answer, and whatever shows it must be labelled LEAKS
};

/// What a target is told besides its own settings.
struct TargetContext {
    const InputSpec& input;
    std::int64_t passWidth = 0;  // D of the features that it reads; 0: it reads the data
};

/// A target and a prediction of it as two pictures of one kind.
struct TargetPictures {
    at::Tensor target, prediction;  // [B, 3, h, w] float in 0..1; undefined: there are none
};

/// What the head must predict, a vector or a code a token.
class Target {
public:
    virtual ~Target() = default;

    /// T, values to predict a token.
    virtual std::int64_t width() const = 0;
    /// Whether predictions can be shown as pixels: whether toUnitPixels answers.
    virtual bool hasPixels() const { return false; }
    /// Whether compute() gives codes, so that the head gives logits over width() of them.
    virtual bool isCodes() const { return false; }

    /// Whether compute() can describe whole samples, as [B, 1, T] where the sources ask for it.
    virtual bool describesSamples() const { return false; }
    /// Whether what is compared is what a moving average of the objective's head makes of compute(): the teacher has a head of its own.
    virtual bool goesThroughHead() const { return false; }

    /// Whether gradients flow through compute() into the pass that it reads.
    virtual bool passesGradient() const { return false; }

    /// The objective whose losses are the target; empty: none's. It comes before in the recipe.
    virtual std::string lossesOf() const { return {}; }

    /// @return [B, N, T] float, without gradient unless passesGradient(); codes as [B, N] int64. Targets of edges have S slots in the place of N
    /// tokens.
    virtual at::Tensor compute(const TargetSources& sources) const = 0;

    /// Turns a prediction into pixels as people see them; empty where the target is not made of pixels.
    /// @param prediction  [B, N, T] for all tokens
    /// @param view        the view that was masked; with PatchStatistics::Visible only its visible pixels are read
    /// @param hidden      [B, N] float, 1 = hidden
    /// @return            [B, N, patchValues] in [-1, 1] pixel units (unclamped)
    virtual std::optional<at::Tensor> toUnitPixels(const at::Tensor& prediction, const View& view, const at::Tensor& hidden,
                                                   PatchStatistics statistics) const {
        (void)prediction, (void)view, (void)hidden, (void)statistics;
        return std::nullopt;
    }

    /// Draws a target that is not made of pixels, and a prediction of it, for people. Without a picture of its own: codes get a colour each, vectors
    /// the colours of their three principal components; tokens that lie on no plane have none.
    /// @param target      [B, N, T], or [B, N] codes
    /// @param prediction  [B, N, T], for codes their logits
    virtual TargetPictures depict(const at::Tensor& target, const at::Tensor& prediction, const Geometry& geometry) const;

    /// Whether True and Visible statistics differ: whether a LEAKS view exists.
    virtual bool usesPatchStatistics() const { return false; }
};

/// Pictures of codes, each in a colour of its own; none where tokens lie on no plane.
/// @param codes   [B, N] int64
/// @param logits  [B, N, T]
TargetPictures codePictures(const at::Tensor& codes, const at::Tensor& logits, const Geometry& geometry);

using TargetRegistry = Registry<std::unique_ptr<Target>, const TargetContext&>;

/// Every target that there is.
TargetRegistry makeTargetRegistry();

}  // namespace maskscope
