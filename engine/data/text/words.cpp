#include "data/text/words.h"

#include <cstddef>

namespace maskscope {
namespace {

enum class Kind { Space, Letter, Digit, Mark };

Kind kindOf(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || (byte >= 9 && byte <= 13)) return Kind::Space;
    if (byte >= 128 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::Letter;
    return c >= '0' && c <= '9' ? Kind::Digit : Kind::Mark;
}

/// Where the run of one kind that begins at `at` ends.
std::size_t runEnd(std::string_view text, std::size_t at) {
    const Kind kind = kindOf(text[at]);
    std::size_t end = at + 1;
    for (; end < text.size(); ++end) {
        const bool apostrophe = kind == Kind::Letter && text[end] == '\'' && end + 1 < text.size() && kindOf(text[end + 1]) == Kind::Letter;
        if (kindOf(text[end]) != kind && !apostrophe) break;
    }
    return end;
}

}  // namespace

std::vector<std::string_view> splitWords(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; begin < text.size();) {
        const bool leads = text[begin] == ' ' && begin + 1 < text.size() && kindOf(text[begin + 1]) != Kind::Space;
        std::size_t end = runEnd(text, leads ? begin + 1 : begin);
        // The last of several spaces belongs to the word behind it.
        if (!leads && kindOf(text[begin]) == Kind::Space && end < text.size() && text[end - 1] == ' ' && end - 1 > begin) --end;
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

}  // namespace maskscope
