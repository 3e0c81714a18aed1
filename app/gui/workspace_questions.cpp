#include <algorithm>
#include <array>
#include <limits>

#include "app/gui/workspace.h"

namespace maskscope {
namespace {

constexpr double kPatienceSeconds = 0.3;  // for one pinned image; where codes are guessed one by one, the wall grows image by image

template <typename Record>
QString problemOf(const Answer<Record>& answer) {
    return QString::fromStdString(answer.problem);
}

std::shared_ptr<const Picture> pictureAt(const std::shared_ptr<const ProbeRecord>& record, int index) {
    // Shares the record: no copy of pixels
    return {record, &record->pictures[static_cast<std::size_t>(index)]};
}

/// The checkpoints at which two runs are compared: the newest step up to a limit that both kept, else the newest of each.
std::array<std::optional<qint64>, 2> lockstep(const OpenRun& first, const OpenRun& second, qint64 limit) {
    std::vector<qint64> common;
    std::set_intersection(first.checkpoints.begin(), first.checkpoints.end(), second.checkpoints.begin(), second.checkpoints.end(),
                          std::back_inserter(common));
    const auto beyond = std::upper_bound(common.begin(), common.end(), limit);
    if (beyond != common.begin()) return {*std::prev(beyond), *std::prev(beyond)};
    return {first.checkpointAt(limit), second.checkpointAt(limit)};
}

}  // namespace

ViewState Workspace::answeredState(qint64 step) const { return !following_ && step != cursor_ ? ViewState::stale(step) : ViewState::ready(); }

void Workspace::connectQuestions() {
    connect(&desk_, &QuestionDesk::reconstructed, this, [this](const std::shared_ptr<const Answer<ReconstructionRecord>>& answer) {
        if (answer->generation != pictureAsked_) return;
        if (!answer->problem.empty()) return Q_EMIT pictureStateChanged(ViewState::failed(tr("The model gives no answer here"), problemOf(*answer)));
        Q_EMIT pictureStateChanged(answeredState(answer->step));
        showPicture({answer, &answer->record.picture}, answer->step, answer->seconds * 1000.0);
    });
    connect(&wallDesk_, &QuestionDesk::reconstructed, this, [this](const std::shared_ptr<const Answer<ReconstructionRecord>>& answer) {
        if (answer->generation != wallAsked_) return;
        if (!answer->problem.empty())
            return Q_EMIT wallStateChanged(ViewState::failed(tr("The pinned images cannot be filled in"), problemOf(*answer)));
        wallGrowing_.push_back(answer->record.picture);
        if (wallGrowing_.size() < samples_.size()) {
            if (answer->seconds > kPatienceSeconds) Q_EMIT wallChanged(std::make_shared<const std::vector<Picture>>(wallGrowing_), answer->step);
            return askNextOfWall();
        }
        Q_EMIT wallStateChanged(answeredState(answer->step));
        Q_EMIT wallChanged(std::make_shared<const std::vector<Picture>>(wallGrowing_), answer->step);
    });
    connect(&desk_, &QuestionDesk::attended, this, [this](const std::shared_ptr<const Answer<AttentionRecord>>& answer) {
        Q_EMIT attentionChanged(answer->problem.empty() ? std::shared_ptr<const AttentionRecord>(answer, &answer->record) : nullptr,
                                problemOf(*answer));
    });
    connect(&desk_, &QuestionDesk::coloured, this, [this](const std::shared_ptr<const Answer<FeatureRecord>>& answer) {
        Q_EMIT featuresChanged(answer->problem.empty() ? std::shared_ptr<const FeatureRecord>(answer, &answer->record) : nullptr);
    });
    connect(&desk_, &QuestionDesk::leaksChecked, this, [this](const std::shared_ptr<const Answer<LeakRecord>>& answer) {
        Q_EMIT leaksChecked(answer->problem.empty() ? std::shared_ptr<const LeakRecord>(answer, &answer->record) : nullptr, problemOf(*answer));
    });
    connect(&desk_, &QuestionDesk::embedded, this, [this](const std::shared_ptr<const Answer<EmbeddingRecord>>& answer) {
        Q_EMIT embeddingChanged(answer->problem.empty() ? std::shared_ptr<const EmbeddingRecord>(answer, &answer->record) : nullptr,
                                problemOf(*answer));
    });
}

std::optional<qint64> Workspace::cursor() const {
    if (current_ == nullptr) return std::nullopt;
    return following_ ? current_->step : cursor_;
}

void Workspace::setCursor(qint64 step) {
    cursor_ = step;
    following_ = false;
    Q_EMIT cursorChanged();
    ask();
}

void Workspace::setFollowing(bool following) {
    if (following == following_) return;
    following_ = following;
    if (current_ != nullptr) cursor_ = current_->step;
    Q_EMIT cursorChanged();
    ask();
}

void Workspace::setCurrentSample(int index) {
    if (index < 0 || index >= static_cast<int>(samples_.size()) || index == sample_) return;
    sample_ = index;
    mask_.clear();
    shownMask_.clear();
    query_.reset();
    Q_EMIT currentSampleChanged(index);
    if (reading_ != nullptr && data_ != nullptr) dataDesk_.preview(data_, samples_[static_cast<std::size_t>(index)], *reading_, project_.seed);
    ask();
}

void Workspace::setMask(const std::vector<std::uint8_t>& hidden) {
    mask_ = hidden;
    askPicture();
    askComparison();
}

void Workspace::fillMask(const QString& strategy, double ratio) {
    if (reading_ != nullptr) dataDesk_.fillMask(strategy, ratio, *reading_, ++fills_);
}

void Workspace::setWanted(std::set<Want> topics) {
    if (topics == wanted_) return;
    wanted_ = std::move(topics);
    session_.setProbesWanted(isWanted(Want::Stage) || isWanted(Want::Wall));
    ask();
}

void Workspace::setQuery(std::optional<qint64> patch) {
    query_ = patch;
    askAttention();
}

void Workspace::setNetwork(AskedNetwork network) {
    network_ = network;
    askAttention();
}

void Workspace::drawMasks(const MaskLabRequest& request) {
    if (reading_ != nullptr) dataDesk_.drawMasks(request, *reading_);
}

std::optional<AskedModel> Workspace::askedModel(const OpenRun* run) const {
    if (run == nullptr) return looksAtCheckpoint() ? std::optional<AskedModel>(checkpoint_->weights) : std::nullopt;
    if (isLive(run) && following_ && session_.isActive()) {
        if (session_.weights() != nullptr) return session_.weights();
        return std::nullopt;  // they come with the next step
    }
    const auto step = run->checkpointAt(following_ ? std::numeric_limits<qint64>::max() : cursor_);
    if (!step) return std::nullopt;
    return CheckpointPlace{run->id.toStdString(), *step};
}

AskedMask Workspace::askedMask(int sample) const {
    if (sample == sample_ && hasOwnMask()) return mask_;
    return PinnedMask{};  // as the run itself validates it
}

bool Workspace::showsLiveProbes() const {
    return isLive(current_) && following_ && !hasOwnMask() && session_.probes() != nullptr &&
           sample_ < static_cast<int>(session_.probes()->pictures.size());
}

/// The picture on the stage: two runs in comparison, and films, are asked about its mask.
void Workspace::showPicture(const std::shared_ptr<const Picture>& picture, qint64 step, double answerMs) {
    const auto* image = std::get_if<ImagePicture>(picture.get());
    std::vector<std::uint8_t> mask = image == nullptr ? std::vector<std::uint8_t>() : image->hidden;
    const bool isOther = mask != shownMask_;
    shownMask_ = std::move(mask);
    Q_EMIT pictureChanged(picture, step, answerMs);
    if (!isOther) return;
    askComparison();
    askOverTime();
}

void Workspace::showLiveProbes() {
    const auto& record = session_.probes();
    if (record == nullptr || !following_ || !isLive(current_)) return;
    if (showsLiveProbes()) {
        Q_EMIT pictureStateChanged(ViewState::ready());
        showPicture(pictureAt(record, sample_), record->step, -1.0);
    }
    Q_EMIT wallStateChanged(ViewState::ready());
    Q_EMIT wallChanged({record, &record->pictures}, record->step);
}

void Workspace::ask() {
    session_.setWeightsWanted(isLive(current_) && following_ && (isWanted(Want::Attention) || isWanted(Want::Embedding) || !showsLiveProbes()));
    askPicture();
    askWall();
    askAttention();
    askEmbedding();
    askComparison();
    askOverTime();
    askCheckup();
}

void Workspace::askPicture() {
    session_.setWeightsWanted(isLive(current_) && following_ && (isWanted(Want::Attention) || !showsLiveProbes()));
    if (showsLiveProbes()) return showLiveProbes();
    if (samples_.empty()) {
        if (problem().isEmpty()) Q_EMIT pictureStateChanged(ViewState::waiting());
        return;
    }
    const auto model = askedModel(current_);
    if (!model || !fillsIn()) {
        if (reading_ != nullptr && data_ != nullptr) dataDesk_.preview(data_, samples_[static_cast<std::size_t>(sample_)], *reading_, project_.seed);
        return;
    }
    Q_EMIT pictureStateChanged(ViewState::waiting(cursor().value_or(-1)));
    const ShownSample& sample = samples_[static_cast<std::size_t>(sample_)];
    pictureAsked_ = desk_.ask(ReconstructionQuestion{*model, DataSample{sample.data, sample.sample}, askedMask(sample_)});
}

void Workspace::askWall() {
    if (!isWanted(Want::Wall)) return;
    if (isLive(current_) && following_ && session_.probes() != nullptr) return showLiveProbes();
    if (!fillsIn()) return Q_EMIT wallStateChanged(cannotFillIn());
    wallModel_ = askedModel(current_);
    if (samples_.empty() || !wallModel_ || (isLive(current_) && following_ && session_.isActive())) {
        Q_EMIT wallStateChanged(!wallModel_ && (current_ == nullptr || current_->checkpoints.empty())
                                    ? ViewState::empty(tr("The pinned images, as the newest model fills them in"),
                                                       tr("They appear once training runs."), current_ == nullptr ? tr("Start") : QString())
                                    : ViewState::waiting());
        return;
    }
    wallGrowing_.clear();
    askNextOfWall();
}

void Workspace::askNextOfWall() {
    const std::size_t done = wallGrowing_.size();
    if (!wallModel_ || done >= samples_.size()) return;
    Q_EMIT wallStateChanged(ViewState::waiting(cursor().value_or(-1), static_cast<double>(done) / static_cast<double>(samples_.size())));
    wallAsked_ =
        wallDesk_.ask(ReconstructionQuestion{*wallModel_, DataSample{samples_[done].data, samples_[done].sample}, askedMask(static_cast<int>(done))});
}

void Workspace::askAttention() {
    if (!isWanted(Want::Attention) || samples_.empty()) return;
    const auto model = askedModel(current_);
    if (!model) return;
    const ShownSample& sample = samples_[static_cast<std::size_t>(sample_)];
    const DataSample asked{sample.data, sample.sample};
    std::optional<AskedMask> mask;
    if (network_ == AskedNetwork::Decoder) mask = askedMask(sample_);
    desk_.ask(AttentionMapsQuestion{.model = *model, .sample = asked, .network = network_, .mask = mask, .query = query_, .rollout = true});
    desk_.ask(FeatureColorsQuestion{.model = *model, .sample = asked, .network = network_, .mask = mask, .layer = std::nullopt});
}

void Workspace::askEmbedding() {
    if (!isWanted(Want::Embedding) || data_ == nullptr) return;
    if (const auto model = askedModel(current_)) desk_.ask(EmbeddingQuestion{*model, data_->validation, {}});
}

void Workspace::checkLeaks() {
    const auto model = askedModel(current_);
    if (!model || data_ == nullptr) return Q_EMIT leaksChecked(nullptr, tr("There is no model to check yet: start training, or open a run."));
    desk_.ask(LeaksQuestion{*model, data_->validation, {}});
}

void Workspace::compare(const QString& first, const QString& second) {
    if (first == comparedIds_[0] && second == comparedIds_[1]) return askComparison();
    for (int side = 0; side < 2; ++side) {
        comparedPictures_[side].reset();
        comparedSteps_[side] = -1;
        compareAsked_[side] = 0;
    }
    comparedIds_[0] = first;
    comparedIds_[1] = second;
    askComparison();
}

void Workspace::askComparison() {
    if (!isWanted(Want::Compare) || samples_.empty() || find(comparedIds_[0]) == nullptr || find(comparedIds_[1]) == nullptr) return;
    const ShownSample& sample = samples_[static_cast<std::size_t>(sample_)];
    const auto steps = lockstep(*find(comparedIds_[0]), *find(comparedIds_[1]), following_ ? std::numeric_limits<qint64>::max() : cursor_);
    const AskedMask mask = hasOwnMask() || shownMask_.empty() ? askedMask(sample_) : AskedMask(shownMask_);
    for (int side = 0; side < 2; ++side) {
        if (!steps[static_cast<std::size_t>(side)]) continue;
        const CheckpointPlace model{comparedIds_[side].toStdString(), *steps[static_cast<std::size_t>(side)]};
        if (compareDesks_[side] == nullptr) {
            compareDesks_[side] = std::make_unique<QuestionDesk>();
            connect(compareDesks_[side].get(), &QuestionDesk::reconstructed, this,
                    [this, side](const std::shared_ptr<const Answer<ReconstructionRecord>>& answer) {
                        if (answer->generation != compareAsked_[side]) return;
                        if (!answer->problem.empty()) return say(problemOf(*answer), StatusLine::Tone::Warning);
                        comparedPictures_[side] = {answer, &answer->record.picture};
                        comparedSteps_[side] = answer->step;
                        Q_EMIT compared(comparedIds_[0], comparedPictures_[0], comparedSteps_[0], comparedIds_[1], comparedPictures_[1],
                                        comparedSteps_[1]);
                    });
        }
        compareAsked_[side] = compareDesks_[side]->ask(ReconstructionQuestion{model, DataSample{sample.data, sample.sample}, mask});
    }
}

}  // namespace maskscope
