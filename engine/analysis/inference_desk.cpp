#include "analysis/inference_desk.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <variant>

#include <c10/util/Exception.h>

#include "analysis/checkup.h"
#include "analysis/respondent.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKinds = 6, kQuickKinds = 4;  // embeddings and check-ups wait for the quick ones

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A question that waits, or that is being worked on.
struct Pending {
    std::uint64_t generation = 0;
    Clock::time_point asked;
    double workSeconds = 0.0;
    std::variant<ReconstructionQuestion, AttentionMapsQuestion, FeatureColorsQuestion, LeaksQuestion, EmbeddingWork, CheckupWork> what;
};

}  // namespace

struct InferenceDesk::State {
    template <typename Question>
    std::uint64_t ask(Question question, std::size_t kind) {
        const std::lock_guard lock(mutex);
        const std::uint64_t generation = ++lastGeneration;
        newest[kind] = generation;
        pending[kind] = Pending{generation, Clock::now(), 0.0, std::move(question)};
        wake.notify_one();
        return generation;
    }

    // On the desk's thread.
    void run(const std::stop_token& stop);
    std::optional<Pending> next(const std::stop_token& stop);
    void work(Respondent& respondent, Pending job);
    template <typename Question>
    void answerOnce(Respondent& respondent, Pending& job, const Question& question);
    template <typename Work>
    void goOn(Respondent& respondent, Pending& job, Work& work);

    /// Hands out an answer unless a newer question of its kind has come, or it was cancelled.
    template <typename Record>
    void post(Mailbox<Answer<Record>>& box, Answer<Record> answer, std::size_t kind) {
        const std::lock_guard lock(mutex);
        if (newest[kind] == answer.generation) box.put(std::make_shared<const Answer<Record>>(std::move(answer)));
    }

    Mailbox<Answer<ReconstructionRecord>>& box(const ReconstructionQuestion&) { return reconstructions; }
    Mailbox<Answer<AttentionRecord>>& box(const AttentionMapsQuestion&) { return attentions; }
    Mailbox<Answer<FeatureRecord>>& box(const FeatureColorsQuestion&) { return features; }
    Mailbox<Answer<LeakRecord>>& box(const LeaksQuestion&) { return leaks; }
    Mailbox<Answer<EmbeddingRecord>>& box(const EmbeddingWork&) { return embeddings; }
    Mailbox<Answer<CheckupRecord>>& box(const CheckupWork&) { return checkups; }

    Mailbox<Answer<ReconstructionRecord>> reconstructions;
    Mailbox<Answer<AttentionRecord>> attentions;
    Mailbox<Answer<FeatureRecord>> features;
    Mailbox<Answer<LeakRecord>> leaks;
    Mailbox<Answer<EmbeddingRecord>> embeddings;
    Mailbox<Answer<CheckupRecord>> checkups;
    Mailbox<WorkRecord> progress;

    std::mutex mutex;  // guards all below
    std::condition_variable_any wake;
    std::uint64_t lastGeneration = 0;
    std::array<std::uint64_t, kKinds> newest{};
    std::array<std::optional<Pending>, kKinds> pending;

    std::jthread thread;  // last: it ends before the rest goes
};

namespace {

/// Runs `make` and turns what it throws into a problem that the answer carries. The third of the places where errors end.
template <typename Record, typename Make>
void fill(Answer<Record>& answer, Make make) {
    try {
        answer.record = make();
        answer.step = answer.record.step;
    } catch (const c10::Error& error) {
        answer.problem = error.what_without_backtrace();
    } catch (const std::bad_alloc&) {
        answer.problem = "out of memory; close other runs or choose a smaller model";
    } catch (const std::exception& error) {
        answer.problem = error.what();
    }
}

}  // namespace

void InferenceDesk::State::run(const std::stop_token& stop) {
    Respondent respondent;
    while (auto job = next(stop)) work(respondent, std::move(*job));
}

/// Waits for a question: of the quick ones the one asked first; without any, the one of the others asked first.
std::optional<Pending> InferenceDesk::State::next(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    const auto waiting = [this] { return std::any_of(pending.begin(), pending.end(), [](const auto& job) { return job.has_value(); }); };
    if (!wake.wait(lock, stop, waiting) || stop.stop_requested()) return std::nullopt;
    const auto firstOf = [this](std::size_t begin, std::size_t end) {
        std::size_t chosen = kKinds;
        for (std::size_t kind = begin; kind < end; ++kind)
            if (pending[kind] && (chosen == kKinds || pending[kind]->generation < pending[chosen]->generation)) chosen = kind;
        return chosen;
    };
    const std::size_t quick = firstOf(0, kQuickKinds);
    return std::exchange(pending[quick < kKinds ? quick : firstOf(kQuickKinds, kKinds)], std::nullopt);
}

