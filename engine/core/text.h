#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskscope {

/// Number of single-character insertions, deletions, substitutions and swaps of neighbours between two words.
int editDistance(std::string_view a, std::string_view b);

/// The candidate closest to `word`, or an empty string when none is close enough to be a likely slip of the keyboard.
std::string nearestWord(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'x'?" for the nearest candidate, or an empty string.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// Joins words with a separator: "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// Splits at every `separator`; empty parts are kept.
std::vector<std::string> split(std::string_view text, char separator);

/// The shortest decimal text that reads back as the same double; NaN and infinities as "nan", "inf", "-inf".
std::string shortestNumber(double value);

/// "1.4 GiB", "12 KiB", "37 B".
std::string byteCount(double bytes);

/// "1 h 05 min", "2 min 03 s", "14 s".
std::string duration(double seconds);

}  // namespace maskscope
