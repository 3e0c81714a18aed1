#pragma once

#include <string_view>
#include <vector>

namespace maskscope {

/// Cuts a text into words, which together are the text again: a run of letters (apostrophes inside included), of digits or
/// of other marks, each with the one space before it; other white space stands alone. Bytes above 127 count as letters.
/// Merges of a tokeniser never cross words, and whole-word masks hide what lies in one.
/// After the pre-tokenisation of GPT-2 (Radford et al., 2019, Sec. 2.2), on bytes.
std::vector<std::string_view> splitWords(std::string_view text);

}  // namespace maskscope
