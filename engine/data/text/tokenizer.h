#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/input_spec.h"

namespace maskscope {

/// A text as token numbers, and the word that each token lies in, counted from 0.
struct TokenizedText {
    std::vector<std::int64_t> tokens, words;
};

/// Turns text into token numbers and back. The specials come first (TextInput), then the 256 bytes, so that any text, and any
/// bytes, can be said and come back exactly; then what a kind of tokeniser adds. Immutable.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    TokenizedText encode(std::string_view text) const;
    /// The bytes that tokens stand for; specials stand for none. @throws ShapeError for a number outside of the vocabulary
    std::string decode(std::span<const std::int64_t> tokens) const;
    /// One token as people read it: "[MASK]", " the", "<0xC3>".
    std::string shown(std::int64_t token) const;

    /// V, specials included.
    virtual std::int64_t vocabulary() const { return kFirstPiece + 256; }
    /// What a run directory keeps; empty where there is nothing to keep.
    virtual std::string serialized() const { return {}; }

protected:
    static constexpr std::int64_t kFirstPiece = TextInput().firstContent;

    virtual void encodeWord(std::string_view word, std::vector<std::int64_t>& tokens) const;
    /// The bytes of a token from kFirstPiece on.
    virtual std::string piece(std::int64_t token) const;
};

/// One token a byte.
std::shared_ptr<const Tokenizer> makeByteTokenizer();

}  // namespace maskscope
