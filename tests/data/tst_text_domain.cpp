#include "data/text/text_domain.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/toml.h"
#include "data/split.h"

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_files.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

const TextInput kBytes{.tokenizer = "bytes", .vocabulary = 261, .length = 12};
const TextInput kPairs{.tokenizer = "bpe", .vocabulary = 265, .length = 12};

std::vector<std::int64_t> row(const at::Tensor& tensor, std::int64_t place) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < tensor.size(1); ++i) values.push_back(tensor[place][i].item<std::int64_t>());
    return values;
}

std::vector<std::int64_t> byteRow(const std::string& text, std::int64_t length) {
    std::vector<std::int64_t> tokens{1};
    for (const char c : text) tokens.push_back(5 + static_cast<unsigned char>(c));
    tokens.push_back(2);
    tokens.resize(static_cast<std::size_t>(length), 0);
    return tokens;
}

}  // namespace

class TestTextDomain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        path_ = folder_->path().toStdString();
    }

    void aRowIsClassTokenTextSeparatorPadding() {
        const TextDomain domain(kBytes, {});
        const auto texts = makeTexts("text", "ab c!", 100);
        const View view = domain.evaluationView(*texts, {0}, {});
        QCOMPARE(row(view.tensor("tokens"), 0), byteRow("ab c!", 12));
        QCOMPARE(row(view.geometry.valid, 0), (std::vector<std::int64_t>{1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}));
        QCOMPARE(row(view.geometry.maskable, 0), (std::vector<std::int64_t>{0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
        QCOMPARE(row(view.geometry.groups, 0), (std::vector<std::int64_t>{-1, 0, 0, 1, 1, 2, -1, -1, -1, -1, -1, -1}));
        QCOMPARE(view.geometry.kind, GeometryKind::Sequence);
        QCOMPARE(view.geometry.shape, std::vector<std::int64_t>{12});
        QCOMPARE(view.batch(), std::int64_t{1});
    }

    void byteWindowsAlwaysFit() {
        const TextDomain domain(kBytes, {});
        writeFiles(path_, {{"a.txt", "abcdefghijklmnopqrstuvwxyz"}});
        const auto texts = domain.open(path_, {});
        QCOMPARE(texts->size(), std::int64_t{3});
        QCOMPARE(row(domain.evaluationView(*texts, {1}, {}).tensor("tokens"), 0), byteRow("klmnopqrst", 12));
    }

    void tooLongTextsAreMeasuredByTheirStartAndTrainedOnAllOver() {
        const TextDomain domain(kBytes, {{.name = "main"}});
        const std::string text = "abcdefghijklmnopqrstuvwxyz";
        const auto texts = makeTexts("text", text, 100);
        QCOMPARE(row(domain.evaluationView(*texts, {0}, {}).tensor("tokens"), 0), byteRow(text.substr(0, 10), 12));
        const auto source = domain.trainingViews(texts, {0});
        std::set<std::int64_t> starts;
        for (std::int64_t step = 0; step < 400; ++step) {
            const SampleSlot slot{.place = 0, .step = step, .slot = 0};
            const at::Tensor tokens = source->make(3, {&slot, 1}).front().tensor("tokens");
            const std::int64_t first = tokens[0][1].item<std::int64_t>() - 5 - 'a';
            QCOMPARE(row(tokens, 0), byteRow(text.substr(static_cast<std::size_t>(first), 10), 12));
            starts.insert(first);
        }
        QCOMPARE(starts.size(), std::size_t{17});
    }

    void whatAStepHoldsDependsOnItsSlotAlone() {
        const TextDomain domain(kBytes, {{.name = "main"}});
        const auto texts = makeTexts("text", "abcdefghijklmnopqrstuvwxyz", 100);
        const auto once = domain.trainingViews(texts, {0}), again = domain.trainingViews(texts, {0});
        const std::vector<SampleSlot> two{{0, 5, 0}, {0, 5, 1}}, second{{0, 5, 1}};
        const at::Tensor both = once->make(1, two).front().tensor("tokens");
        QVERIFY(at::equal(again->make(1, second).front().tensor("tokens")[0], both[1]));
        QVERIFY(!at::equal(both[0], both[1]));
    }

    void textsWithNothingToHideAreNamedAndReplaced() {
        writeFiles(path_, {{"one.txt", "x"}, {"two.txt", "yz"}});
        const TextDomain domain(kBytes, {{.name = "main"}});
        const auto texts = domain.open(path_, {});
        const View view = domain.evaluationView(*texts, {0, 1}, {});
        QCOMPARE(view.sampleIds, std::vector<std::int64_t>{1});
        QCOMPARE(texts->problems().size(), std::size_t{1});
        QCOMPARE(texts->problems()[0].reason, path_ + "/one.txt#0: 1 token of text, expected at least 2, one to hide and one to see");
        const auto source = domain.trainingViews(texts, {0, 1});
        const std::vector<SampleSlot> slots{{0, 0, 0}};
        QCOMPARE(source->make(1, slots).front().sampleIds, std::vector<std::int64_t>{1});
        QCOMPARE(source->replaced(), std::int64_t{1});
        try {
            domain.evaluationView(*texts, {0}, {});
            QFAIL("accepted");
        } catch (const DataError& error) {
            QVERIFY2(QByteArray(error.what()).contains("none of 1 texts can be used; the first problem: "), error.what());
        }
    }

    void aTokenizerIsLearnedKeptAndReadBack() {
        TextDomain domain(kPairs, {});
        const auto texts = makeTexts("text", "the cat and the hat and the mat and the bat that sat", 1000);
        QCOMPARE(domain.fit(*texts, {0}, {}), std::vector<std::string>{});
        domain.save(path_);
        TextDomain other(kPairs, {});
        other.load(path_);
        QVERIFY(at::equal(other.evaluationView(*texts, {0}, {}).tensor("tokens"), domain.evaluationView(*texts, {0}, {}).tensor("tokens")));
        QVERIFY(row(domain.evaluationView(*texts, {0}, {}).tensor("tokens"), 0)[1] > 260);
    }

    void aSmallerVocabularyCompletesTheRecipe() {
        TextInput input = kPairs;
        input.vocabulary = 5000;
        TextDomain domain(input, {});
        const auto settings = domain.fit(*makeTexts("text", "the cat and the hat", 1000), {0}, {});
        QCOMPARE(settings.size(), std::size_t{1});
        QVERIFY(settings[0].starts_with("input.vocabulary=") && std::stoi(settings[0].substr(17)) < 300);
    }

    void onlyTrainingTextsAreLearnedFrom() {
        TextDomain one(kPairs, {}), all(kPairs, {});
        const auto texts = makeTexts("text", "aaaa aaaa aaaa aaaa\nzzzz zzzz zzzz zzzz", 20);
        QCOMPARE(texts->size(), std::int64_t{2});
        one.fit(*texts, {0}, {});
        all.fit(*texts, {0, 1}, {});
        one.save(path_);
        makeFolder(path_ + "/all");
        all.save(path_ + "/all");
        QVERIFY(readFile(path_ + "/tokenizer.model") != readFile(path_ + "/all/tokenizer.model"));
        QVERIFY(row(one.evaluationView(*texts, {1}, {}).tensor("tokens"), 0)[1] == 5 + 'z');
    }

    void anotherRunsTokenizerIsRefused() {
        TextDomain domain(kPairs, {});
        domain.fit(*makeTexts("text", "the cat and the hat and the mat and the bat that sat", 1000), {0}, {});
        domain.save(path_);
        TextInput larger = kPairs;
        larger.vocabulary = 266;
        try {
            TextDomain(larger, {}).load(path_);
            QFAIL("accepted");
        } catch (const DataError& error) {
            QVERIFY2(QByteArray(error.what()).contains("tokenizer.model: 265 tokens, but the recipe's input.vocabulary is 266"), error.what());
        }
        QVERIFY_THROWS_EXCEPTION(FileError, TextDomain(kPairs, {}).load(path_ + "/elsewhere"));
    }

    void augmentationsAreRefused() {
        try {
            TextDomain(kBytes, {{.name = "main", .augment = parseToml("flip = 0.5", "test.toml")}});
            QFAIL("accepted");
        } catch (const RecipeError& error) {
            QVERIFY2(QByteArray(error.what()).contains("flip"), error.what());
        }
    }

    void picturesShowHiddenTokensAndGuesses() {
        const TextDomain domain(kBytes, {});
        const View view = domain.evaluationView(*makeTexts("text", "ab c", 100), {0}, {});
        const at::Tensor hidden = at::zeros({1, 12}, at::kFloat);
        hidden[0][2].fill_(1.0);
        Prediction prediction{.objective = "masked_language", .values = at::full({1, 12, 261}, -20.0, at::kFloat), .codes = true};
        prediction.values[0][2][5 + 'b'].fill_(std::log(0.3));
        prediction.values[0][2][5 + 'x'].fill_(std::log(0.7));
        prediction.seen = view.tensor("tokens").clone();
        prediction.seen[0][2].fill_(5 + 'q');
        const auto pictures = domain.pictures(view, hidden, &prediction);
        const auto& tokens = std::get<TokensPicture>(pictures.at(0)).tokens;
        QCOMPARE(tokens.size(), std::size_t{6});  // padding left out
        QCOMPARE(tokens[0].text, std::string("[CLS]"));
        QVERIFY(tokens[0].special && !tokens[0].hidden && !tokens[1].special);
        QCOMPARE(tokens[2].text, std::string("b"));
        QCOMPARE(tokens[2].shown, std::string("q"));
        QVERIFY(tokens[2].hidden);
        QCOMPARE(tokens[2].guesses.size(), std::size_t{5});
        QCOMPARE(tokens[2].guesses[0].text, std::string("x"));
        QVERIFY(std::abs(tokens[2].guesses[0].probability - 0.7) < 1e-4);
        QVERIFY(std::abs(tokens[2].trueProbability - 0.3) < 1e-4);
        QVERIFY(tokens[1].guesses.empty());
        QCOMPARE(tokens[3].text, std::string(" "));
    }

    void picturesWithoutAPredictionShowTheMask() {
        const TextDomain domain(kBytes, {});
        const View view = domain.evaluationView(*makeTexts("text", "abc", 100), {0}, {});
        const at::Tensor hidden = at::zeros({1, 12}, at::kFloat);
        hidden[0][3].fill_(1.0);
        const auto pictures = domain.pictures(view, hidden, nullptr);
        const auto& tokens = std::get<TokensPicture>(pictures.at(0)).tokens;
        QCOMPARE(tokens[3].shown, std::string("[MASK]"));
        QCOMPARE(tokens[2].shown, std::string("b"));
        QVERIFY(tokens[3].guesses.empty());
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
    std::string path_;
};

MASKSCOPE_TEST(TestTextDomain)
#include "tst_text_domain.moc"
