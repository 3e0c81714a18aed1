#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "inference/inference_session.h"
#include "recipes/published_weights.h"

namespace maskscope {

/// The models that were asked last, kept open. One thread.
class OpenModels {
public:
    struct Model {
        InferenceSession& session;
        std::int64_t step = 0;  // of the weights in it
    };

    /// @param most  models kept, above 0; the one that was asked longest ago goes first
    explicit OpenModels(std::size_t most) : most_(most) {}

    /// Weights of the same run go into the model that is open already.
    Model published(const std::shared_ptr<const PublishedWeights>& weights);
    /// @param step  none: the newest complete one. A checkpoint that was replaced since is read again
    /// @throws as openRunSession
    Model checkpoint(const std::filesystem::path& run, std::optional<std::int64_t> step);

    std::size_t count() const { return open_.size(); }

private:
    struct Open {
        std::string checkpoint;                             // folder and time of writing; empty: published
        std::shared_ptr<const PublishedWeights> published;  // null: a checkpoint
        std::int64_t step = 0;
        std::unique_ptr<InferenceSession> session;
    };
    Model keep(Open model);

    std::size_t most_;
    std::list<Open> open_;  // asked last first
};

}  // namespace maskscope
