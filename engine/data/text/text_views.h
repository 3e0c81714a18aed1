#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "data/text/text_dataset.h"
#include "data/text/tokenizer.h"
#include "data/view_source.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// Makes rows of token numbers out of texts: class token, text, separator, padding up to the input's length.
class TokenRows {
public:
    TokenRows(std::shared_ptr<const Tokenizer> tokenizer, const TextInput& input) : tokenizer_(std::move(tokenizer)), input_(input) {}

    /// The tokens of a sample. @throws DataError if there are fewer than two: one to hide and one to see
    TokenizedText read(const TextDataset& dataset, std::int64_t sample) const;

    /// A view of `batch` rows that hold padding alone: "tokens" [B, N] int64 and a sequence geometry with valid, maskable (the
    /// text alone) and groups (the words; -1 elsewhere).
    View emptyView(const std::string& name, std::int64_t batch) const;
    /// Writes a text into a row, from `first` on as many tokens as fit.
    void write(View& view, std::int64_t row, const TokenizedText& text, std::size_t first) const;

    /// Tokens of text that fit into a row.
    std::size_t room() const { return static_cast<std::size_t>(input_.length) - 2; }

private:
    std::shared_ptr<const Tokenizer> tokenizer_;
    TextInput input_;
};

/// Texts as views. Of a text with more tokens than fit, each time another stretch is taken.
class TextViews : public ViewSource {
public:
    /// @param samples  those that take part
    /// @param names    of the views
    TextViews(std::shared_ptr<const TextDataset> dataset, std::vector<std::int64_t> samples, TokenRows rows, std::vector<std::string> names);

    const Dataset& dataset() const override { return *dataset_; }
    std::int64_t count() const override { return static_cast<std::int64_t>(samples_.size()); }
    std::vector<View> make(std::uint64_t seed, std::span<const SampleSlot> slots) const override;
    std::int64_t replaced() const override;

private:
    struct Read {
        TokenizedText text;
        std::int64_t sample = 0;  // which one it is in truth
    };
    Read read(std::size_t place) const;

    std::shared_ptr<const TextDataset> dataset_;
    std::vector<std::int64_t> samples_;
    TokenRows rows_;
    std::vector<std::string> names_;
    mutable std::mutex mutex_;
    mutable std::int64_t replaced_ = 0;
};

/// Samples as they are measured, always the same: of a text with more tokens than fit, the first ones. Those that cannot be used
/// are left out and reported.
/// @throws DataError if none can be used, StoppedError if `stop` is requested meanwhile
View evaluationTexts(const TextDataset& dataset, const std::vector<std::int64_t>& samples, const TokenRows& rows, const std::stop_token& stop);

}  // namespace maskscope
