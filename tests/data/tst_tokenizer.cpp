#include "data/text/tokenizer.h"

#include "core/error.h"
#include "core/random.h"
#include "data/text/bpe_tokenizer.h"
#include "data/text/bpe_training.h"
#include "data/text/utf8.h"
#include "data/text/words.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// A text of characters of one to four bytes, white space of every kind among them.
std::string drawnText(RandomStream& stream, int characters) {
    const std::vector<std::string> plain{" ", " ", "\n", "\t", "\r", "e", "t", "a", "T", "7", "0", ",", "'", "-", "the", "\x7f", "\x01"};
    std::string text;
    for (int i = 0; i < characters; ++i) {
        if (stream.chance(0.7)) {
            text += plain[stream.below(plain.size())];
            continue;
        }
        const std::uint64_t ranges[][2] = {{0x80, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0xFFFF}, {0x10000, 0x10FFFF}};
        const auto& range = ranges[stream.below(4)];
        const std::uint64_t code = range[0] + stream.below(range[1] - range[0] + 1);
        const auto byte = [&](std::uint64_t value) { text += static_cast<char>(value); };
        if (code < 0x800) {
            byte(0xC0 | code >> 6);
        } else if (code < 0x10000) {
            byte(0xE0 | code >> 12);
            byte(0x80 | (code >> 6 & 0x3F));
        } else {
            byte(0xF0 | code >> 18);
            byte(0x80 | (code >> 12 & 0x3F));
            byte(0x80 | (code >> 6 & 0x3F));
        }
        byte(0x80 | (code & 0x3F));
    }
    return text;
}

std::shared_ptr<const Tokenizer> learned(const std::vector<std::string>& texts, std::int64_t vocabulary) {
    BpeTraining training;
    for (const std::string& text : texts) training.add(text);
    return std::make_shared<BpeTokenizer>(training.merges(vocabulary, {}));
}

const std::vector<std::string> kTexts{"the cat and the hat sat on the mat", "that cat, that hat: the 1234 mats\n\nthe end"};

QStringList shownTokens(const Tokenizer& tokenizer, std::string_view text) {
    QStringList shown;
    for (const std::int64_t token : tokenizer.encode(text).tokens) shown << QString::fromStdString(tokenizer.shown(token));
    return shown;
}

