#include "analysis/inference_desk.h"

#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include <torch/torch.h>

#include <QtTest>

#include "analysis/film.h"
#include "analysis/forecast.h"
#include "analysis/open_models.h"
#include "analysis/run_session.h"
#include "core/error.h"
#include "data/images/image_dataset.h"
#include "support/test_main.h"
#include "support/tiny_run.h"
#include "training/trainer.h"
#include "training/training_session.h"

using namespace maskscope;

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

template <typename Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 30'000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

/// Waits for the answer to a question.
template <typename Record>
std::shared_ptr<const Answer<Record>> answerTo(const Mailbox<Answer<Record>>& box, std::uint64_t generation) {
    eventually([&] {
        const auto answer = box.latest();
        return answer && answer->generation >= generation;
    });
    const auto answer = box.latest();
    return answer && answer->generation == generation ? answer : nullptr;
}

const ImagePicture& imageOf(const ReconstructionRecord& record) { return std::get<ImagePicture>(record.picture); }

}  // namespace

class TestInferenceDesk : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void answersAsASessionWould();
    void everyCheckpointAnswersWithItsStep();
    void publishedWeightsAnswerLikeTheirCheckpoint();
    void masksArePaintedOrDrawn();
    void thePinnedMaskIsThatOfTheValidation();
    void attentionIsThatOfAllLayers_data();
    void attentionIsThatOfAllLayers();
    void featuresBecomeColours();
    void embeddingsTellOfEverySample();
    void leaksAreLookedFor();
    void theNewestQuestionWins();
    void kindsDoNotReplaceEachOther();
    void whatIsCancelledGivesNoAnswer();
    void problemsAreAnswersToo_data();
    void problemsAreAnswersToo();
    void modelsStayOpenAndReplacedCheckpointsAreReadAgain();
    void aDeskGoesAtOnce();
    void aFilmHasAFrameForEveryCheckpoint();
    void aForecastIsMeasured();

private:
    CheckpointPlace place(std::optional<std::int64_t> step) const { return {runs_.path("run"), step}; }
    ReconstructionQuestion question(AskedModel model) const { return {std::move(model), DataSample{data_, 3}, DrawnMask{{}, 7}}; }

    testing::TinyRuns runs_;
    std::shared_ptr<const Dataset> data_;
};

void TestInferenceDesk::initTestCase() {
    Trainer::start(runs_.path("run"), runs_.request({"train.keep_recent=10", "encoder.depth=2"}), {}, {})->run(12, {});
    data_ = openImages(runs_.data() / "test");
}

void TestInferenceDesk::answersAsASessionWould() {
    InferenceDesk desk;
    const auto answer = answerTo(desk.reconstructions(), desk.ask(question(place(8))));
    QVERIFY(answer && answer->problem.empty());
    QCOMPARE(answer->step, std::int64_t{8});
    QCOMPARE(answer->record.step, std::int64_t{8});
    QVERIFY(answer->workSeconds > 0.0 && answer->seconds >= answer->workSeconds);
    RunSession opened = openRunSession(runs_.path("run"), 8);
    const View view = opened.session->domain().evaluationView(*data_, {3}, {});
    const Reconstruction expected = opened.session->reconstruct(view, opened.session->drawMasks(view, 7));
    QVERIFY(imageOf(answer->record).composite.pixels == std::get<ImagePicture>(expected.pictures.front()).composite.pixels);
    QCOMPARE(answer->record.hiddenLoss, expected.hiddenLoss);
}

void TestInferenceDesk::everyCheckpointAnswersWithItsStep() {
    InferenceDesk desk;
    std::set<std::vector<std::uint8_t>> answers;
    for (const std::int64_t step : {0, 4, 8, 12, 4, 0}) {
        const auto answer = answerTo(desk.reconstructions(), desk.ask(question(place(step))));
        QCOMPARE(answer->step, step);
        answers.insert(imageOf(answer->record).prediction.pixels);
    }
    QCOMPARE(answers.size(), std::size_t{4});
    QCOMPARE(answerTo(desk.reconstructions(), desk.ask(question(place(std::nullopt))))->step, std::int64_t{12});
}

