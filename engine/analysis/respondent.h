#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "analysis/checkup.h"
#include "analysis/inference_desk.h"
#include "analysis/open_models.h"

namespace maskscope {

/// An embedding that is made part by part.
struct EmbeddingWork {
    EmbeddingQuestion question;
    std::vector<std::int64_t> kept;    // samples that could be used
    std::vector<at::Tensor> features;  // [b, D] a part
    std::size_t next = 0;              // into question.samples

    WorkRecord progress() const {
        return {"features of the data set", static_cast<std::int64_t>(next), static_cast<std::int64_t>(question.samples.size())};
    }
};

/// What a desk's thread does: turns questions into records. One thread; errors are thrown.
class Respondent {
public:
    OpenModels::Model open(const AskedModel& model);

    ReconstructionRecord answer(const OpenModels::Model& model, const ReconstructionQuestion& question) const;
    AttentionRecord answer(const OpenModels::Model& model, const AttentionMapsQuestion& question) const;
    FeatureRecord answer(const OpenModels::Model& model, const FeatureColorsQuestion& question) const;

    LeakRecord answer(const OpenModels::Model& model, const LeaksQuestion& question) const;

    /// A part of the samples more. @return whether it was the last one
    bool goOn(const OpenModels::Model& model, EmbeddingWork& work) const;
    /// After the last part.
    EmbeddingRecord finish(const OpenModels::Model& model, const EmbeddingWork& work) const;

    bool goOn(const OpenModels::Model& model, CheckupWork& work) const { return maskscope::goOn(model.session, model.step, work); }
    CheckupRecord finish(const OpenModels::Model& model, const CheckupWork& work) const { return maskscope::finish(model.step, work); }

private:
    OpenModels models_{InferenceDesk::kOpenModels};
};

}  // namespace maskscope