QStringList wordsOf(std::string_view text) {
    QStringList words;
    for (const std::string_view word : splitWords(text)) words << QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size()));
    return words;
}

}  // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anyTextComesBack_data() {
        QTest::addColumn<bool>("bpe");
        QTest::newRow("bytes") << false;
        QTest::newRow("learned pairs") << true;
    }
    void anyTextComesBack() {
        QFETCH(bool, bpe);
        const auto tokenizer = bpe ? learned(kTexts, 300) : makeByteTokenizer();
        RandomStream stream(5, "text");
        for (int i = 0; i < 300; ++i) {
            const std::string text = drawnText(stream, i);
            QCOMPARE(firstInvalidUtf8(text), std::string_view::npos);
            const TokenizedText encoded = tokenizer->encode(text);
            QCOMPARE(tokenizer->decode(encoded.tokens), text);
            QCOMPARE(encoded.words.size(), encoded.tokens.size());
            for (const std::int64_t token : encoded.tokens) QVERIFY(token >= TextInput().firstContent && token < tokenizer->vocabulary());
        }
    }

    void evenBytesThatAreNoTextComeBack() {
        std::string bytes;
        for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
        QCOMPARE(learned(kTexts, 300)->decode(learned(kTexts, 300)->encode(bytes).tokens), bytes);
    }

    void wordsAreTheTextAgain() {
        RandomStream stream(6, "text");
        for (int i = 0; i < 200; ++i) {
            const std::string text = drawnText(stream, i);
            std::string together;
            for (const std::string_view word : splitWords(text)) {
                QVERIFY(!word.empty());
                together += word;
            }
            QCOMPARE(together, text);
        }
    }

    void wordsAreCut_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("words with the space before them") << QByteArray("to be or") << QStringList{"to", " be", " or"};
        QTest::newRow("marks stand alone") << QByteArray("Ay, marry!") << QStringList{"Ay", ",", " marry", "!"};
        QTest::newRow("numbers stand alone") << QByteArray("in 1599AD") << QStringList{"in", " 1599", "AD"};
        QTest::newRow("an apostrophe inside a word") << QByteArray("don't 'tis'") << QStringList{"don't", " '", "tis", "'"};
        QTest::newRow("the last of several spaces goes with the word") << QByteArray("a   b") << QStringList{"a", "  ", " b"};
        QTest::newRow("line breaks stand alone") << QByteArray("a.\n\nB") << QStringList{"a", ".", "\n\n", "B"};
        QTest::newRow("spaces at the end") << QByteArray("a  ") << QStringList{"a", "  "};
        QTest::newRow("letters beyond ASCII") << QByteArray("na\xc3\xafve caf\xc3\xa9") << QStringList{"na\xc3\xafve", " caf\xc3\xa9"};
    }
    void wordsAreCut() {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, words);
        QCOMPARE(wordsOf(text.toStdString()), words);
    }

    void tokensKnowTheirWord() {
        const auto tokenizer = learned(kTexts, 270);
        const std::string text = "the cat, 12";
        const TokenizedText encoded = tokenizer->encode(text);
        std::vector<std::string> words(5);
        for (std::size_t i = 0; i < encoded.tokens.size(); ++i)
            words[static_cast<std::size_t>(encoded.words[i])] += tokenizer->decode({&encoded.tokens[i], 1});
        QCOMPARE(words, (std::vector<std::string>{"the", " cat", ",", " 12", ""}));
    }

    void theMostFrequentPairIsJoinedFirst() {
        // Pairs of "abab abab cb": ab 4 times ("abab" and " abab"), then ba 2, then " a" 1.
        BpeTraining training;
        training.add("abab abab cb");
        const auto byte = [](char c) { return BpeTokenizer::byteToken(c); };
        const auto merges = training.merges(1000, {});
        QVERIFY(merges.size() >= 2);
        QCOMPARE(merges[0], (BpeTokenizer::Merge{byte('a'), byte('b')}));
        QCOMPARE(merges[1], (BpeTokenizer::Merge{BpeTokenizer::firstMerged(), BpeTokenizer::firstMerged()}));
        QCOMPARE(merges.size(), std::size_t{2});  // " abab" and "cb" occur once each
    }

    void ofEquallyFrequentPairsTheLowerNumbersWin() {
        BpeTraining training;
        training.add("xy\ncd\nxy\ncd");
        QCOMPARE(training.merges(262, {}).front(), (BpeTokenizer::Merge{BpeTokenizer::byteToken('c'), BpeTokenizer::byteToken('d')}));
    }

    void joiningAgreesWithCountingAfresh() {
        // The same by the definition: count all pairs anew before each merge.
        RandomStream stream(7, "text");
        std::string text;
        for (int i = 0; i < 4000; ++i) text += "abcab  \n"[stream.below(8)];
        BpeTraining training;
        training.add(text);
        std::vector<std::vector<std::int64_t>> words;
        for (const std::string_view word : splitWords(text)) {
            words.emplace_back();
            for (const char c : word) words.back().push_back(BpeTokenizer::byteToken(c));
        }
        std::int64_t next = BpeTokenizer::firstMerged();
        for (const BpeTokenizer::Merge& merge : training.merges(320, {})) {
            std::map<BpeTokenizer::Merge, std::int64_t> counts;
            for (const auto& word : words)
                for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
            const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
            QCOMPARE(merge, best->first);
            for (auto& word : words) {
                std::vector<std::int64_t> joined;
                for (std::size_t i = 0; i < word.size(); ++i) {
                    const bool joins = i + 1 < word.size() && word[i] == merge.first && word[i + 1] == merge.second;
                    joined.push_back(joins ? next : word[i]);
                    i += joins ? 1 : 0;
                }
                word = joined;
            }
            ++next;
        }
        QVERIFY(next > BpeTokenizer::firstMerged() + 20);
        // What was learned from a text is how it is written.
        std::vector<std::int64_t> together;
        for (const auto& word : words) together.insert(together.end(), word.begin(), word.end());
        BpeTokenizer tokenizer(training.merges(320, {}));
        QCOMPARE(tokenizer.encode(text).tokens, together);
    }

    void learningDependsOnNeitherOrderNorRun() {
        const std::string once = learned({kTexts[0], kTexts[1]}, 290)->serialized();
        QCOMPARE(learned({kTexts[1], kTexts[0]}, 290)->serialized(), once);
        QVERIFY(!once.empty());
    }

    void theVocabularyEndsWhereNothingRepeats() {
        const auto tokenizer = learned({"abc"}, 1000);
        QCOMPARE(tokenizer->vocabulary(), std::int64_t{261});
        QCOMPARE(learned(kTexts, 264)->vocabulary(), std::int64_t{264});
    }

    void tokensAreShownAsPeopleReadThem() {
        const auto tokenizer = learned(kTexts, 300);
        QVERIFY(shownTokens(*tokenizer, "the the").contains(" the"));
        QCOMPARE(tokenizer->shown(TextInput().maskToken), std::string("[MASK]"));
        QCOMPARE(shownTokens(*makeByteTokenizer(), "\xc3\xa9"), (QStringList{"<0xC3>", "<0xA9>"}));
        QCOMPARE(shownText("\xc3\xa9t\xe9"), std::string("\xc3\xa9t<0xE9>"));
    }

    void storedTokenizersReadBack() {
        const auto tokenizer = learned(kTexts, 300);
        const auto again = BpeTokenizer::parse(tokenizer->serialized(), "tokenizer.model");
        QCOMPARE(again->serialized(), tokenizer->serialized());
        QCOMPARE(again->encode(kTexts[1]).tokens, tokenizer->encode(kTexts[1]).tokens);
        QVERIFY(makeByteTokenizer()->serialized().empty());
    }

    void damagedTokenizersAreRefused_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("words");
        const QByteArray whole = QByteArray::fromStdString(learned(kTexts, 300)->serialized());
        QByteArray changed = whole;
        changed[whole.indexOf('\n', 40) + 1] = whole[whole.indexOf('\n', 40) + 1] == '9' ? '8' : '9';
        QTest::newRow("empty") << QByteArray() << "empty";
        QTest::newRow("something else") << QByteArray("<html>") << "the first line is another one";
        QTest::newRow("cut off") << whole.left(whole.size() / 2) << "damaged or cut off";
        QTest::newRow("without its end") << whole.chopped(3) << "damaged or cut off";
        QTest::newRow("one digit changed") << changed << "damaged or cut off";
        QTest::newRow("more behind the end") << whole + "1 2\n"
                                             << "damaged or cut off";
    }
    void damagedTokenizersAreRefused() {
        QFETCH(QByteArray, content);
        QFETCH(QString, words);
        try {
            BpeTokenizer::parse(content.toStdString(), "run/tokenizer.model");
            QFAIL("accepted");
        } catch (const DataError& error) {
            QVERIFY2(QString::fromUtf8(error.what()).startsWith("run/tokenizer.model: " + words), error.what());
        }
    }

    void tokensThatDoNotExistAreRefused() {
        const std::vector<std::int64_t> tokens{261};
        QVERIFY_THROWS_EXCEPTION(ShapeError, makeByteTokenizer()->decode(tokens));
        QVERIFY_THROWS_EXCEPTION(DataError, BpeTokenizer({{10, 400}}));
    }

    void whatIsNoUtf8IsFound_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("place");
        QTest::newRow("plain") << QByteArray("abc") << -1;
        QTest::newRow("the last character") << QByteArray("\xf4\x8f\xbf\xbf") << -1;
        QTest::newRow("beyond the last character") << QByteArray("a\xf4\x90\x80\x80") << 1;
        QTest::newRow("Latin-1") << QByteArray("caf\xe9 au lait") << 3;
        QTest::newRow("cut off") << QByteArray("ab\xe2\x82") << 2;
        QTest::newRow("a byte that goes on with nothing before it") << QByteArray("\x80") << 0;
        QTest::newRow("an overlong slash") << QByteArray("a\xc0\xaf") << 1;
        QTest::newRow("an overlong character of three bytes") << QByteArray("\xe0\x9f\xbf") << 0;
        QTest::newRow("an overlong character of four bytes") << QByteArray("\xf0\x8f\xbf\xbf") << 0;
        QTest::newRow("half of a surrogate pair") << QByteArray("\xed\xa0\x80") << 0;
        QTest::newRow("before the surrogates") << QByteArray("\xed\x9f\xbf") << -1;
    }
    void whatIsNoUtf8IsFound() {
        QFETCH(QByteArray, text);
        QFETCH(int, place);
        QCOMPARE(firstInvalidUtf8(text.toStdString()), place < 0 ? std::string_view::npos : static_cast<std::size_t>(place));
    }
};

MASKSCOPE_TEST(TestTokenizer)
#include "tst_tokenizer.moc"