void TestInferenceDesk::publishedWeightsAnswerLikeTheirCheckpoint() {
    const auto session = TrainingSession::start(runs_.path("live"), runs_.request(), {.startPaused = true});
    QVERIFY(eventually([&] { return session->status().state == SessionState::Paused; }));
    InferenceDesk desk;
    for (const std::int64_t step : {0, 1, 2}) {
        session->requestWeights();
        QVERIFY(eventually([&] { return session->weights().latest() && session->weights().latest()->step == step; }));
        session->saveNow();
        QVERIFY(eventually([&] { return session->status().savedStep == step; }));
        const auto live = answerTo(desk.reconstructions(), desk.ask(question(session->weights().latest())));
        const auto saved = answerTo(desk.reconstructions(), desk.ask(question(CheckpointPlace{runs_.path("live"), step})));
        QCOMPARE(live->step, step);
        QVERIFY(imageOf(live->record).prediction.pixels == imageOf(saved->record).prediction.pixels);
        session->step();
        QVERIFY(eventually([&] { return session->status().step == step + 1; }));
    }
}

void TestInferenceDesk::masksArePaintedOrDrawn() {
    InferenceDesk desk;
    std::vector<std::uint8_t> painted(16, 0);
    painted[5] = painted[6] = 1;
    ReconstructionQuestion asked = question(place(4));
    asked.mask = painted;
    QCOMPARE(imageOf(answerTo(desk.reconstructions(), desk.ask(asked))->record).hidden, painted);
    asked.mask = DrawnMask{Value(Value::Table{{"strategy", "random"}, {"ratio", 0.25}}), 1};
    const auto drawn = imageOf(answerTo(desk.reconstructions(), desk.ask(asked))->record).hidden;
    QCOMPARE(std::count(drawn.begin(), drawn.end(), 1), 4);
}

void TestInferenceDesk::thePinnedMaskIsThatOfTheValidation() {
    struct Listener : TrainingObserver {
        ProbeRecord probes;
        void onProbes(const ProbeRecord& record) override { probes = record; }
    };
    const auto heard = std::make_shared<Listener>();
    Trainer::start(runs_.path("pinned"), runs_.request({"train.probe_images=10"}), {heard}, {})->run(1, {});
    QCOMPARE(heard->probes.pictures.size(), std::size_t{10});
    InferenceDesk desk;
    for (std::int64_t sample = 0; sample < 10; ++sample) {
        const auto asked = ReconstructionQuestion{CheckpointPlace{runs_.path("pinned"), 1}, DataSample{data_, sample}, PinnedMask{}};
        const auto answer = answerTo(desk.reconstructions(), desk.ask(asked));
        const auto& told = std::get<ImagePicture>(heard->probes.pictures[static_cast<std::size_t>(sample)]);
        QCOMPARE(imageOf(answer->record).hidden, told.hidden);
        QVERIFY(imageOf(answer->record).composite.pixels == told.composite.pixels);
    }
}

void TestInferenceDesk::attentionIsThatOfAllLayers_data() {
    QTest::addColumn<bool>("decoder");
    QTest::addColumn<bool>("masked");
    QTest::addColumn<int>("layers");
    QTest::newRow("encoder, whole image") << false << false << 2;
    QTest::newRow("encoder, visible patches") << false << true << 2;
    QTest::newRow("decoder") << true << true << 1;
}

