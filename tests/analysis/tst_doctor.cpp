#include "analysis/doctor.h"

#include <cmath>
#include <limits>
#include <vector>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

/// A run that learns: the loss falls from 1 to 0.3, hidden parts are guessed better and better, features stay apart.
struct Run {
    std::vector<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    std::vector<FeatureSpread> spreads;
    std::vector<std::int64_t> checkpoints;
    std::string failure;
    std::int64_t stageBegin = 0;

    explicit Run(std::int64_t count = 1000) {
        for (std::int64_t i = 1; i <= count; ++i)
            steps.push_back({.step = i, .loss = 0.3 + 0.7 * std::exp(-static_cast<double>(i) / 150.0), .learningRate = 1e-3, .gradientNorm = 0.5});
        for (std::int64_t i = 100; i <= count; i += 100) {
            const double loss = 0.12 + 0.2 * std::exp(-static_cast<double>(i) / 200.0);
            validations.push_back({.step = i,
                                   .objective = loss,
                                   .objectives = {},
                                   .pixelLoss = loss,
                                   .skill = 1 - loss / 0.3,
                                   .baselines = {.meanPatch = 0.3, .nearestVisible = 0.25, .inpaint = 0.2}});
        }
        for (std::int64_t i = 0; i <= count; i += 250)
            spreads.push_back({.step = i, .images = 64, .width = 96, .deviation = 0.5, .imageRank = 30.0, .tokenRank = 60.0});
        for (std::int64_t i = 0; i <= count; i += 200) checkpoints.push_back(i);
    }

    HealthRecord examine() const {
        return examineRun({.steps = steps,
                           .validations = validations,
                           .spreads = spreads,
                           .checkpoints = checkpoints,
                           .stageBegin = stageBegin,
                           .scheduleSteps = 1000 - stageBegin,
                           .warmupSteps = 50.0,
                           .failure = failure});
    }
};

bool says(const HealthRecord& record, HealthFinding::Kind kind, const char* words) {
    return std::any_of(record.findings.begin(), record.findings.end(),
                       [&](const HealthFinding& finding) { return finding.kind == kind && finding.sentence.find(words) != std::string::npos; });
}

using Kind = HealthFinding::Kind;

}  // namespace

class TestDoctor : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aLearningRunIsWell();
    void nothingIsSaidTooEarly();
    void aLossThatIsNoNumberHasDiverged();
    void aFailureIsToldAsItWas();
    void aLossThatLeavesItsBestHasDiverged();
    void aStageIsJudgedByItself();
    void oneSpikeIsNoDivergence();
    void imagesThatGrowAlikeAreACollapse();
    void fewDirectionsAreACollapse();
    void featuresThatAreNoNumbersAreADivergence();
    void aNarrowNetworkFromTheStartIsNoCollapse();
    void guessesNoBetterThanTheMeanColourAreStalled();
    void withoutPixelsTheFallOfTheLossCounts();
    void largeGradientsAreNoticed();
    void learningByHeartIsNoticed();
    void everyFindingHasEvidence();
};

void TestDoctor::aLearningRunIsWell() {
    const HealthRecord record = Run().examine();
    QCOMPARE(record.verdict, Verdict::Learning);
    QCOMPARE(record.step, std::int64_t{1000});
    QCOMPARE(QString::fromStdString(record.sentence), QStringLiteral("Learning: loss 39 % under smooth inpainting, rank 30 of 63."));
    QVERIFY(!record.suggestedStep);
    for (const HealthFinding& finding : record.findings) QCOMPARE(finding.kind, Kind::Good);
}

void TestDoctor::nothingIsSaidTooEarly() {
    QCOMPARE(Run(10).examine().verdict, Verdict::TooEarly);
    const HealthRecord warming = Run(40).examine();
    QCOMPARE(warming.verdict, Verdict::TooEarly);
    QVERIFY(warming.sentence.find("50") != std::string::npos);
    QCOMPARE(examineRun({}).verdict, Verdict::TooEarly);
}

void TestDoctor::aLossThatIsNoNumberHasDiverged() {
    Run run;
    run.steps[699].loss = std::numeric_limits<double>::quiet_NaN();
    const HealthRecord record = run.examine();
    QCOMPARE(record.verdict, Verdict::Diverged);
    QVERIFY(record.sentence.find("700") != std::string::npos);
    QCOMPARE(*record.suggestedStep, std::int64_t{600});
}

void TestDoctor::aFailureIsToldAsItWas() {
    Run run(412);
    run.failure = "the loss became NaN at step 413";
    const HealthRecord record = run.examine();
    QCOMPARE(record.verdict, Verdict::Diverged);
    QVERIFY(record.sentence.find(run.failure) != std::string::npos);
    QCOMPARE(*record.suggestedStep, std::int64_t{400});
    Run early(5);
    early.failure = "disk full";
    QCOMPARE(early.examine().verdict, Verdict::Diverged);
}

void TestDoctor::aLossThatLeavesItsBestHasDiverged() {
    Run run;
    for (std::size_t i = 700; i < 1000; ++i) run.steps[i].loss = 0.9;
    const HealthRecord record = run.examine();
    QCOMPARE(record.verdict, Verdict::Diverged);
    QCOMPARE(*record.suggestedStep, std::int64_t{600});
    for (std::size_t i = 700; i < 1000; ++i) run.steps[i].loss = 0.5;  // worse, but not twice as much
    QCOMPARE(run.examine().verdict, Verdict::Learning);
}

