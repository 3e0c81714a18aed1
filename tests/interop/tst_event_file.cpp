#include "core/error.h"
#include "core/files.h"
#include "interop/append_file.h"
#include "interop/crc32c.h"
#include "interop/event_file.h"
#include "interop/protobuf_wire.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <csignal>
#include <limits>

#include <sys/resource.h>

#include "support/test_main.h"

using namespace maskscope;

class TestEventFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void checksumsAreCastagnolis();
    void wireFormatIsTheDocumentedOne();
    void damagedMessagesEndReading_data();
    void damagedMessagesEndReading();
    void firstRecordIsByteForByteWhatTensorBoardExpects();
    void scalarsAndImagesComeBack();
    void newFilesSortBehindOlderOnes();
    void tornAndDamagedTailsAreLeftOut();
    void cutKeepsEarlierEvents();
    void fullDiskTakesThePieceBack();

private:
    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder_;
};

void TestEventFile::init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    folder_ = temporary_->path().toStdString();
}

void TestEventFile::checksumsAreCastagnolis() {
    // RFC 3720, appendix B.4
    QCOMPARE(crc32c(std::string(32, '\0')), 0x8A9136AAU);
    QCOMPARE(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
    QCOMPARE(crc32c("123456789"), 0xE3069283U);
    // rotate right by 15, add the constant
    QCOMPARE(maskedCrc32c("123456789"), ((0xE3069283U >> 15U) | (0xE3069283U << 17U)) + 0xA282EAD8U);
}

void TestEventFile::wireFormatIsTheDocumentedOne() {
    WireWriter writer;
    writer.integer(1, 150);  // 08 96 01, the example of the protobuf documentation
    writer.bytes(2, "testing");
    writer.integer(3, -1);
    writer.number32(4, 1.0F);
    writer.number64(16, -2.0);
    const std::string expected = std::string("\x08\x96\x01\x12\x07testing\x18") + std::string(9, '\xff') +
                                 std::string("\x01\x25\x00\x00\x80\x3f", 6) + std::string("\x81\x01\x00\x00\x00\x00\x00\x00\x00\xc0", 10);
    QCOMPARE(QByteArray::fromStdString(writer.message()).toHex(), QByteArray::fromStdString(expected).toHex());
    WireReader reader(writer.message());
    QCOMPARE(reader.next()->integer(), std::int64_t(150));
    QCOMPARE(reader.next()->bytes, std::string_view("testing"));
    QCOMPARE(reader.next()->integer(), std::int64_t(-1));
    QCOMPARE(reader.next()->number32(), 1.0F);
    const auto last = reader.next();
    QCOMPARE(last->number, std::uint64_t(16));
    QCOMPARE(last->number64(), -2.0);
    QVERIFY(!reader.next() && !reader.damaged());
}

void TestEventFile::damagedMessagesEndReading_data() {
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("tag without end") << QByteArray("\x80");
    QTest::newRow("number of eleven bytes") << QByteArray("\x08").append(QByteArray(11, '\xff'));
    QTest::newRow("length beyond the end") << QByteArray("\x12\x05tes");
    QTest::newRow("length near 2^64") << QByteArray("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    QTest::newRow("four bytes missing") << QByteArray("\x25\x01\x02");
    QTest::newRow("group, long abolished") << QByteArray("\x0b\x01");
}

void TestEventFile::damagedMessagesEndReading() {
    QFETCH(QByteArray, message);
    const std::string text = message.toStdString();
    WireReader reader(text);
    QVERIFY(!reader.next());
    QVERIFY(reader.damaged());
    QVERIFY(!reader.next());
}

void TestEventFile::firstRecordIsByteForByteWhatTensorBoardExpects() {
    const EventFile file(folder_);
    const std::string content = readFile(file.path());
    // wall time (9), step 0 (2), version (15)
    QCOMPARE(content.size(), std::size_t(12 + 26 + 4));
    QCOMPARE(content.substr(0, 8), std::string("\x1a\x00\x00\x00\x00\x00\x00\x00", 8));
    QCOMPARE(content.substr(12 + 9, 17), std::string("\x10\x00\x1a\x0d", 4) + "brain.Event:2");
    QVERIFY(QString::fromStdString(file.path().filename())
                .contains(QRegularExpression(QStringLiteral("^events\\.out\\.tfevents\\.\\d{10}\\.[\\w-]+\\.0$"))));
}

void TestEventFile::scalarsAndImagesComeBack() {
    EventFile file(folder_);
    const std::vector<EventScalar> scalars{{"train/loss", 0.25F}, {"train/lr", 1e-3F}};
    file.addScalars(7, scalars, 1234.5);
    file.addScalar(1'000'000'000'000, "nan", std::numeric_limits<float>::quiet_NaN());
    const EventImage image{"probe/0", 300, 200, 4, std::string("\x89PNG\0\r\n", 7)};
    file.addImage(8, image);
    const std::vector<Event> events = readEvents(file.path());
    QCOMPARE(events.size(), std::size_t(4));
    QCOMPARE(events[0].fileVersion, std::string("brain.Event:2"));
    QCOMPARE(events[1].step, std::int64_t(7));
    QCOMPARE(events[1].wallTime, 1234.5);
    QCOMPARE(events[1].scalars, scalars);
    QCOMPARE(events[2].step, std::int64_t(1'000'000'000'000));
    QVERIFY(std::isnan(events[2].scalars.at(0).second));
    QVERIFY(events[2].wallTime > 1.6e9);
    QCOMPARE(events[3].images.at(0).tag, image.tag);
    QCOMPARE(events[3].images.at(0).png, image.png);
    QCOMPARE(events[3].images.at(0).width, 300);
    QCOMPARE(events[3].images.at(0).height, 200);
    QCOMPARE(events[3].images.at(0).channels, 4);
}

void TestEventFile::newFilesSortBehindOlderOnes() {
    writeFileAtomically(folder_ / "events.out.tfevents.9999999990.zzz.0", "");  // a clock that was ahead
    writeFileAtomically(folder_ / "metrics.csv", "");
    const EventFile first(folder_), second(folder_);
    QCOMPARE(eventFiles(folder_),
             (std::vector<std::filesystem::path>{folder_ / "events.out.tfevents.9999999990.zzz.0", first.path(), second.path()}));
}

void TestEventFile::tornAndDamagedTailsAreLeftOut() {
    EventFile file(folder_);
    file.addScalar(1, "a", 1.0F);
    const std::size_t two = std::filesystem::file_size(file.path());
    file.addScalar(2, "a", 2.0F);
    const std::string whole = readFile(file.path());
    for (std::size_t size = two; size < whole.size(); ++size) {
        writeFileAtomically(folder_ / "cut", std::string_view(whole).substr(0, size));
        QCOMPARE(readEvents(folder_ / "cut").size(), std::size_t(2));
    }
    for (std::size_t place = two; place < whole.size(); ++place) {
        std::string damaged = whole;
        damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
        writeFileAtomically(folder_ / "damaged", damaged);
        QCOMPARE(readEvents(folder_ / "damaged").size(), std::size_t(2));
    }
}

void TestEventFile::cutKeepsEarlierEvents() {
    EventFile first(folder_);
    for (int step = 0; step <= 4; ++step) first.addScalar(step, "a", 1.0F);
    EventFile second(folder_);
    for (int step = 5; step <= 9; ++step) second.addScalar(step, "a", 1.0F);
    const std::string firstBefore = readFile(first.path());
    writeFileAtomically(second.path(), readFile(second.path()) + "torn");
    const auto inode = [](const std::filesystem::path& file) { return std::filesystem::last_write_time(file); };
    const auto untouched = inode(first.path());

    cutEventsAfter(folder_, 6);
    QCOMPARE(readFile(first.path()), firstBefore);
    QVERIFY(inode(first.path()) == untouched);
    std::vector<Event> events = readEvents(second.path());
    QCOMPARE(events.size(), std::size_t(3));
    QCOMPARE(events.back().step, std::int64_t(6));

    cutEventsAfter(folder_, 2);
    QCOMPARE(readEvents(first.path()).size(), std::size_t(4));
    QCOMPARE(readEvents(second.path()).size(), std::size_t(1));  // the version stays
}

void TestEventFile::fullDiskTakesThePieceBack() {
    writeFileAtomically(folder_ / "log", "whole\n");
    AppendFile file(folder_ / "log");
    // A limit on the file's size ends a write in the middle, as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit limit{10, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string problem;
    try {
        file.append("more than fits\n");
    } catch (const FileError& error) {
        problem = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY(!problem.empty());
    QCOMPARE(readFile(folder_ / "log"), std::string("whole\n"));
    file.append("next\n");
    QCOMPARE(readFile(folder_ / "log"), std::string("whole\nnext\n"));
    QVERIFY_THROWS_EXCEPTION(FileError, AppendFile(folder_ / "missing"));
}

MASKSCOPE_TEST(TestEventFile)
#include "tst_event_file.moc"
