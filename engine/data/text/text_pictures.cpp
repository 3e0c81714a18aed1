#include "data/text/text_pictures.h"

#include <algorithm>

#include <ATen/ops/softmax.h>

#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr std::int64_t kGuesses = 5;

/// The rows that the pictures are made of, on the CPU.
struct Rows {
    at::Tensor tokens, valid, maskable, hidden;  // [B, N]
    at::Tensor seen;                             // [B, N]; undefined where nothing is known
    at::Tensor probabilities;                    // [B, N, V]; undefined without a prediction of codes
    bool everyToken = false;                     // guesses mean something for visible tokens too
};

Rows rowsOf(const View& view, const at::Tensor& hidden, const Prediction* prediction) {
    Rows rows;
    rows.tokens = view.tensor("tokens").cpu().contiguous();
    requireShape(hidden, {rows.tokens.size(0), rows.tokens.size(1)}, "mask");
    rows.valid = view.geometry.valid.cpu();
    rows.maskable = view.geometry.hideable().cpu();
    rows.hidden = hidden.cpu().gt(0.5);
    if (prediction == nullptr) return rows;
    if (prediction->seen.defined()) rows.seen = prediction->seen.cpu();
    if (prediction->codes) rows.probabilities = prediction->values.cpu().to(at::kFloat).softmax(-1);
    rows.everyToken = prediction->visibleLearned;
    return rows;
}

void addGuesses(TokensPicture::Token& token, const at::Tensor& probabilities, std::int64_t truth, const Tokenizer& tokenizer) {
    const auto [values, codes] = probabilities.topk(std::min(kGuesses, probabilities.size(0)));
    for (std::int64_t i = 0; i < values.size(0); ++i)
        token.guesses.push_back({tokenizer.shown(codes[i].item<std::int64_t>()), values[i].item<double>()});
    token.trueProbability = probabilities[truth].item<double>();
}

}  // namespace

std::vector<Picture> textPictures(const View& view, const at::Tensor& hidden, const Prediction* prediction, const Tokenizer& tokenizer,
                                  const TextInput& input) {
    const Rows rows = rowsOf(view, hidden, prediction);
    std::vector<Picture> pictures;
    for (std::int64_t row = 0; row < rows.tokens.size(0); ++row) {
        TokensPicture picture;
        for (std::int64_t i = 0; i < rows.tokens.size(1); ++i) {
            if (!rows.valid[row][i].item<bool>()) continue;
            const auto truth = rows.tokens[row][i].item<std::int64_t>();
            TokensPicture::Token token;
            token.text = tokenizer.shown(truth);
            token.hidden = rows.hidden[row][i].item<bool>();
            token.special = !rows.maskable[row][i].item<bool>();
            token.shown = tokenizer.shown(rows.seen.defined() ? rows.seen[row][i].item<std::int64_t>() : token.hidden ? input.maskToken : truth);
            if (rows.probabilities.defined() && (token.hidden || rows.everyToken)) addGuesses(token, rows.probabilities[row][i], truth, tokenizer);
            picture.tokens.push_back(std::move(token));
        }
        pictures.emplace_back(std::move(picture));
    }
    return pictures;
}

}  // namespace maskscope