void TestDoctor::aStageIsJudgedByItself() {
    Run run;  // a tokenizer's small losses, then those of guessing its codes
    for (std::size_t i = 0; i < 400; ++i) run.steps[i].loss /= 100.0;
    for (std::size_t i = 0; i < 4; ++i) run.validations[i].objective /= 100.0;
    QCOMPARE(run.examine().verdict, Verdict::Diverged);
    run.stageBegin = 400;
    const HealthRecord record = run.examine();
    QVERIFY2(record.verdict == Verdict::Learning, record.sentence.c_str());
    run.steps.resize(430);  // its learning rate rises anew
    run.validations.resize(4);
    QCOMPARE(run.examine().verdict, Verdict::TooEarly);
}

void TestDoctor::oneSpikeIsNoDivergence() {
    Run run;
    run.steps[990].loss = 50.0;
    QCOMPARE(run.examine().verdict, Verdict::Learning);
}

void TestDoctor::imagesThatGrowAlikeAreACollapse() {
    Run run;
    run.spreads[3].deviation = 0.015;
    run.spreads[4].deviation = 0.001;
    const HealthRecord record = run.examine();
    QCOMPARE(record.verdict, Verdict::Collapsing);
    QVERIFY(says(record, Kind::Trouble, "alike"));
    QCOMPARE(*record.suggestedStep, std::int64_t{400});  // the last healthy look was at 500
    run.spreads[3].deviation = 0.5;
    run.spreads[4].deviation = 0.07;  // less than 0.15 of what it was
    QCOMPARE(run.examine().verdict, Verdict::Collapsing);
    run.spreads[4].deviation = 0.08;
    QCOMPARE(run.examine().verdict, Verdict::Learning);
}

void TestDoctor::fewDirectionsAreACollapse() {
    Run run;
    run.spreads.back().imageRank = 3.0;
    QCOMPARE(run.examine().verdict, Verdict::Collapsing);
    run.spreads.back().imageRank = 8.0;
    QCOMPARE(run.examine().verdict, Verdict::Learning);
}

void TestDoctor::featuresThatAreNoNumbersAreADivergence() {
    Run run;
    run.spreads[4].imageRank = std::nan("");
    const HealthRecord record = run.examine();
    QCOMPARE(record.verdict, Verdict::Diverged);
    QVERIFY(says(record, Kind::Trouble, "no longer numbers"));
    QCOMPARE(*record.suggestedStep, std::int64_t{600});  // the last healthy look was at 750
}

void TestDoctor::aNarrowNetworkFromTheStartIsNoCollapse() {
    Run run;
    for (FeatureSpread& spread : run.spreads) spread = {.step = spread.step, .images = 64, .width = 4, .deviation = 0.01, .imageRank = 1.5};
    QCOMPARE(run.examine().verdict, Verdict::Learning);
}

void TestDoctor::guessesNoBetterThanTheMeanColourAreStalled() {
    Run run;
    for (ValidationRecord& validation : run.validations) {
        validation.pixelLoss = 0.299;
        validation.skill = 1 - 0.299 / 0.3;
    }
    QCOMPARE(run.examine().verdict, Verdict::Stalled);
    Run young(150);
    for (ValidationRecord& validation : young.validations) validation.pixelLoss = 0.3;
    QCOMPARE(young.examine().verdict, Verdict::Learning);  // a fifth of the schedule is its time to begin
}

void TestDoctor::withoutPixelsTheFallOfTheLossCounts() {
    Run run;
    for (ValidationRecord& validation : run.validations) validation.pixelLoss = validation.skill = std::nullopt;
    QCOMPARE(run.examine().verdict, Verdict::Learning);
    for (StepRecord& step : run.steps) step.loss = 6.9;
    QCOMPARE(run.examine().verdict, Verdict::Stalled);
    for (ValidationRecord& validation : run.validations) validation.objectives = {{.name = "codes", .loss = 3.0, .trivial = 5.0}};
    QCOMPARE(run.examine().verdict, Verdict::Learning);  // better than the best blind answer
    for (ValidationRecord& validation : run.validations) validation.objectives = {{.name = "codes", .loss = 4.99, .trivial = 5.0}};
    QCOMPARE(run.examine().verdict, Verdict::Stalled);
}

void TestDoctor::largeGradientsAreNoticed() {
    Run run;
    run.steps[995].gradientNorm = 9.0;
    QVERIFY(says(run.examine(), Kind::Notice, "gradients"));
    run.steps[995].gradientNorm = 4.0;
    QVERIFY(says(run.examine(), Kind::Good, "Gradients"));
    for (StepRecord& step : run.steps) step.gradientNorm = 0.0;
    QVERIFY(says(run.examine(), Kind::Trouble, "gradient"));
}

void TestDoctor::learningByHeartIsNoticed() {
    Run run;
    run.validations.back().objective = 1.2 * run.validations[8].objective;
    const HealthRecord record = run.examine();
    QVERIFY(says(record, Kind::Notice, "by heart"));
    QVERIFY(says(record, Kind::Notice, "step 900"));
    QCOMPARE(*record.suggestedStep, std::int64_t{800});
}

void TestDoctor::everyFindingHasEvidence() {
    Run run;
    run.steps[995].gradientNorm = 90.0;
    run.spreads.back().imageRank = 1.0;
    for (const HealthFinding& finding : run.examine().findings) {
        QVERIFY(!finding.evidence.empty());
        QVERIFY(finding.sentence.ends_with("."));
    }
}

MASKSCOPE_TEST(TestDoctor)
#include "tst_doctor.moc"
