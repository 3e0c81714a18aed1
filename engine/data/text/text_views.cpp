#include "data/text/text_views.h"

#include <algorithm>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/random.h"

namespace maskscope {

TokenizedText TokenRows::read(const TextDataset& dataset, std::int64_t sample) const {
    TokenizedText text = tokenizer_->encode(dataset.text(sample));
    if (text.tokens.size() < 2)
        throw DataError(fmt::format("{}/{}: {} token of text, expected at least 2, one to hide and one to see", dataset.path(),
                                    dataset.sampleName(sample), text.tokens.size()));
    return text;
}

View TokenRows::emptyView(const std::string& name, std::int64_t batch) const {
    const std::vector<std::int64_t> shape{batch, input_.length};
    View view;
    view.name = name;
    view.tensors["tokens"] = at::full(shape, input_.padding, at::kLong);
    view.geometry = Geometry::sequence(batch, input_.length, at::zeros(shape, at::kBool));
    view.geometry.maskable = at::zeros(shape, at::kBool);
    view.geometry.groups = at::full(shape, -1, at::kLong);
    view.sampleIds.resize(static_cast<std::size_t>(batch));
    return view;
}

void TokenRows::write(View& view, std::int64_t row, const TokenizedText& text, std::size_t first) const {
    const std::size_t count = std::min(room(), text.tokens.size() - first);
    auto* tokens = view.tensors.at("tokens").data_ptr<std::int64_t>() + row * input_.length;
    auto* words = view.geometry.groups.data_ptr<std::int64_t>() + row * input_.length;
    *tokens = input_.classToken;
    std::copy_n(text.tokens.begin() + static_cast<std::ptrdiff_t>(first), count, tokens + 1);
    tokens[count + 1] = input_.separator;
    std::copy_n(text.words.begin() + static_cast<std::ptrdiff_t>(first), count, words + 1);
    std::fill_n(view.geometry.valid.data_ptr<bool>() + row * input_.length, count + 2, true);
    std::fill_n(view.geometry.maskable.data_ptr<bool>() + row * input_.length + 1, count, true);
}

TextViews::TextViews(std::shared_ptr<const TextDataset> dataset, std::vector<std::int64_t> samples, TokenRows rows, std::vector<std::string> names)
    : dataset_(std::move(dataset)), samples_(std::move(samples)), rows_(std::move(rows)), names_(std::move(names)) {}

TextViews::Read TextViews::read(std::size_t place) const {
    std::string reason;
    for (std::size_t tried = 0; tried < samples_.size(); ++tried) {
        const std::int64_t sample = samples_[(place + tried) % samples_.size()];
        try {
            Read result{rows_.read(*dataset_, sample), sample};
            if (tried > 0) {
                const std::lock_guard lock(mutex_);
                ++replaced_;
            }
            return result;
        } catch (const DataError& error) {
            if (reason.empty()) reason = error.what();
            dataset_->report({dataset_->sampleName(sample), error.what()});
        }
    }
    throw DataError(fmt::format("{}: none of {} texts can be used; the first problem: {}", dataset_->path(), samples_.size(), reason));
}

std::int64_t TextViews::replaced() const {
    const std::lock_guard lock(mutex_);
    return replaced_;
}

std::vector<View> TextViews::make(std::uint64_t seed, std::span<const SampleSlot> slots) const {
    std::vector<View> views;
    for (const std::string& name : names_) views.push_back(rows_.emptyView(name, static_cast<std::int64_t>(slots.size())));
    for (std::size_t row = 0; row < slots.size(); ++row) {
        const Read sample = read(slots[row].place);
        for (View& view : views) {
            RandomStream random(seed, "augment/" + view.name, static_cast<std::uint64_t>(slots[row].step),
                                static_cast<std::uint64_t>(slots[row].slot));
            const std::size_t spare = std::max(sample.text.tokens.size(), rows_.room()) - rows_.room();
            rows_.write(view, static_cast<std::int64_t>(row), sample.text, random.below(spare + 1));
            view.sampleIds[row] = sample.sample;
        }
    }
    return views;
}

View evaluationTexts(const TextDataset& dataset, const std::vector<std::int64_t>& samples, const TokenRows& rows, const std::stop_token& stop) {
    std::vector<TokenizedText> texts;
    std::vector<std::int64_t> used;
    std::string first;
    for (const std::int64_t sample : samples) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while texts were read", dataset.path()));
        try {
            texts.push_back(rows.read(dataset, sample));
            used.push_back(sample);
        } catch (const DataError& error) {
            dataset.report({dataset.sampleName(sample), error.what()});
            if (first.empty()) first = error.what();
        }
    }
    if (used.empty()) throw DataError(fmt::format("{}: none of {} texts can be used; the first problem: {}", dataset.path(), samples.size(), first));
    View view = rows.emptyView("main", static_cast<std::int64_t>(used.size()));
    for (std::size_t row = 0; row < texts.size(); ++row) rows.write(view, static_cast<std::int64_t>(row), texts[row], 0);
    view.sampleIds = std::move(used);
    return view;
}

}  // namespace maskscope
