#include "data/text/bpe_tokenizer.h"

#include <limits>
#include <sstream>

#include <fmt/format.h>

#include "core/error.h"
#include "core/random.h"
#include "data/text/token_pair.h"

namespace maskscope {
namespace {

constexpr const char* kHeadline = "maskscope tokenizer 1";

[[noreturn]] void refuse(const std::string& name, const std::string& found) {
    throw DataError(fmt::format("{}: {}, expected a tokenizer that training wrote, whole; copy it from another run of the same data", name, found));
}

std::string checksumLine(const std::string& content) { return fmt::format("checksum {:016x}\n", hashText(content)); }

}  // namespace

BpeTokenizer::BpeTokenizer(std::vector<Merge> merges) : merges_(std::move(merges)) {
    for (int byte = 0; byte < 256; ++byte) pieces_.emplace_back(1, static_cast<char>(byte));
    for (const auto& [left, right] : merges_) {
        if (left < kFirstPiece || right < kFirstPiece || left >= vocabulary() || right >= vocabulary())
            throw DataError(
                fmt::format("tokenizer: it joins the tokens {} and {} when there are {}; expected tokens that exist", left, right, vocabulary()));
        joinedTo_.emplace(pairKey(left, right), vocabulary());
        pieces_.push_back(piece(left) + piece(right));
    }
}

std::string BpeTokenizer::serialized() const {
    std::string content = fmt::format("{}\nbpe {}\n", kHeadline, merges_.size());
    for (const auto& [left, right] : merges_) content += fmt::format("{} {}\n", left, right);
    return content + checksumLine(content);
}

std::shared_ptr<const Tokenizer> BpeTokenizer::parse(const std::string& content, const std::string& name) {
    if (!content.starts_with(kHeadline)) refuse(name, content.empty() ? "empty" : "the first line is another one");
    const std::size_t end = content.rfind("checksum ");
    if (end == std::string::npos || content.substr(end) != checksumLine(content.substr(0, end))) refuse(name, "damaged or cut off");
    std::istringstream lines(content.substr(std::string_view(kHeadline).size(), end - std::string_view(kHeadline).size()));
    std::string kind;
    std::size_t count = 0;
    if (!(lines >> kind >> count) || kind != "bpe") refuse(name, fmt::format("a tokenizer of the kind '{}'", kind));
    std::vector<Merge> merges;
    for (Merge merge; lines >> merge.first >> merge.second;) merges.push_back(merge);
    if (merges.size() != count) refuse(name, fmt::format("{} of {} merges", merges.size(), count));
    return std::make_shared<BpeTokenizer>(std::move(merges));
}

void BpeTokenizer::encodeWord(std::string_view word, std::vector<std::int64_t>& tokens) const {
    std::vector<std::int64_t> parts;
    Tokenizer::encodeWord(word, parts);
    while (parts.size() > 1) {
        constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
        std::int64_t earliest = kNone;
        std::uint64_t pair = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
            if (const auto found = joinedTo_.find(pairKey(parts[i], parts[i + 1])); found != joinedTo_.end() && found->second < earliest) {
                earliest = found->second;
                pair = found->first;
            }
        if (earliest == kNone) break;
        joinPair(parts, pair, earliest);
    }
    tokens.insert(tokens.end(), parts.begin(), parts.end());
}

}  // namespace maskscope