void TestInferenceDesk::attentionIsThatOfAllLayers() {
    QFETCH(bool, decoder);
    QFETCH(bool, masked);
    QFETCH(int, layers);
    InferenceDesk desk;
    AttentionMapsQuestion asked{.model = place(12), .sample = DataSample{data_, 1}, .mask = {}, .query = {}};
    asked.network = decoder ? AskedNetwork::Decoder : AskedNetwork::Encoder;
    std::vector<std::uint8_t> hidden(16, 0);
    hidden[0] = hidden[9] = 1;
    if (masked) asked.mask = hidden;
    asked.query = 4;
    const auto answer = answerTo(desk.attentions(), desk.ask(asked));
    QVERIFY2(answer && answer->problem.empty(), answer ? answer->problem.c_str() : "no answer");
    const AttentionRecord& record = answer->record;
    QCOMPARE(record.network, std::string(decoder ? "decoder" : "encoder"));
    QCOMPARE(record.layers, std::int64_t{layers});
    QCOMPARE(record.patches(), std::int64_t{16});
    for (std::int64_t layer = 0; layer < record.layers; ++layer)
        for (std::int64_t head = 0; head < record.heads; ++head) {
            double sum = record.prefixWeights[record.headIndex(layer, head)];
            for (std::int64_t patch = 0; patch < 16; ++patch) {
                const float weight = record.head(layer, head)[patch];
                const bool unseen = masked && !decoder && hidden[static_cast<std::size_t>(patch)] != 0;
                QCOMPARE(std::isnan(weight), unseen);
                if (!unseen) sum += weight;
            }
            QVERIFY(std::abs(sum - 1.0) < 1e-5);
        }
}

void TestInferenceDesk::featuresBecomeColours() {
    InferenceDesk desk;
    FeatureColorsQuestion asked{.model = place(12), .sample = DataSample{data_, 1}, .mask = {}, .layer = {}};
    const auto last = answerTo(desk.features(), desk.ask(asked));
    asked.layer = 0;
    const auto first = answerTo(desk.features(), desk.ask(asked));
    QVERIFY2(last->problem.empty() && first->problem.empty(), last->problem.c_str());
    QCOMPARE(last->record.layer, std::int64_t{1});
    QCOMPARE(last->record.colors.size(), std::size_t{48});
    QVERIFY(last->record.colors != first->record.colors);
    asked.network = AskedNetwork::Decoder;
    const auto decoder = answerTo(desk.features(), desk.ask(asked));
    QVERIFY2(decoder->problem.empty(), decoder->problem.c_str());
    QCOMPARE(decoder->record.network, std::string("decoder"));
}

void TestInferenceDesk::embeddingsTellOfEverySample() {
    InferenceDesk desk;
    const auto all = answerTo(desk.embeddings(), desk.ask(EmbeddingQuestion{place(12), openImages(runs_.data() / "train"), {}}));
    QVERIFY2(all && all->problem.empty(), all ? all->problem.c_str() : "no answer");
    QCOMPARE(all->record.points.size(), std::size_t{40});
    QCOMPARE(all->record.points[17].sample, std::int64_t{17});
    QCOMPARE(desk.work().latest()->total, std::int64_t{40});
    const auto some = answerTo(desk.embeddings(), desk.ask(EmbeddingQuestion{place(12), data_, {4, 2}}));
    QCOMPARE(some->record.points.size(), std::size_t{2});
    QCOMPARE(some->record.points[0].sample, std::int64_t{4});
    QVERIFY(!some->record.classes.empty());
}

void TestInferenceDesk::leaksAreLookedFor() {
    InferenceDesk desk;
    const auto answer = answerTo(desk.leaks(), desk.ask(LeaksQuestion{place(12), data_, {}}));
    QVERIFY2(answer->problem.empty(), answer->problem.c_str());
    QCOMPARE(answer->step, std::int64_t{12});
    QVERIFY(!answer->record.leaks);
    QCOMPARE(answer->record.findings.size(), std::size_t{1});
    QVERIFY(answer->record.findings[0].kind == HealthFinding::Kind::Good);
    QVERIFY(!answerTo(desk.leaks(), desk.ask(LeaksQuestion{place(12), nullptr, {}}))->problem.empty());
}

