#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/error.h"
#include "core/files.h"
#include "data/text/text_domain.h"
#include "reconstruct.h"

namespace maskscope::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t kTogether = 32;  // samples a forward pass

json pictureJson(const TokensPicture& picture) {
    json tokens = json::array();
    for (const TokensPicture::Token& token : picture.tokens) {
        json item{{"text", token.text}, {"hidden", token.hidden}, {"special", token.special}, {"shown", token.shown}};
        if (!token.guesses.empty()) {
            item["guesses"] = json::array();
            for (const TokensPicture::Guess& guess : token.guesses)
                item["guesses"].push_back({{"text", guess.text}, {"probability", guess.probability}});
            item["true_probability"] = token.trueProbability;
        }
        tokens.push_back(std::move(item));
    }
    return tokens;
}

/// In quotes, line breaks as \n: tokens begin with spaces and may be nothing else.
std::string quoted(const std::string& text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

/// The text as the model saw it; a word that took the place of another stands in braces.
std::string seenText(const TokensPicture& picture) {
    std::string text;
    for (const TokensPicture::Token& token : picture.tokens) {
        if (token.special) continue;
        const bool replaced = token.hidden && token.shown != "[MASK]";
        text += replaced ? "{" + token.shown + "}" : token.hidden && token.text.starts_with(' ') ? " " + token.shown : token.shown;
    }
    return text;
}

void printGuesses(const TokensPicture::Token& token) {
    fmt::print("    {:<12} {:5.1f} %", quoted(token.text), 100 * token.trueProbability);
    const char* before = "   guesses: ";
    for (const TokensPicture::Guess& guess : token.guesses) {
        fmt::print("{}{} {:.1f} %", before, quoted(guess.text), 100 * guess.probability);
        before = ", ";
    }
    fmt::print("\n");
}

void printPicture(const std::string& name, const TokensPicture& picture) {
    fmt::print("{}\n{}\n", name, seenText(picture));
    for (const TokensPicture::Token& token : picture.tokens) {
        if (!token.hidden) continue;
        if (token.guesses.empty())
            fmt::print("    {}\n", quoted(token.text));
        else
            printGuesses(token);
    }
}

void reconstructOne(const ReconstructOptions& options, RunSession& opened, const std::string& given) {
    const DataDomain& domain = opened.session->domain();
    const std::size_t windowBytes = TextDomain::windowBytes(opened.session->input().text("--text"));
    std::error_code code;
    const bool isFile = fs::exists(given, code);
    const auto dataset = readingInput([&] { return isFile ? openTexts(given, windowBytes) : makeTexts("--text", given, windowBytes); });
    json written = json::array();
    bool guessed = false;
    for (std::int64_t first = 0; first < dataset->size(); first += kTogether) {
        std::vector<std::int64_t> samples;
        for (std::int64_t i = first; i < std::min(first + kTogether, dataset->size()); ++i) samples.push_back(i);
        const View view = domain.evaluationView(*dataset, samples, {});
        const Reconstruction answer = opened.session->reconstruct(view, readingInput([&] { return planFor(options, *opened.session, view); }));
        for (std::size_t row = 0; row < answer.pictures.size(); ++row) {
            const auto& picture = std::get<TokensPicture>(answer.pictures[row]);
            guessed |= std::any_of(picture.tokens.begin(), picture.tokens.end(), [](const auto& token) { return !token.guesses.empty(); });
            const std::string name = dataset->sampleName(view.sampleIds[row]);
            const json report{{"text", name}, {"step", opened.step}, {"hidden_loss", answer.hiddenLoss}, {"tokens", pictureJson(picture)}};
            if (!options.out.empty()) written.push_back(report);
            if (options.json)
                printJson(report);
            else
                printPicture(name, picture);
        }
    }
    if (!guessed) fmt::print(stderr, "recipe '{}' predicts features, not tokens, so there are no guesses\n", opened.session->spec().id);
    for (const DataProblem& problem : dataset->problems()) fmt::print(stderr, "skipped: {}\n", problem.reason);
    if (options.out.empty()) return;
    makeFolder(options.out);
    writeFileAtomically(fs::path(options.out) / ((isFile ? fs::path(given).stem().string() : "text") + ".json"),
                        written.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace

int reconstructTexts(const ReconstructOptions& options, RunSession& opened) {
    int status = 0;
    for (const std::string& text : options.texts) try {
            reconstructOne(options, opened, text);
        } catch (const DataError& error) {
            status = reportError(error.what(), 2);  // the others are still done
        }
    return status;
}

}  // namespace maskscope::cli
