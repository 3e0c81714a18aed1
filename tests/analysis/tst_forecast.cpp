#include "analysis/forecast.h"

#include <QtTest>

#include "data/dataset.h"
#include "support/test_main.h"
#include "support/tiny_run.h"

using namespace maskscope;

class TestForecast : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSmallRunIsTriedAsItIs() {
        const Forecast quick = estimateRun(runs_.request({"train.batch=16"}), {});
        QCOMPARE(quick.batch, std::int64_t{16});
        QCOMPARE(quick.trialSamples, std::int64_t{16});
        QVERIFY(quick.stepSeconds > 0.0 && quick.totalSeconds > 40 * quick.stepSeconds);
        QVERIFY(!exceedsMemory(quick));
        const Forecast measured = forecastRun(runs_.request({"train.batch=16"}), {});
        QCOMPARE(quick.parameters, measured.parameters);
        QCOMPARE(quick.checkpointBytes, measured.checkpointBytes);
        QCOMPARE(quick.diskBytes, measured.diskBytes);
        QCOMPARE(quick.dataBytes, measured.dataBytes);
    }

    void aLargeBatchIsExtrapolatedFromAFewSamples() {
        const TrainingRequest large = runs_.request({"input.size=64", "train.batch=512", "encoder.width=96", "encoder.depth=4", "mask.ratio=0.1"});
        const auto start = std::chrono::steady_clock::now();
        const Forecast quick = estimateRun(large, {});
        const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        QCOMPARE(quick.trialSamples, std::int64_t{8});
        QCOMPARE(quick.batch, std::int64_t{512});
        QVERIFY2(took < 3 * quick.stepSeconds + 5.0, qPrintable(QString::number(took)));
        const Forecast measured = forecastRun(large, {});
        const double timeRatio = quick.stepSeconds / measured.stepSeconds;
        QVERIFY2(timeRatio > 0.3 && timeRatio < 3.0, qPrintable(QString::number(timeRatio)));
        if (quick.peakBytes == 0.0) QSKIP("the system does not tell the peak of memory");
        const double memoryRatio = quick.peakBytes / measured.peakBytes;
        QVERIFY2(memoryRatio > 0.4 && memoryRatio < 2.5, qPrintable(QString::number(memoryRatio)));
    }

    void accumulationTriesOneOfItsPasses() {
        const Forecast quick = estimateRun(runs_.request({"train.batch=16", "train.accumulate=4"}), {});
        QCOMPARE(quick.batch, std::int64_t{4});
    }

    void whatIsTooMuchIsSaid() {
        Forecast forecast{.peakBytes = 5e9, .availableBytes = 4e9};
        QVERIFY(exceedsMemory(forecast));
        forecast.availableBytes = 6e9;
        QVERIFY(!exceedsMemory(forecast));
        QVERIFY(!exceedsMemory({.peakBytes = 5e9}));  // nobody knows what there is
    }

    void aStopEndsIt() {
        std::stop_source stopped;
        stopped.request_stop();
        QVERIFY_EXCEPTION_THROWN(estimateRun(runs_.request(), stopped.get_token()), StoppedError);
    }

private:
    testing::TinyRuns runs_;
};

MASKSCOPE_TEST(TestForecast)
#include "tst_forecast.moc"
