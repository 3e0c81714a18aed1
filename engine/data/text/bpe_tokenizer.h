#pragma once

#include <unordered_map>
#include <utility>

#include "data/text/tokenizer.h"

namespace maskscope {

/// Byte-pair encoding (Sennrich et al., ACL 2016, Sec. 3.2) over bytes (Radford et al., GPT-2, 2019, Sec. 2.2; RoBERTa): a word
/// begins as its bytes, and the pair that was learned first is joined first.
class BpeTokenizer : public Tokenizer {
public:
    using Merge = std::pair<std::int64_t, std::int64_t>;  // two token numbers that become one

    /// @param merges  in the order in which they were learned; merge i makes token kFirstPiece + 256 + i
    /// @throws DataError if a merge names a token that does not exist yet
    explicit BpeTokenizer(std::vector<Merge> merges);

    /// What serialized() wrote. @param name  of the file, for messages
    /// @throws DataError if it is something else, damaged or cut off
    static std::shared_ptr<const Tokenizer> parse(const std::string& content, const std::string& name);

    std::int64_t vocabulary() const override { return kFirstPiece + static_cast<std::int64_t>(pieces_.size()); }
    std::string serialized() const override;
    const std::vector<Merge>& merges() const { return merges_; }

    /// The number of the first token that a merge makes.
    static std::int64_t firstMerged() { return kFirstPiece + 256; }
    static std::int64_t byteToken(char byte) { return kFirstPiece + static_cast<unsigned char>(byte); }

protected:
    void encodeWord(std::string_view word, std::vector<std::int64_t>& tokens) const override;
    std::string piece(std::int64_t token) const override { return pieces_[static_cast<std::size_t>(token - kFirstPiece)]; }

private:
    std::vector<Merge> merges_;
    std::vector<std::string> pieces_;                           // bytes of the tokens from kFirstPiece on
    std::unordered_map<std::uint64_t, std::int64_t> joinedTo_;  // pair to the token that it makes
};

}  // namespace maskscope
