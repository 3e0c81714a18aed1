#include "data/text/text_dataset.h"

#include "data/text/text_windows.h"
#include "data/text/utf8.h"

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_files.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

QStringList names(const Dataset& dataset) {
    QStringList result;
    for (std::int64_t i = 0; i < dataset.size(); ++i) result << QString::fromStdString(dataset.sampleName(i));
    return result;
}

QStringList texts(const TextDataset& dataset) {
    QStringList result;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        result << QString::fromUtf8(dataset.text(i).data(), static_cast<qsizetype>(dataset.text(i).size()));
    return result;
}

const NamedFiles kTwoClasses{
    {"hamlet/one.txt", "To be, or not to be"}, {"hamlet/two.txt", "The rest is silence"}, {"falstaff/one.txt", "Honour pricks me on"}};

}  // namespace

class TestTextDataset : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        path_ = folder_->path().toStdString();
    }

    void windowsAreCut_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("windows");
        QTest::newRow("a text that fits") << QByteArray("one two") << QStringList{"one two"};
        QTest::newRow("after an empty line") << QByteArray("aaaaaa\n\nbb bb bb bb") << QStringList{"aaaaaa", "bb bb bb", " bb"};
        QTest::newRow("after a line") << QByteArray("aaa aaa\nbb bb bb") << QStringList{"aaa aaa", "bb bb bb"};
        QTest::newRow("before a space") << QByteArray("aaa aaa aaa aaa") << QStringList{"aaa aaa", " aaa aaa"};
        QTest::newRow("a break right behind the window") << QByteArray("aaaaaaaaaa\nbbb") << QStringList{"aaaaaaaaaa", "bbb"};
        QTest::newRow("between characters") << QByteArray(
                                                   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                                   "aaa")
                                            << QStringList{"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "aaa"};
        QTest::newRow("not within a character") << QByteArray("a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9")
                                                << QStringList{"a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9"};
        QTest::newRow("no windows of white space") << QByteArray("aaaaaa\n\n        \n\n\nb") << QStringList{"aaaaaa", "b"};
        QTest::newRow("one byte") << QByteArray("a") << QStringList{"a"};
    }
    void windowsAreCut() {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, windows);
        const std::string whole = text.toStdString();
        QStringList found;
        for (const std::string_view window : cutWindows(whole, 10)) found << QString::fromUtf8(window.data(), static_cast<qsizetype>(window.size()));
        QCOMPARE(found, windows);
    }

    void windowsHoldEveryWordInOrderAndFit() {
        std::string text;
        for (int i = 0; i < 3000; ++i)
            text += (i % 7 == 0 ? "\n" : i % 31 == 0 ? "\n\n" : " ") + std::string(1 + i * i % 13, static_cast<char>('a' + i % 26)) + "\xe2\x82\xac";
        for (const std::size_t limit : {std::size_t{4}, std::size_t{17}, std::size_t{64}, std::size_t{1000}}) {
            std::string together, expected = text;
            for (const std::string_view window : cutWindows(text, limit)) {
                QVERIFY(window.size() <= limit);
                QCOMPARE(firstInvalidUtf8(window), std::string_view::npos);
                together += window;
            }
            for (std::string* each : {&together, &expected}) std::erase_if(*each, [](char c) { return c == '\n' || c == ' '; });
            QCOMPARE(together, expected);
        }
    }

    void foldersAreClasses() {
        writeFiles(path_, kTwoClasses);
        const auto dataset = openTexts(path_, 100);
        QCOMPARE(dataset->form(), std::string("folder of texts"));
        QCOMPARE(names(*dataset), (QStringList{"falstaff/one.txt#0", "hamlet/one.txt#0", "hamlet/two.txt#0"}));
        QCOMPARE(dataset->classNames(), (std::vector<std::string>{"falstaff", "hamlet"}));
        QCOMPARE(dataset->label(0), std::int64_t{0});
        QCOMPARE(dataset->label(2), std::int64_t{1});
        QCOMPARE(texts(*dataset)[2], QString("The rest is silence"));
    }

    void samplesOfAFileShareItsLabel() {
        writeFiles(path_, kTwoClasses);
        const auto dataset = openTexts(path_, 10);
        QCOMPARE(names(*dataset).first(3), (QStringList{"falstaff/one.txt#0", "falstaff/one.txt#1", "falstaff/one.txt#2"}));
        QCOMPARE(dataset->label(1), std::int64_t{0});
    }

    void archivesHoldTheSame_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("format");
        QTest::addColumn<QByteArray>("filter");
        QTest::newRow(".tar") << QByteArray("texts.tar") << QByteArray("pax") << QByteArray("none");
        QTest::newRow(".tar.gz") << QByteArray("texts.tar.gz") << QByteArray("pax") << QByteArray("gzip");
        QTest::newRow(".zip") << QByteArray("texts.zip") << QByteArray("zip") << QByteArray("none");
    }
    void archivesHoldTheSame() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, format);
        QFETCH(QByteArray, filter);
        writeFiles(path_ + "/folder", kTwoClasses);
        writeArchive(path_ + "/" + name.toStdString(), format.constData(), filter.constData(), kTwoClasses);
        const auto folder = openTexts(path_ + "/folder", 12), archive = openTexts(path_ + "/" + name.toStdString(), 12);
        QCOMPARE(names(*archive), names(*folder));
        QCOMPARE(texts(*archive), texts(*folder));
        QCOMPARE(archive->classNames(), folder->classNames());
        QCOMPARE(archive->fingerprint(), folder->fingerprint());
    }

    void oneFileHasNoLabels() {
        writeFiles(path_, {{"notes.md", "a text of any ending"}});
        const auto dataset = openTexts(path_ + "/notes.md", 100);
        QCOMPARE(names(*dataset), QStringList{"notes.md#0"});
        QCOMPARE(dataset->label(0), std::int64_t{-1});
    }

    void otherFilesAreLeftAside() {
        writeFiles(path_, {{"a.txt", "words"}, {"b.bin", "x"}, {"c.png", "y"}});
        const auto dataset = openTexts(path_, 100);
        QCOMPARE(dataset->size(), std::int64_t{1});
        QCOMPARE(dataset->notices(), (std::vector<std::string>{"2 other files beside the texts left aside"}));
    }

    void marksAndCarriageReturnsAreLeftOut() {
        writeFiles(path_, {{"dos.txt", "\xEF\xBB\xBFone\r\ntwo\rthree"}});
        QCOMPARE(texts(*openTexts(path_, 100)), QStringList{"one\ntwo\rthree"});
    }

    void unusableFilesAreNamedAndSkipped() {
        writeFiles(path_, {{"empty.txt", ""},
                           {"good.txt", "a text"},
                           {"latin.txt", "first line\ncaf\xe9"},
                           {"nul.txt", std::string("ab\0cd", 5)},
                           {"white.txt", " \n\t\n"}});
        const auto dataset = openTexts(path_, 100);
        QCOMPARE(names(*dataset), QStringList{"good.txt#0"});
        QStringList reasons;
        for (const DataProblem& problem : dataset->problems())
            reasons << QString::fromStdString(problem.reason).remove(QString::fromStdString(path_ + "/"));
        QCOMPARE(reasons, (QStringList{"empty.txt: empty, expected text", "latin.txt: byte 14 (line 2) is 0xE9, which is not UTF-8; save it as UTF-8",
                                       "nul.txt: byte 2 (line 1) is NUL, expected text; it is a binary file, or UTF-16: save it as UTF-8",
                                       "white.txt: nothing but white space, expected text"}));
    }

    void nothingUsableIsRefused_data() {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("an empty file") << QByteArray("empty.txt") << QByteArray("empty.txt: empty, expected text");
        QTest::newRow("a binary file") << QByteArray("some.bin") << QByteArray("some.bin: byte 1 (line 1) is NUL");
        QTest::newRow("a folder without texts") << QByteArray("pictures") << QByteArray("1 files, none of which is a .txt file");
        QTest::newRow("an empty folder") << QByteArray("nothing") << QByteArray("nothing: empty, expected a text file, or a folder");
        QTest::newRow("a folder of unusable texts") << QByteArray("bad") << QByteArray("none of 2 texts can be used; the first problem: ");
        QTest::newRow("a part of a file") << QByteArray("empty.txt/train") << QByteArray("there can be no 'train' in it");
    }
    void nothingUsableIsRefused() {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, words);
        writeFiles(path_,
                   {{"empty.txt", ""}, {"some.bin", std::string("\x89\0P", 3)}, {"pictures/a.png", "x"}, {"bad/a.txt", ""}, {"bad/b.txt", "\xff"}});
        makeFolder(path_ + "/nothing");
        try {
            openTexts(path_ + "/" + path.toStdString(), 100);
            QFAIL("accepted");
        } catch (const DataError& error) {
            QVERIFY2(QByteArray(error.what()).contains(words), error.what());
        }
    }

    void aTextAtHandIsADataSet() {
        const auto dataset = makeTexts("text", "To be, or not to be", 100);
        QCOMPARE(names(*dataset), QStringList{"text#0"});
        QVERIFY_THROWS_EXCEPTION(DataError, makeTexts("text", "", 100));
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
    std::string path_;
};

MASKSCOPE_TEST(TestTextDataset)
#include "tst_text_dataset.moc"
