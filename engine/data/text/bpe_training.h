#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/bpe_tokenizer.h"

namespace maskscope {

/// Learns the merges of a BpeTokenizer from texts: the pair of neighbours that occurs most often is joined, again and again; of
/// equally frequent ones the one with the lower numbers. The same texts in any order give the same merges on every machine.
class BpeTraining {
public:
    /// Counts the words of a text.
    void add(std::string_view text);

    /// @param vocabulary  V at most, specials and bytes included; fewer if no pair occurs twice any more
    /// @throws StoppedError
    std::vector<BpeTokenizer::Merge> merges(std::int64_t vocabulary, const std::stop_token& stop) const;

private:
    std::map<std::string, std::int64_t, std::less<>> words_;  // to how often each occurs
};

}  // namespace maskscope
