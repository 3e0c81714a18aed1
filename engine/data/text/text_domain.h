#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/domain.h"
#include "data/text/text_views.h"
#include "data/text/tokenizer.h"

namespace maskscope {

/// Texts: their files, their tokenizer, and what guesses of hidden tokens look like.
class TextDomain : public DataDomain {
public:
    /// @throws RecipeError for an augmentation: texts have none
    TextDomain(const TextInput& input, const std::vector<ViewRequest>& views);

    std::shared_ptr<const Dataset> open(const std::filesystem::path& path, const DomainOptions& options) const override;
    std::vector<std::string> fit(const Dataset& training, const std::vector<std::int64_t>& samples, std::stop_token stop) override;
    void save(const std::filesystem::path& folder) const override;
    void load(const std::filesystem::path& folder) override;
    std::shared_ptr<const ViewSource> trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const override;
    View evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const override;
    std::vector<Picture> pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const override;

    /// Bytes of a sample at most. A sample must have a name before there is a tokenizer, so windows are cut by bytes: as many as
    /// tokens fit, times the bytes that a token of such a vocabulary stands for in plain English.
    static std::size_t windowBytes(const TextInput& input);

private:
    TokenRows rows() const;

    TextInput input_;
    std::vector<std::string> views_;
    std::shared_ptr<const Tokenizer> tokenizer_;  // null: to be learned or loaded
};

}  // namespace maskscope
