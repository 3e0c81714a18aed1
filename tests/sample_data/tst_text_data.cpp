#include "sample_data/text_data.h"

#include <filesystem>
#include <set>

#include <QTemporaryDir>
#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "support/test_main.h"

using namespace maskscope;
namespace fs = std::filesystem;

namespace {

std::string partOf(const QTemporaryDir& folder, const char* part) { return readFile(fs::path(folder.path().toStdString()) / part / "texts.txt"); }

QString drawn(std::uint64_t number) { return QString::fromStdString(sample_data::drawText(RandomStream(3, "test", 0, number))); }

}  // namespace

class TestTextData : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sameBytesEveryTime() {
        QTemporaryDir a, b;
        generateTextData(a.path().toStdString(), {.trainTexts = 20, .testTexts = 5});
        generateTextData(b.path().toStdString(), {.trainTexts = 20, .testTexts = 5});
        generateTextData(b.path().toStdString(), {.trainTexts = 20, .testTexts = 5});  // over what is there
        QCOMPARE(partOf(a, "train"), partOf(b, "train"));
        QCOMPARE(partOf(a, "test"), partOf(b, "test"));
        QCOMPARE(QString::fromStdString(partOf(a, "train")).count('\n'), 20);
        QVERIFY(!partOf(a, "train").starts_with(partOf(a, "test").substr(0, 40)));
    }

    void moreTextsBeginWithTheSame() {
        QTemporaryDir few, many;
        generateTextData(few.path().toStdString(), {.trainTexts = 7, .testTexts = 0});
        generateTextData(many.path().toStdString(), {.trainTexts = 30, .testTexts = 0});
        QVERIFY(partOf(many, "train").starts_with(partOf(few, "train")));
        QVERIFY(!fs::exists(fs::path(few.path().toStdString()) / "test"));
    }

    void numbersAddUp() {
        const QStringList numbers{"one", "two", "three", "four", "five", "six"};
        const QRegularExpression sum("There (is|are) (\\w+) (\\w+) and then (\\w+) more, so now there are (\\w+) of them");
        int seen = 0;
        for (std::uint64_t i = 0; i < 300; ++i) {
            const auto match = sum.match(drawn(i));
            if (!match.hasMatch()) continue;
            ++seen;
            QCOMPARE(numbers.indexOf(match.captured(2)) + numbers.indexOf(match.captured(4)) + 2, numbers.indexOf(match.captured(5)) + 1);
            QCOMPARE(match.captured(1) == "is", match.captured(2) == "one");
        }
        QVERIFY(seen > 50);
    }

    void theDayAfterFollows() {
        const QStringList days{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
        const QRegularExpression after("On (\\w+) the .*\\. (\\w+) came after (\\w+),");
        int seen = 0;
        for (std::uint64_t i = 0; i < 300; ++i) {
            const auto match = after.match(drawn(i));
            if (!match.hasMatch()) continue;
            ++seen;
            QCOMPARE(match.captured(3), match.captured(1));
            QCOMPARE((days.indexOf(match.captured(1)) + 1) % 7, days.indexOf(match.captured(2)));
        }
        QVERIFY(seen > 50);
    }

    void textsDiffer() {
        std::set<QString> texts;
        for (std::uint64_t i = 0; i < 200; ++i) texts.insert(drawn(i));
        QVERIFY(texts.size() > 150);
    }

    void foreignFilesStay() {
        QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "train" / "mine.txt";
        fs::create_directories(file.parent_path());
        writeFileAtomically(file, "mine");
        QVERIFY_EXCEPTION_THROWN(generateTextData(folder.path().toStdString()), FileError);
        QCOMPARE(readFile(file), std::string("mine"));
    }

    void badOptionsAreRefused() {
        QTemporaryDir folder;
        QVERIFY_EXCEPTION_THROWN(generateTextData(folder.path().toStdString(), {.trainTexts = 0}), UsageError);
        QVERIFY_EXCEPTION_THROWN(generateTextData(folder.path().toStdString(), {.trainTexts = 1, .testTexts = -1}), UsageError);
    }
};

MASKSCOPE_TEST(TestTextData)
#include "tst_text_data.moc"
