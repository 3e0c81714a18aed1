#include "inspect_texts.h"

#include <nlohmann/json.hpp>

#include "console.h"
#include "data/text/text_domain.h"
#include "data/text/text_statistics.h"

namespace maskscope::cli {

using nlohmann::json;

json inspectTexts(const std::filesystem::path& path, const std::stop_token& stop) {
    // Windows as a recipe with the input's standard settings cuts them.
    const TextInput input{.tokenizer = "bpe", .vocabulary = 1000, .length = 64};
    const std::size_t windowBytes = TextDomain::windowBytes(input);
    OpenOptions options;
    options.stop = stop;
    const auto dataset = readingInput([&] { return openTexts(path, windowBytes, options); });
    const TextStatistics statistics = textStatistics(*dataset, stop);
    json classes = json::object(), problems = json::array();
    for (const auto& [name, count] : statistics.classes) classes[name] = count;
    for (const DataProblem& problem : dataset->problems()) problems.push_back(problem.reason);
    return {{"kind", "data"},
            {"domain", "text"},
            {"path", path.string()},
            {"form", dataset->form()},
            {"texts", statistics.samples},
            {"window_bytes", windowBytes},
            {"classes", classes},
            {"unlabelled", statistics.unlabelled},
            {"bytes", statistics.bytes},
            {"characters", statistics.characters},
            {"words", statistics.words},
            {"distinct_words", statistics.distinctWords},
            {"fingerprint", dataset->fingerprint()},
            {"notices", dataset->notices()},
            {"problems", problems}};
}

}  // namespace maskscope::cli