void TestInferenceDesk::theNewestQuestionWins() {
    InferenceDesk desk;
    std::uint64_t last = 0;
    for (int i = 0; i < 200; ++i) {
        ReconstructionQuestion asked = question(place(4));
        asked.mask = DrawnMask{{}, static_cast<std::uint64_t>(i)};
        const std::uint64_t generation = desk.ask(asked);
        QVERIFY(generation > last);
        last = generation;
    }
    QVERIFY(answerTo(desk.reconstructions(), last) != nullptr);
    QVERIFY2(desk.reconstructions().count() < 100, "questions that nobody waits for any more are not answered");
}

void TestInferenceDesk::kindsDoNotReplaceEachOther() {
    InferenceDesk desk;
    const auto embedding = desk.ask(EmbeddingQuestion{place(12), openImages(runs_.data() / "train"), {}});
    const auto reconstruction = desk.ask(question(place(12)));
    const auto attention = desk.ask(AttentionMapsQuestion{.model = place(12), .sample = DataSample{data_, 1}, .mask = {}, .query = {}});
    QVERIFY(answerTo(desk.reconstructions(), reconstruction));
    QVERIFY(answerTo(desk.attentions(), attention));
    QVERIFY(answerTo(desk.embeddings(), embedding));
}

void TestInferenceDesk::whatIsCancelledGivesNoAnswer() {
    for (int i = 0; i < 10; ++i) {
        InferenceDesk desk;  // has no model open yet, so that it is at work for a while
        desk.ask(EmbeddingQuestion{place(12), openImages(runs_.data() / "train"), {}});
        desk.ask(question(place(4)));
        std::this_thread::sleep_for(std::chrono::microseconds(200 * i));
        desk.cancel();
        const std::uint64_t before = desk.reconstructions().count() + desk.embeddings().count();
        std::this_thread::sleep_for(30ms);
        QCOMPARE(desk.reconstructions().count() + desk.embeddings().count(), before);
        QVERIFY(answerTo(desk.reconstructions(), desk.ask(question(place(8)))));  // it goes on
    }
}

void TestInferenceDesk::problemsAreAnswersToo_data() {
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("words");
    QTest::newRow("a step without a checkpoint") << 0 << "there are 0, 4, 8, 12";
    QTest::newRow("a run that has gone") << 1 << "gone";
    QTest::newRow("no weights yet") << 2 << "published";
    QTest::newRow("a mask of another grid") << 3 << "9";
    QTest::newRow("no picture") << 4 << "picture";
    QTest::newRow("no data set") << 5 << "data set";
}

void TestInferenceDesk::problemsAreAnswersToo() {
    QFETCH(int, which);
    QFETCH(QString, words);
    ReconstructionQuestion asked = question(place(which == 0 ? 5 : 4));
    if (which == 1) asked.model = CheckpointPlace{runs_.path("gone"), 4};
    if (which == 2) asked.model = std::shared_ptr<const PublishedWeights>();
    if (which == 3) asked.mask = std::vector<std::uint8_t>(9, 1);
    if (which == 4) asked.sample = std::shared_ptr<const DecodedImage>();
    if (which == 5) asked.sample = DataSample{};
    InferenceDesk desk;
    const auto answer = answerTo(desk.reconstructions(), desk.ask(asked));
    QVERIFY(answer);
    QVERIFY2(QString::fromStdString(answer->problem).contains(words), answer->problem.c_str());
    QVERIFY(answerTo(desk.reconstructions(), desk.ask(question(place(4))))->problem.empty());  // it goes on
}

