#include "data/text/text_statistics.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "data/text/utf8.h"
#include "data/text/words.h"

namespace maskscope {

TextStatistics textStatistics(const TextDataset& dataset, const std::stop_token& stop) {
    TextStatistics statistics;
    for (const std::string& name : dataset.classNames()) statistics.classes[name] = 0;
    std::unordered_set<std::string_view> seen;
    for (std::int64_t sample = 0; sample < dataset.size(); ++sample) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while texts were counted", dataset.path()));
        const std::string_view text = dataset.text(sample);
        ++statistics.samples;
        if (const std::int64_t label = dataset.label(sample); label >= 0)
            ++statistics.classes[dataset.classNames()[static_cast<std::size_t>(label)]];
        else
            ++statistics.unlabelled;
        statistics.bytes += static_cast<std::int64_t>(text.size());
        statistics.characters += std::count_if(text.begin(), text.end(), beginsCharacter);
        for (const std::string_view word : splitWords(text)) {
            ++statistics.words;
            seen.insert(word);
        }
    }
    statistics.distinctWords = static_cast<std::int64_t>(seen.size());
    return statistics;
}

}  // namespace maskscope
