#include "app/gui/bridge/question_desk.h"

namespace maskscope {
namespace {

constexpr int kPollMs = 8;
constexpr qint64 kIdleMs = 60'000;  // nothing takes longer: then the polling ends

}  // namespace

QuestionDesk::QuestionDesk(QObject* parent) : QObject(parent) {
    timer_.setInterval(kPollMs);
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &QuestionDesk::poll);
}

QuestionDesk::~QuestionDesk() = default;

std::uint64_t QuestionDesk::ask(ReconstructionQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

std::uint64_t QuestionDesk::ask(AttentionMapsQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

std::uint64_t QuestionDesk::ask(FeatureColorsQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

std::uint64_t QuestionDesk::ask(LeaksQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

std::uint64_t QuestionDesk::ask(EmbeddingQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

std::uint64_t QuestionDesk::ask(CheckupQuestion question) {
    watch();
    return desk_.ask(std::move(question));
}

void QuestionDesk::cancel() { desk_.cancel(); }

void QuestionDesk::watch() {
    idle_.start();
    if (!timer_.isActive()) timer_.start();
}

void QuestionDesk::poll() {
    if (const auto answer = desk_.reconstructions().newerThan(reconstructionsSeen_)) Q_EMIT reconstructed(answer);
    if (const auto answer = desk_.attentions().newerThan(attentionsSeen_)) Q_EMIT attended(answer);
    if (const auto answer = desk_.features().newerThan(featuresSeen_)) Q_EMIT coloured(answer);
    if (const auto answer = desk_.leaks().newerThan(leaksSeen_)) Q_EMIT leaksChecked(answer);
    if (const auto answer = desk_.embeddings().newerThan(embeddingsSeen_)) Q_EMIT embedded(answer);
    if (const auto answer = desk_.checkups().newerThan(checkupsSeen_)) Q_EMIT examined(answer);
    if (idle_.elapsed() > kIdleMs) timer_.stop();
}

}  // namespace maskscope
