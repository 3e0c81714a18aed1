#include "core/files.h"

#include "core/error.h"

#include <stdexcept>

#include <QtTest>

#include "support/test_main.h"

namespace fs = std::filesystem;
using namespace maskscope;

class TestFiles : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

private Q_SLOTS:
    void whatIsWrittenIsRead() {
        const std::string content("a\0b\r\n\xFF", 6);
        writeFileAtomically(path("a.bin"), content);
        QCOMPARE(readFile(path("a.bin")), content);
        writeFileAtomically(path("a.bin"), "shorter");
        QCOMPARE(readFile(path("a.bin")), std::string("shorter"));
        writeFileAtomically(path("empty"), "");
        QCOMPARE(readFile(path("empty")), std::string());
        QVERIFY(!fs::exists(path("a.bin.tmp")));
    }

    void piecesArriveInOrder() {
        writeFileAtomically(path("pieces"), [](const auto& write) {
            for (const char* piece : {"one ", "two ", "three"}) write(std::as_bytes(std::span(piece, std::char_traits<char>::length(piece))));
        });
        QCOMPARE(readFile(path("pieces")), std::string("one two three"));
    }

    void failureLeavesTheFormerFileAndNothingElse() {
        writeFileAtomically(path("kept"), "former");
        QVERIFY_EXCEPTION_THROWN(writeFileAtomically(path("kept"),
                                                     [](const auto& write) {
                                                         write(std::as_bytes(std::span("half", 4)));
                                                         throw std::runtime_error("producer failed");
                                                     }),
                                 std::runtime_error);
        QCOMPARE(readFile(path("kept")), std::string("former"));
        QVERIFY(!fs::exists(path("kept.tmp")));
    }

    void aFolderInTheWayIsNoFile() {
        makeFolder(path("folder/inside"));
        QVERIFY_EXCEPTION_THROWN(writeFileAtomically(path("folder"), "x"), FileError);
        QVERIFY(!fs::exists(path("folder.tmp")));
        QVERIFY_EXCEPTION_THROWN(readFile(path("folder")), FileError);
    }

    void messagesNameFileAndReason() {
        try {
            readFile(path("missing"));
            QFAIL("read");
        } catch (const FileError& error) {
            QVERIFY2(QString(error.what()).contains("missing: cannot open: No such file or directory; check the path"), error.what());
        }
        try {
            writeFileAtomically(path("no/such/folder"), "x");
            QFAIL("written");
        } catch (const FileError& error) {
            QVERIFY2(QString(error.what()).contains("No such file or directory"), error.what());
        }
    }

    void fullDiskIsSaid() {
        if (!fs::exists("/dev/full")) QSKIP("no /dev/full on this system");
        // The temporary name is a link to the device that is always full.
        fs::create_symlink("/dev/full", path("full.tmp"));
        try {
            writeFileAtomically(path("full"), "x");
            QFAIL("written");
        } catch (const FileError& error) {
            QVERIFY2(QString(error.what()).contains("No space left on device; free some space"), error.what());
        }
        QVERIFY(!fs::exists(path("full")));
        QVERIFY(!fs::is_symlink(path("full.tmp")));
    }

    void makeFolderRefusesAFileInItsPlace() {
        writeFileAtomically(path("plain"), "x");
        QVERIFY_EXCEPTION_THROWN(makeFolder(path("plain")), FileError);
        QVERIFY_EXCEPTION_THROWN(makeFolder(path("plain/below")), FileError);
        makeFolder(path("deep/er/est"));
        makeFolder(path("deep/er/est"));
        QVERIFY(fs::is_directory(path("deep/er/est")));
    }

    void resourcesCanBeNamed() {
        qputenv("MASKSCOPE_RESOURCES", "/some/where");
        QCOMPARE(resourcesFolder(), fs::path("/some/where"));
        qunsetenv("MASKSCOPE_RESOURCES");
    }
};

MASKSCOPE_TEST(TestFiles)
#include "tst_files.moc"
