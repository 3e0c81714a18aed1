#include "data/text/text_domain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/param_reader.h"
#include "data/text/bpe_tokenizer.h"
#include "data/text/bpe_training.h"
#include "data/text/text_pictures.h"

namespace maskscope {
namespace {

const Value kNone;
constexpr const char* kTokenizerFile = "tokenizer.model";

/// Texts to learn a tokenizer from: all of them up to 32 MiB, otherwise evenly spread ones.
BpeTraining wordsOf(const TextDataset& texts, const std::vector<std::int64_t>& samples, const std::stop_token& stop) {
    constexpr std::size_t kEnoughBytes = std::size_t{32} << 20;
    std::size_t bytes = 0;
    for (const std::int64_t sample : samples) bytes += texts.text(sample).size();
    const std::size_t stride = bytes / kEnoughBytes + 1;
    BpeTraining training;
    for (std::size_t i = 0; i < samples.size(); i += stride) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while the tokenizer was learned", texts.path()));
        training.add(texts.text(samples[i]));
    }
    return training;
}

}  // namespace

TextDomain::TextDomain(const TextInput& input, const std::vector<ViewRequest>& views) : input_(input) {
    for (const ViewRequest& request : views) {
        ParamReader(request.augment.isNone() ? kNone : request.augment, request.path, "the augmentation of texts").finish();
        views_.push_back(request.name);
    }
    if (input.tokenizer == "bytes") tokenizer_ = makeByteTokenizer();
}

std::size_t TextDomain::windowBytes(const TextInput& input) {
    const double tokens = static_cast<double>(input.length - 2);
    if (input.tokenizer == "bytes") return std::max<std::size_t>(4, static_cast<std::size_t>(tokens));
    // Of a million characters of English: 1.9 bytes a token of 500, 2.4 of 1,000, 2.9 of 2,000, 3.2 of 4,000, 3.5 of 8,000.
    const double doublings = std::log2(static_cast<double>(input.vocabulary) / 256.0);
    return std::max<std::size_t>(4, static_cast<std::size_t>(tokens * std::clamp(1.5 + 0.45 * doublings, 1.0, 4.5)));
}

std::shared_ptr<const Dataset> TextDomain::open(const std::filesystem::path& path, const DomainOptions& options) const {
    OpenOptions opening;
    opening.stop = options.stop;
    if (options.progress) opening.progress = options.progress("reading " + path.string());
    return openTexts(path, windowBytes(input_), opening);
}

std::vector<std::string> TextDomain::fit(const Dataset& training, const std::vector<std::int64_t>& samples, std::stop_token stop) {
    if (input_.tokenizer == "bytes") return {};
    const auto learned = std::make_shared<BpeTokenizer>(wordsOf(asTexts(training), samples, stop).merges(input_.vocabulary, stop));
    tokenizer_ = learned;
    if (learned->vocabulary() == input_.vocabulary) return {};
    input_.vocabulary = learned->vocabulary();
    return {fmt::format("input.vocabulary={}", input_.vocabulary)};
}

void TextDomain::save(const std::filesystem::path& folder) const {
    if (const std::string content = tokenizer_ ? tokenizer_->serialized() : ""; !content.empty())
        writeFileAtomically(folder / kTokenizerFile, content);
}

void TextDomain::load(const std::filesystem::path& folder) {
    if (input_.tokenizer == "bytes") return;
    const std::filesystem::path file = folder / kTokenizerFile;
    tokenizer_ = BpeTokenizer::parse(readFile(file), file.string());
    if (tokenizer_->vocabulary() != input_.vocabulary)
        throw DataError(fmt::format("{}: {} tokens, but the recipe's input.vocabulary is {}; the file belongs to another run", file.string(),
                                    tokenizer_->vocabulary(), input_.vocabulary));
}

TokenRows TextDomain::rows() const {
    if (!tokenizer_) throw DataError("the tokenizer is not there yet: it is learned from training data, or read from a run");
    return {tokenizer_, input_};
}

std::shared_ptr<const ViewSource> TextDomain::trainingViews(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> samples) const {
    asTexts(*dataset);
    return std::make_shared<TextViews>(std::static_pointer_cast<const TextDataset>(dataset), std::move(samples), rows(), views_);
}

View TextDomain::evaluationView(const Dataset& dataset, const std::vector<std::int64_t>& samples, const std::stop_token& stop) const {
    return evaluationTexts(asTexts(dataset), samples, rows(), stop);
}

std::vector<Picture> TextDomain::pictures(const View& view, const at::Tensor& hidden, const Prediction* prediction) const {
    rows();
    return textPictures(view, hidden, prediction, *tokenizer_, input_);
}

}  // namespace maskscope
