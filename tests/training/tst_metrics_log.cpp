#include "core/error.h"
#include "core/files.h"
#include "training/metrics_log.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <limits>

#include "support/test_main.h"

using namespace maskscope;

namespace {

const std::vector<std::string> kColumns{"step", "seconds", "loss", "val_loss"};

std::vector<MetricsCell> row(double step, MetricsCell loss) { return {step, 0.5 * step, loss, std::nullopt}; }

}  // namespace

class TestMetricsLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void numbersReadBackExactly();
    void textIsPlain();
    void goesOnAfterReopening();
    void cutKeepsEarlierRowsByteForByte();
    void tornLinesAreDropped();
    void refusesOtherColumnsAndDamage();

private:
    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path file_;
};

void TestMetricsLog::init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    file_ = temporary_->filePath(QStringLiteral("metrics.csv")).toStdString();
}

void TestMetricsLog::numbersReadBackExactly() {
    MetricsLog log(file_, kColumns);
    const std::vector<double> values{0.1,
                                     1.0 / 3.0,
                                     1e-300,
                                     5e-324,
                                     1.7976931348623157e308,
                                     -0.0,
                                     0.0,
                                     123456789012345678.0,
                                     1e15,
                                     100000.0,
                                     -42.0,
                                     3e-4,
                                     std::numeric_limits<double>::infinity(),
                                     -std::numeric_limits<double>::infinity()};
    for (std::size_t i = 0; i < values.size(); ++i) log.append(row(static_cast<double>(i), values[i]));
    log.append(row(99, std::nan("")));
    const MetricsTable table = MetricsLog::read(file_);
    QCOMPARE(table.columns, kColumns);
    QCOMPARE(table.rows.size(), values.size() + 1);
    const std::size_t loss = table.column("loss");
    QCOMPARE(loss, std::size_t(2));
    for (std::size_t i = 0; i < values.size(); ++i) {
        QVERIFY(table.rows[i][loss].value() == values[i]);
        QCOMPARE(std::signbit(*table.rows[i][loss]), std::signbit(values[i]));
    }
    QVERIFY(std::isnan(*table.rows.back()[loss]));
    QVERIFY(!table.rows[0][table.column("val_loss")]);
    QVERIFY_THROWS_EXCEPTION(DataError, table.column("los"));
}

void TestMetricsLog::textIsPlain() {
    MetricsLog log(file_, kColumns);
    log.append(std::vector<MetricsCell>{100000.0, 12.25, 0.5, std::nullopt});
    QCOMPARE(readFile(file_), std::string("step,seconds,loss,val_loss\n100000,12.25,0.5,\n"));
    QVERIFY_THROWS_EXCEPTION(ShapeError, log.append(std::vector<MetricsCell>{1.0}));
    QVERIFY_THROWS_EXCEPTION(ShapeError, log.append(std::vector<MetricsCell>{std::nullopt, 1.0, 1.0, 1.0}));
}

void TestMetricsLog::goesOnAfterReopening() {
    { MetricsLog(file_, kColumns).append(row(1, 0.5)); }
    MetricsLog again(file_, kColumns);
    again.append(row(2, 0.25));
    again.sync();
    QCOMPARE(MetricsLog::read(file_).rows.size(), std::size_t(2));
    std::vector<std::string> more = kColumns;  // of a newer program
    more.push_back("skill");
    MetricsLog older(file_, more);
    QCOMPARE(older.columns(), kColumns);
    older.append(row(3, 0.125));
    QCOMPARE(MetricsLog::read(file_).rows.size(), std::size_t(3));
}

void TestMetricsLog::cutKeepsEarlierRowsByteForByte() {
    writeFileAtomically(file_, "step,loss\n0,1.0\n10,0.50\n20,0.25\n15,9\n");
    MetricsLog::cutAfter(file_, 20);
    QCOMPARE(readFile(file_), std::string("step,loss\n0,1.0\n10,0.50\n20,0.25\n15,9\n"));
    MetricsLog::cutAfter(file_, 10);
    QCOMPARE(readFile(file_), std::string("step,loss\n0,1.0\n10,0.50\n"));
    MetricsLog::cutAfter(file_.string() + ".missing", 10);
    QVERIFY(!std::filesystem::exists(file_.string() + ".missing"));
}

void TestMetricsLog::tornLinesAreDropped() {
    const std::string whole = "step,loss\n1,0.5\n2,0.25\n";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        writeFileAtomically(file_, std::string_view(whole).substr(0, size));
        const std::size_t rows = size < 10 ? 0 : size < 16 ? 0 : size < 23 ? 1 : 2;
        if (size >= 10) QCOMPARE(MetricsLog::read(file_).rows.size(), rows);
        if (size % 2 == 0) MetricsLog::cutAfter(file_, 100);
        MetricsLog log(file_, {"step", "loss"});
        log.append(std::vector<MetricsCell>{3.0, 0.125});
        const MetricsTable table = MetricsLog::read(file_);
        QCOMPARE(table.rows.size(), rows + 1);
        QCOMPARE(*table.rows.back()[1], 0.125);
    }
}

void TestMetricsLog::refusesOtherColumnsAndDamage() {
    { MetricsLog(file_, kColumns).append(row(1, 0.5)); }
    const auto open = [&](std::vector<std::string> columns) { const MetricsLog log(file_, std::move(columns)); };
    QVERIFY_THROWS_EXCEPTION(DataError, open({"step", "loss"}));
    QVERIFY_THROWS_EXCEPTION(DataError, open({"step", "seconds", "loss", "val_losses", "skill"}));
    for (const char* content :
         {"", "loss\n1\n", "step,loss\n1\n", "step,loss\n1,2,3\n", "step,loss\n1,x\n", "step,loss\n,1\n", "step,loss\n1,0.5z\n"}) {
        writeFileAtomically(file_, content);
        QVERIFY_THROWS_EXCEPTION(DataError, MetricsLog::read(file_));
    }
    try {
        writeFileAtomically(file_, "step,loss\n1,2\n3,x\n");
        MetricsLog::read(file_);
    } catch (const DataError& error) {
        QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("metrics.csv:3: 'x'")));
    }
}

MASKSCOPE_TEST(TestMetricsLog)
#include "tst_metrics_log.moc"
