#include "data/text/text_windows.h"

#include "data/text/utf8.h"

namespace maskscope {
namespace {

constexpr std::string_view kLineBreaks = "\r\n", kWhite = " \t\r\n\v\f";

/// Bytes of the window at the start of `text`, which is longer than the limit.
std::size_t windowBytes(std::string_view text, std::size_t limit) {
    // A break may lie right behind the window.
    const std::string_view reach = text.substr(0, limit + 1);
    for (const std::string_view breakMark : {"\n\n", "\n", " "})
        if (const std::size_t at = reach.rfind(breakMark); at != std::string_view::npos && at > limit / 2) return at;
    std::size_t end = limit;
    while (!beginsCharacter(text[end])) --end;
    return end;
}

std::string_view withoutBreaks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kLineBreaks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kLineBreaks) - first + 1);
}

}  // namespace

std::vector<std::string_view> cutWindows(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> windows;
    while (true) {
        const std::size_t first = text.find_first_not_of(kLineBreaks);
        if (first == std::string_view::npos) return windows;
        text.remove_prefix(first);
        const std::size_t bytes = text.size() > limit ? windowBytes(text, limit) : text.size();
        const std::string_view window = withoutBreaks(text.substr(0, bytes));
        if (window.find_first_not_of(kWhite) != std::string_view::npos) windows.push_back(window);
        text.remove_prefix(bytes);
    }
}

}  // namespace maskscope