void TestInferenceDesk::modelsStayOpenAndReplacedCheckpointsAreReadAgain() {
    OpenModels models(2);
    InferenceSession* first = &models.checkpoint(runs_.path("run"), 4).session;
    models.checkpoint(runs_.path("run"), 8);
    QCOMPARE(&models.checkpoint(runs_.path("run"), 4).session, first);
    models.checkpoint(runs_.path("run"), 12);  // 8 goes, it was asked longest ago
    QCOMPARE(models.count(), std::size_t{2});
    QCOMPARE(&models.checkpoint(runs_.path("run"), 4).session, first);
    const fs::path state = runs_.path("run") / "checkpoints" / "step-4" / "state.json";
    fs::last_write_time(state, fs::last_write_time(state) + 1s);
    models.checkpoint(runs_.path("run"), 12);
    models.checkpoint(runs_.path("run"), 4);
    QCOMPARE(models.checkpoint(runs_.path("run"), std::nullopt).step, std::int64_t{12});
}

void TestInferenceDesk::aDeskGoesAtOnce() {
    const auto start = std::chrono::steady_clock::now();
    {
        InferenceDesk desk;
        desk.ask(EmbeddingQuestion{place(12), openImages(runs_.data() / "train"), std::vector<std::int64_t>(100'000, 1)});
        desk.ask(question(place(12)));
    }
    QVERIFY(std::chrono::steady_clock::now() - start < 5s);
}

void TestInferenceDesk::aFilmHasAFrameForEveryCheckpoint() {
    std::vector<std::int64_t> told;
    const auto answers = shootFilm({runs_.path("run"), DataSample{data_, 2}, DrawnMask{{}, 3}, {}},
                                   [&](std::int64_t done, std::int64_t) { told.push_back(done); }, {});
    QCOMPARE(answers.size(), std::size_t{4});
    QCOMPARE(told, (std::vector<std::int64_t>{1, 2, 3, 4}));
    for (const auto& answer : answers) QCOMPARE(imageOf(answer).hidden, imageOf(answers.front()).hidden);
    QVERIFY(imageOf(answers.front()).composite.pixels != imageOf(answers.back()).composite.pixels);
    const std::vector<Image> frames = filmFrames(answers);
    writeFilm(runs_.path("film.gif"), frames, 0.2);
    writeFilm(runs_.path("film"), frames, 0.2);
    QCOMPARE(readFile(runs_.path("film.gif")).substr(0, 6), std::string("GIF89a"));
    QVERIFY(fs::exists(runs_.path("film") / "frame-0003.png"));
    QCOMPARE(shootFilm({runs_.path("run"), DataSample{data_, 2}, DrawnMask{{}, 3}, {4, 12}}, {}, {}).size(), std::size_t{2});
    std::stop_source stopped;
    stopped.request_stop();
    QVERIFY_EXCEPTION_THROWN(shootFilm({runs_.path("run"), DataSample{data_, 2}, DrawnMask{{}, 3}, {}}, {}, stopped.get_token()), StoppedError);
}

void TestInferenceDesk::aForecastIsMeasured() {
    const TrainingRequest request = runs_.request();
    const Forecast forecast = forecastRun(request, {});
    QCOMPARE(forecast.steps, std::int64_t{40});
    QVERIFY(forecast.stepSeconds > 0.0 && forecast.totalSeconds > 40 * forecast.stepSeconds);
    QVERIFY(forecast.peakBytes == 0.0 || forecast.peakBytes > 1e7);
    Trainer::start(runs_.path("forecast"), request, {}, {})->run(1, {});
    double bytes = 0.0;
    for (const char* file : {"model.safetensors", "optimizer.safetensors"})
        bytes += static_cast<double>(fs::file_size(runs_.path("forecast") / "checkpoints" / "step-1" / file));
    QVERIFY2(std::abs(forecast.checkpointBytes / bytes - 1.0) < 0.25, qPrintable(QString::number(forecast.checkpointBytes / bytes)));
    QVERIFY(forecast.diskBytes >= 2 * forecast.checkpointBytes);
    TrainingRequest wrong = request;
    wrong.data = runs_.path("nowhere");
    QVERIFY_EXCEPTION_THROWN(forecastRun(wrong, {}), Error);
}

MASKSCOPE_TEST(TestInferenceDesk)
#include "tst_inference_desk.moc"
