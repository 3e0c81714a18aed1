#include "analysis/respondent.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "analysis/attention_record.h"
#include "analysis/feature_record.h"
#include "analysis/leak_record.h"
#include "core/error.h"
#include "data/split.h"

namespace maskscope {
namespace {

constexpr std::size_t kEmbeddingPart = 32;                          // samples between two looks for other questions
constexpr std::int64_t kEmbeddedSamples = 1000, kLeakSamples = 16;  // where nobody says which
constexpr std::uint64_t kLeakSeed = 1;

const char* nameOf(AskedNetwork network) { return network == AskedNetwork::Encoder ? "encoder" : "decoder"; }

struct Looked {
    MaskPlan plan;
    Features features;
};

Looked look(InferenceSession& session, const View& view, AskedNetwork network, const std::optional<AskedMask>& mask, const Taps& taps) {
    Looked looked;
    if (network == AskedNetwork::Decoder) {
        looked.plan = planOf(session, view, mask.value_or(DrawnMask()));
        looked.features = session.headFeatures(view, looked.plan, taps);
    } else {
        if (mask) looked.plan = planOf(session, view, *mask);
        looked.features = session.features(view, looked.plan, taps);
    }
    return looked;
}

}  // namespace

OpenModels::Model Respondent::open(const AskedModel& model) {
    if (const auto* weights = std::get_if<std::shared_ptr<const PublishedWeights>>(&model)) {
        if (*weights == nullptr) throw UsageError("no weights were published yet; ask again after the next step");
        return models_.published(*weights);
    }
    const auto& place = std::get<CheckpointPlace>(model);
    return models_.checkpoint(place.run, place.step);
}

ReconstructionRecord Respondent::answer(const OpenModels::Model& model, const ReconstructionQuestion& question) const {
    const View view = viewOf(model.session, question.sample);
    Reconstruction filled = model.session.reconstruct(view, planOf(model.session, view, question.mask));
    return {.step = model.step, .picture = std::move(filled.pictures.front()), .hiddenLoss = filled.hiddenLoss};
}

AttentionRecord Respondent::answer(const OpenModels::Model& model, const AttentionMapsQuestion& question) const {
    const View view = viewOf(model.session, question.sample);
    const Looked looked = look(model.session, view, question.network, question.mask, {.attentions = true});
    const TokenSplit* split = looked.features.dropped ? &looked.plan.split(model.session.spec().passes.front().corruption.role) : nullptr;
    return attentionRecord(looked.features, split, model.step, {nameOf(question.network), question.query, question.rollout});
}

FeatureRecord Respondent::answer(const OpenModels::Model& model, const FeatureColorsQuestion& question) const {
    const View view = viewOf(model.session, question.sample);
    const auto mask = question.network == AskedNetwork::Decoder ? question.mask : std::nullopt;
    const Looked looked = look(model.session, view, question.network, mask, {.layers = true});
    return featureRecord(looked.features, question.layer, model.step, nameOf(question.network));
}

LeakRecord Respondent::answer(const OpenModels::Model& model, const LeaksQuestion& question) const {
    if (question.data == nullptr) throw UsageError("there is no data set to look at; open one");
    const auto samples = question.samples.empty() ? evenlySpread(allSamples(*question.data), kLeakSamples) : question.samples;
    return leakRecord(model.session.findLeaks(model.session.domain().evaluationView(*question.data, samples, {}), kLeakSeed), model.step);
}

bool Respondent::goOn(const OpenModels::Model& model, EmbeddingWork& work) const {
    if (work.question.data == nullptr) throw UsageError("there is no data set to arrange; open one");
    std::vector<std::int64_t>& samples = work.question.samples;
    if (samples.empty()) samples = evenlySpread(allSamples(*work.question.data), kEmbeddedSamples);
    const std::size_t end = std::min(samples.size(), work.next + kEmbeddingPart);
    const std::vector<std::int64_t> part(samples.begin() + static_cast<std::ptrdiff_t>(work.next),
                                         samples.begin() + static_cast<std::ptrdiff_t>(end));
    if (!part.empty()) {
        const View view = model.session.domain().evaluationView(*work.question.data, part, {});
        work.features.push_back(model.session.pooledFeatures(view));
        work.kept.insert(work.kept.end(), view.sampleIds.begin(), view.sampleIds.end());
    }
    work.next = end;
    return end == samples.size();
}

EmbeddingRecord Respondent::finish(const OpenModels::Model& model, const EmbeddingWork& work) const {
    const Dataset& data = *work.question.data;
    if (work.features.empty()) throw DataError(fmt::format("{}: there is no sample to show", data.path()));
    std::vector<int> labels;
    for (const std::int64_t sample : work.kept) labels.push_back(static_cast<int>(data.label(sample)));
    EmbeddingRecord record = embeddingRecord(at::cat(work.features), work.kept, labels, model.step);
    record.classes = data.classNames();
    return record;
}

}  // namespace maskscope
