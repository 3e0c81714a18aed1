#include "widgets/plots/run_curves.h"

#include <QSignalSpy>
#include <QtTest>
#include <cmath>

#include "core/error.h"
#include "support/test_main.h"
#include "widgets/plots/skill.h"

using namespace maskscope;

namespace {

StepRecord stepRecord(std::int64_t step, double loss) { return {step, loss, 1e-3, 2.5, 0.1 * static_cast<double>(step), 640.0}; }

ValidationRecord validation(std::int64_t step, double objective, double pixels) {
    ValidationRecord record;
    record.step = step;
    record.objective = objective;
    record.pixelLoss = pixels;
    record.baselines = {1.0, 0.87, 0.71};
    record.skill = 1.0 - pixels / 1.0;
    return record;
}

}  // namespace

class TestRunCurves : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordsLandInTheirSeries() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        const std::vector<StepRecord> records{stepRecord(1, 0.9), stepRecord(2, 0.8)};
        curves.append("a", records);
        curves.append("a", validation(2, 0.7, 0.7));
        const RunCurves::Run* run = curves.find("a");
        QCOMPARE(run->of(Metric::TrainingLoss).at(1).value, 0.8);
        QCOMPARE(run->of(Metric::LearningRate).at(0).value, 1e-3);
        QCOMPARE(run->of(Metric::GradientNorm).at(0).value, 2.5);
        QCOMPARE(run->of(Metric::Throughput).at(0).value, 640.0);
        QCOMPARE(run->of(Metric::ValidationObjective).at(0).value, 0.7);
        QCOMPARE(run->of(Metric::Skill).at(0).step, 2.0);
        QCOMPARE(run->baselines->inpaint, 0.71);
        QCOMPARE(curves.stepRange()->second, 2.0);
    }

    void withoutPixelsSkillIsAgainstTheBestBlindAnswer() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        ValidationRecord record;
        record.step = 100;
        record.objective = 4.0;
        record.objectives = {{.name = "tokens", .loss = 4.0, .trivial = 5.0}};
        curves.append("a", record);
        auto skill = skillSummary(*curves.find("a"));
        QVERIFY(skill && std::abs(skill->skill - 0.2) < 1e-12 && skill->beatsAll);
        QVERIFY(skill->sentence.contains(QStringLiteral("20")));
        record.step = 200;
        record.objective = 12.0;  // a weight of 2: the blind answer has it too
        record.objectives = {{.name = "tokens", .loss = 6.0, .trivial = 5.0}};
        curves.append("a", record);
        skill = skillSummary(*curves.find("a"));
        QVERIFY(skill && std::abs(skill->skill + 0.2) < 1e-12 && !skill->beatsAll);
        record.step = 300;  // of several objectives the first one counts, and no line can be drawn beside their sum
        record.objectives = {{.name = "tokens", .loss = 3.0, .trivial = 5.0}, {.name = "mean", .loss = 9.0, .trivial = std::nullopt}};
        curves.addRun("c", "two", 2);
        curves.append("c", record);
        skill = skillSummary(*curves.find("c"));
        QVERIFY(skill && std::abs(skill->skill - 0.4) < 1e-12 && skill->details.contains(QStringLiteral("tokens")));
        QVERIFY(!curves.find("c")->blindLoss);
        QCOMPARE(curves.find("c")->of(Metric::Skill).at(0).value, skill->skill);
        curves.addRun("b", "no such answer", 1);
        record.objectives = {{.name = "contrast", .loss = 6.0, .trivial = std::nullopt}};
        curves.append("b", record);
        QVERIFY(!skillSummary(*curves.find("b")));
    }

    void eightRunsEachWithItsStyle() {
        RunCurves curves;
        for (int i = 0; i < 8; ++i) {
            QCOMPARE(curves.freeStyle(), std::optional<int>(i));
            curves.addRun(QString::number(i), "run", i);
        }
        QVERIFY(!curves.freeStyle());
        QVERIFY_EXCEPTION_THROWN(curves.addRun("ninth", "run", 0), UsageError);
        curves.removeRun("3");
        QCOMPARE(curves.freeStyle(), std::optional<int>(3));
        QCOMPARE(curves.find("5")->style, 5);  // the others keep theirs
        QVERIFY_EXCEPTION_THROWN(curves.addRun("x", "run", 5), UsageError);
        QVERIFY_EXCEPTION_THROWN(curves.addRun("0", "run", 3), UsageError);
        QVERIFY_EXCEPTION_THROWN(curves.append("3", std::span<const StepRecord>{}), UsageError);
    }

    void aChangeIsToldOnce() {
        RunCurves curves;
        QSignalSpy runs(&curves, &RunCurves::runsChanged);
        QSignalSpy points(&curves, &RunCurves::pointsChanged);
        curves.addRun("a", "first", 0);
        const std::vector<StepRecord> records{stepRecord(1, 0.9), stepRecord(2, 0.8)};
        curves.append("a", records);
        curves.setVisible("a", true);
        QCOMPARE(runs.count(), 1);
        QCOMPARE(points.count(), 1);
        curves.setVisible("a", false);
        QCOMPARE(runs.count(), 2);
        QVERIFY(!curves.stepRange());  // what is hidden does not stretch the axis
    }

    void goingBackTakesBackAllMetrics() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        const std::vector<StepRecord> records{stepRecord(1, 0.9), stepRecord(2, 0.8), stepRecord(3, 0.7)};
        curves.append("a", records);
        curves.append("a", validation(3, 0.6, 0.6));
        curves.cutAfter("a", 1);
        for (const CurveSeries& series : curves.find("a")->series) {
            QVERIFY(series.size() <= 1);
        }
        curves.append("a", validation(2, 0.6, 0.6));
        QCOMPARE(curves.find("a")->of(Metric::Skill).lastStep(), 2.0);
    }

    void aLossOfAnotherQuantityIsNoticed() {
        RunCurves curves;
        curves.addRun("a", "pixels", 0);
        curves.addRun("b", "normalised", 1);
        curves.append("a", validation(1, 0.70000001, 0.7));
        curves.append("b", validation(1, 0.98, 0.16));
        QVERIFY(curves.find("a")->objectiveIsPixels);
        QVERIFY(!curves.find("b")->objectiveIsPixels);
        ValidationRecord noPixels;
        noPixels.step = 2;
        noPixels.objective = 3.0;
        curves.append("a", noPixels);
        QVERIFY(!curves.find("a")->objectiveIsPixels);
    }

    void csvReadsBackExactly() {
        RunCurves curves;
        curves.addRun("a", "first, \"best\"", 0);
        const std::vector<StepRecord> records{stepRecord(1, 1.0 / 3.0), stepRecord(2, 0.8)};
        curves.append("a", records);
        curves.append("a", validation(2, 0.7, 0.7));
        const QList<QByteArray> lines = curves.csv().trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0], QByteArray("run,step,loss,val_objective,val_loss,skill,lr,grad_norm,images_per_second,probe_accuracy,feature_rank"));
        const QByteArray name = "\"first, \"\"best\"\"\",";
        QVERIFY(lines[1].startsWith(name + "1,"));
        const QList<QByteArray> cells = lines[1].mid(name.size()).split(',');
        QCOMPARE(cells[1].toDouble(), 1.0 / 3.0);
        QVERIFY(cells[2].isEmpty());
        QCOMPARE(lines[2].mid(name.size()).split(',')[2].toDouble(), 0.7);
        curves.setVisible("a", false);
        QCOMPARE(curves.csv().count('\n'), 1);
    }

    void theSentenceNamesWhatIsBeaten_data() {
        QTest::addColumn<double>("error");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("all are beaten") << 0.4189 << "Beats smooth inpainting by 41 %";
        QTest::newRow("the strongest is not") << 0.80 << "Beats the nearest visible patch by 8 %, not yet smooth inpainting";
        QTest::newRow("only the weakest is") << 0.95 << "Beats the mean patch by 5 %, not yet the nearest visible patch";
        QTest::newRow("equal is not better") << 1.0 << "Not yet better than the mean patch";
        QTest::newRow("none is") << 1.9 << "Not yet better than the mean patch";
    }
    void theSentenceNamesWhatIsBeaten() {
        QFETCH(double, error);
        QFETCH(QString, sentence);
        QString found = comparisonSentence(error, {1.0, 0.87, 0.71});
        QCOMPARE(found.replace(QChar(u'\u202F'), QLatin1Char(' ')), sentence);
    }

    void theStrongestPredictorIsFoundByItsError() {
        // on coarse pictures the nearest patch can beat inpainting
        QString sentence = comparisonSentence(0.6, {1.0, 0.7, 0.8});
        QVERIFY2(sentence.startsWith("Beats the nearest visible patch by 14"), qPrintable(sentence));
    }

    void skillComesFromTheValuesAtTheCursor() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        QVERIFY(!skillSummary(*curves.find("a")));
        curves.append("a", validation(100, 0.9, 0.9));
        curves.append("a", validation(200, 0.42, 0.42));
        const auto newest = skillSummary(*curves.find("a"));
        QVERIFY(newest && std::abs(newest->skill - 0.58) < 1e-12);
        QVERIFY(newest->beatsAll);
        QCOMPARE(newest->step, 200.0);
        const auto past = skillSummary(*curves.find("a"), 150.0);
        QVERIFY(past && std::abs(past->skill - 0.1) < 1e-12);
        QVERIFY(!past->beatsAll);
        QVERIFY(!skillSummary(*curves.find("a"), 50.0));
    }
};

MASKSCOPE_TEST(TestRunCurves)
#include "tst_run_curves.moc"