void InferenceDesk::State::work(Respondent& respondent, Pending job) {
    std::visit(
        [&](auto& question) {
            using Question = std::decay_t<decltype(question)>;
            if constexpr (std::is_same_v<Question, EmbeddingWork> || std::is_same_v<Question, CheckupWork>)
                goOn(respondent, job, question);
            else
                answerOnce(respondent, job, question);
        },
        job.what);
}

template <typename Question>
void InferenceDesk::State::answerOnce(Respondent& respondent, Pending& job, const Question& question) {
    using Record = decltype(respondent.answer(respondent.open(question.model), question));
    const Clock::time_point start = Clock::now();
    Answer<Record> answer{.generation = job.generation};
    fill(answer, [&] { return respondent.answer(respondent.open(question.model), question); });
    answer.workSeconds = secondsSince(start);
    answer.seconds = secondsSince(job.asked);
    post(box(question), std::move(answer), job.what.index());
}

template <typename Work>
void InferenceDesk::State::goOn(Respondent& respondent, Pending& job, Work& work) {
    using Record = decltype(respondent.finish(respondent.open(work.question.model), work));
    const Clock::time_point start = Clock::now();
    const std::size_t kind = job.what.index();
    Answer<Record> answer{.generation = job.generation};
    bool done = true;
    fill(answer, [&] {
        const OpenModels::Model model = respondent.open(work.question.model);
        // Also when a newer one appears on the way
        if (auto* place = std::get_if<CheckpointPlace>(&work.question.model)) place->step = model.step;
        done = respondent.goOn(model, work);
        return done ? respondent.finish(model, work) : Record();
    });
    job.workSeconds += secondsSince(start);
    if (done || !answer.problem.empty()) {
        answer.workSeconds = job.workSeconds;
        answer.seconds = secondsSince(job.asked);
        return post(box(work), std::move(answer), kind);
    }
    progress.put(std::make_shared<const WorkRecord>(work.progress()));
    const std::lock_guard lock(mutex);
    if (newest[kind] == job.generation) pending[kind] = std::move(job);
}

InferenceDesk::InferenceDesk() : state_(std::make_unique<State>()) {
    state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

InferenceDesk::~InferenceDesk() = default;

std::uint64_t InferenceDesk::ask(ReconstructionQuestion question) { return state_->ask(std::move(question), 0); }
std::uint64_t InferenceDesk::ask(AttentionMapsQuestion question) { return state_->ask(std::move(question), 1); }
std::uint64_t InferenceDesk::ask(FeatureColorsQuestion question) { return state_->ask(std::move(question), 2); }
std::uint64_t InferenceDesk::ask(LeaksQuestion question) { return state_->ask(std::move(question), 3); }
std::uint64_t InferenceDesk::ask(EmbeddingQuestion question) { return state_->ask(EmbeddingWork{std::move(question), {}, {}, 0}, 4); }
std::uint64_t InferenceDesk::ask(CheckupQuestion question) { return state_->ask(CheckupWork{std::move(question), {}, {}, {}, 0}, 5); }

void InferenceDesk::cancel() {
    const std::lock_guard lock(state_->mutex);
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        state_->pending[kind].reset();
        state_->newest[kind] = ++state_->lastGeneration;
    }
}

const Mailbox<Answer<ReconstructionRecord>>& InferenceDesk::reconstructions() const { return state_->reconstructions; }
const Mailbox<Answer<AttentionRecord>>& InferenceDesk::attentions() const { return state_->attentions; }
const Mailbox<Answer<FeatureRecord>>& InferenceDesk::features() const { return state_->features; }
const Mailbox<Answer<LeakRecord>>& InferenceDesk::leaks() const { return state_->leaks; }
const Mailbox<Answer<EmbeddingRecord>>& InferenceDesk::embeddings() const { return state_->embeddings; }
const Mailbox<Answer<CheckupRecord>>& InferenceDesk::checkups() const { return state_->checkups; }
const Mailbox<WorkRecord>& InferenceDesk::work() const { return state_->progress; }

}  // namespace maskscope
