#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/view_source.h"
#include "snapshot/picture.h"
#include "tensor/input_spec.h"
#include "tensor/prediction.h"

namespace maskscope {

/// How a domain opens data.
struct DomainOptions {
    double cacheMb = -1;  // memory for decoded samples, MiB; below 0: a quarter of what is available
    std::function<Progress(const std::string& what)> progress;  // none: nobody watches
    std::stop_token stop;
};

/// Everything between a domain's files and views, and between predictions and pictures: what images, texts and graphs do
/// not share. Masks, networks, losses and training know nothing of it. Thread-safe once made.
class DataDomain {
public:
    virtual ~DataDomain() = default;

    /// Opens data of any of the domain's forms, decoded into memory where they fit.
    /// @throws DataError if nothing can be used, FileError if the path cannot be read, StoppedError
    virtual std::shared_ptr<const Dataset> open(const std::filesystem::path& path, const DomainOptions& options) const = 0;

    /// Learns from a new run's training samples what the input leaves to the data: a vocabulary, the number of features.
    /// @return settings that complete the recipe, such as "input.vocabulary=812"; the domain made from it fits the data
    virtual std::vector<std::string> fit(const Dataset& training, const std::vector<std::int64_t>& samples, std::stop_token stop) {
        (void)training, (void)samples, (void)stop;
        return {};
    }
    /// Writes what fit() learned and the recipe cannot hold into a run's folder, and reads it back. @throws FileError, DataError
    virtual void save(const std::filesystem::path& folder) const { (void)folder; }
    virtual void load(const std::filesystem::path& folder) { (void)folder; }

    /// The views of training, as the recipe asks for them.
    virtual std::shared_ptr<const ViewSource> trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const = 0;

    /// Samples without augmentation, always the same; those that cannot be used are left out and told in the data set's
    /// problems(): the view's sampleIds say which are there.
    /// @throws DataError if none can be used, StoppedError
    virtual View evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const = 0;

    /// One picture a sample of the view.
    /// @param hidden      [B, N] float, 1 = hidden
    /// @param prediction  what a method says; null: what went in, with the mask
    virtual std::vector<Picture> pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const = 0;
};

/// The domain of an input.
/// @param views  what training will ask for; sessions that only answer questions need none
/// @throws RecipeError for an augmentation that cannot be
std::unique_ptr<DataDomain> makeDomain(const InputSpec& input, const std::vector<ViewRequest>& views = {});

}  // namespace maskscope
