#include "data/text/tokenizer.h"

#include <array>

#include <fmt/format.h>

#include "core/error.h"
#include "data/text/utf8.h"
#include "data/text/words.h"

namespace maskscope {

TokenizedText Tokenizer::encode(std::string_view text) const {
    TokenizedText result;
    std::int64_t number = 0;
    for (const std::string_view word : splitWords(text)) {
        encodeWord(word, result.tokens);
        result.words.resize(result.tokens.size(), number++);
    }
    return result;
}

std::string Tokenizer::decode(std::span<const std::int64_t> tokens) const {
    std::string text;
    for (const std::int64_t token : tokens) {
        if (token < 0 || token >= vocabulary()) throw ShapeError(fmt::format("token {} does not exist; the vocabulary has {}", token, vocabulary()));
        if (token >= kFirstPiece) text += piece(token);
    }
    return text;
}

std::string Tokenizer::shown(std::int64_t token) const {
    constexpr std::array<const char*, kFirstPiece> kSpecials{"[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"};
    if (token >= 0 && token < kFirstPiece) return kSpecials[static_cast<std::size_t>(token)];
    return shownText(decode({&token, 1}));
}

void Tokenizer::encodeWord(std::string_view word, std::vector<std::int64_t>& tokens) const {
    for (const char byte : word) tokens.push_back(kFirstPiece + static_cast<unsigned char>(byte));
}

std::string Tokenizer::piece(std::int64_t token) const { return std::string(1, static_cast<char>(token - kFirstPiece)); }

std::shared_ptr<const Tokenizer> makeByteTokenizer() { return std::make_shared<Tokenizer>(); }

}  // namespace maskscope
