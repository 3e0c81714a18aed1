#include "data/text/bpe_training.h"

#include <queue>
#include <set>
#include <unordered_map>

#include "data/dataset.h"
#include "data/text/token_pair.h"
#include "data/text/words.h"

namespace maskscope {
namespace {

struct Word {
    std::vector<std::int64_t> tokens;
    std::int64_t count = 0;
};

struct Candidate {
    std::int64_t count = 0;
    std::uint64_t pair = 0;

    /// Later in the queue.
    bool operator<(const Candidate& other) const { return count != other.count ? count < other.count : pair > other.pair; }
};

/// How often every pair of neighbours occurs while words are joined.
class PairCounts {
public:
    explicit PairCounts(std::vector<Word> words) : words_(std::move(words)) {
        for (std::size_t i = 0; i < words_.size(); ++i) count(i, words_[i].count);
        for (const auto& [pair, places] : places_) queue_.push({counts_.at(pair), pair});
    }

    /// The most frequent pair, count 0 where there is none. Counts in the queue may be old: those are put right first.
    Candidate best() {
        while (!queue_.empty()) {
            const Candidate top = queue_.top();
            const std::int64_t now = counts_.at(top.pair);
            if (now == top.count) return top;
            queue_.pop();
            if (now > 0 && now < top.count) queue_.push({now, top.pair});
        }
        return {};
    }

    void join(std::uint64_t pair, std::int64_t joined) {
        const std::set<std::size_t> places = places_.at(pair);
        for (const std::size_t place : places) {
            count(place, -words_[place].count);
            joinPair(words_[place].tokens, pair, joined);
            count(place, words_[place].count);
        }
        // Only pairs with the new token can have become more frequent.
        for (const std::size_t place : places) {
            const std::vector<std::int64_t>& tokens = words_[place].tokens;
            for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
                if (tokens[i] == joined || tokens[i + 1] == joined) fresh_.insert(pairKey(tokens[i], tokens[i + 1]));
        }
        for (const std::uint64_t made : fresh_) queue_.push({counts_.at(made), made});
        fresh_.clear();
    }

private:
    void count(std::size_t place, std::int64_t change) {
        const std::vector<std::int64_t>& tokens = words_[place].tokens;
        for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
            const std::uint64_t pair = pairKey(tokens[i], tokens[i + 1]);
            counts_[pair] += change;
            if (change > 0) places_[pair].insert(place);
        }
    }

    std::vector<Word> words_;
    std::unordered_map<std::uint64_t, std::int64_t> counts_;
    std::unordered_map<std::uint64_t, std::set<std::size_t>> places_;  // words that hold a pair, or once did
    std::priority_queue<Candidate> queue_;
    std::set<std::uint64_t> fresh_;
};

}  // namespace

void BpeTraining::add(std::string_view text) {
    for (const std::string_view word : splitWords(text)) {
        const auto place = words_.find(word);
        if (place != words_.end())
            ++place->second;
        else
            words_.emplace(word, 1);
    }
}

std::vector<BpeTokenizer::Merge> BpeTraining::merges(std::int64_t vocabulary, const std::stop_token& stop) const {
    std::vector<Word> words;
    for (const auto& [text, count] : words_) {
        words.push_back({{}, count});
        for (const char byte : text) words.back().tokens.push_back(BpeTokenizer::byteToken(byte));
    }
    PairCounts counts(std::move(words));
    std::vector<BpeTokenizer::Merge> merges;
    for (std::int64_t token = BpeTokenizer::firstMerged(); token < vocabulary; ++token) {
        if (stop.stop_requested()) throw StoppedError("stopped while the tokenizer was learned");
        const Candidate best = counts.best();
        if (best.count < 2) break;
        merges.emplace_back(static_cast<std::int64_t>(best.pair >> 32U), static_cast<std::int64_t>(best.pair & 0xFFFFFFFFU));
        counts.join(best.pair, token);
    }
    return merges;
}

}  // namespace maskscope
