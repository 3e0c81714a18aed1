#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/asked.h"
#include "core/mailbox.h"
#include "snapshot/attention.h"
#include "snapshot/checkup.h"
#include "snapshot/features.h"
#include "snapshot/leaks.h"
#include "snapshot/reconstruction.h"
#include "snapshot/records.h"

namespace maskscope {

struct ReconstructionQuestion {
    AskedModel model;
    AskedSample sample;
    AskedMask mask;
};

/// Which network is looked into: the encoder of the first pass, or the head that draws what is hidden.
enum class AskedNetwork { Encoder, Decoder };

/// The encoder sees the whole image unless a mask is given; a decoder is always asked under a mask, the recipe's own unless
/// another is given.
struct AttentionMapsQuestion {
    AskedModel model;
    AskedSample sample;
    AskedNetwork network = AskedNetwork::Encoder;
    std::optional<AskedMask> mask;
    std::optional<std::int64_t> query;  // patch number; none: the class token, or the mean over patches
    bool rollout = true;
};

/// The whole image for an encoder; a decoder is asked as above.
struct FeatureColorsQuestion {
    AskedModel model;
    AskedSample sample;
    AskedNetwork network = AskedNetwork::Encoder;
    std::optional<AskedMask> mask;      // decoder only
    std::optional<std::int64_t> layer;  // block, counted from 0; none: after the last norm
};

/// Whether what the recipe hides of samples reaches its predictions, see inference/leak_check.h.
struct LeaksQuestion {
    AskedModel model;
    std::shared_ptr<const Dataset> data;
    std::vector<std::int64_t> samples;  // empty: up to 16 spread evenly
};

struct EmbeddingQuestion {
    AskedModel model;
    std::shared_ptr<const Dataset> data;
    std::vector<std::int64_t> samples;  // empty: up to 1,000 spread evenly
};

/// Feature statistics and, where samples have classes, what the features are worth for telling them apart.
struct CheckupQuestion {
    AskedModel model;
    std::shared_ptr<const Dataset> data;
    std::vector<std::int64_t> samples;  // empty: all
};

/// What came of a question.
template <typename Record>
struct Answer {
    std::uint64_t generation = 0;  // the number that asking returned
    double seconds = 0.0;          // from asking to answer
    double workSeconds = 0.0;      // of that, the desk's own work
    std::int64_t step = 0;         // of the weights that answered
    Record record;                 // empty where there is a problem
    std::string problem;           // why there is no answer, and what to do; empty: there is one
};

/// Answers questions about models on a thread of its own, while training goes on elsewhere. Questions of one kind replace each
/// other: the newest wins, and one that is being worked on when a newer one of its kind arrives gives no answer. Kinds take
/// turns. Errors become the answer's `problem`. All functions may be called from any thread and return at once.
///
/// The last few models stay open, so that going back and forth between steps costs no second reading; weights that were
/// published for the same recipe go into the same model. Embeddings and check-ups take a while and hold up the other kinds
/// for one batch of images at a time.
class InferenceDesk {
public:
    static constexpr std::size_t kOpenModels = 4;

    InferenceDesk();
    /// Drops what is asked and waits for the batch under way.
    ~InferenceDesk();
    InferenceDesk(const InferenceDesk&) = delete;
    InferenceDesk& operator=(const InferenceDesk&) = delete;

    /// @return the question's generation: rising over all kinds, above 0
    std::uint64_t ask(ReconstructionQuestion question);
    std::uint64_t ask(AttentionMapsQuestion question);
    std::uint64_t ask(FeatureColorsQuestion question);
    std::uint64_t ask(LeaksQuestion question);
    std::uint64_t ask(EmbeddingQuestion question);
    std::uint64_t ask(CheckupQuestion question);

    /// Drops everything that is asked; what is being worked on gives no answer.
    void cancel();

    const Mailbox<Answer<ReconstructionRecord>>& reconstructions() const;
    const Mailbox<Answer<AttentionRecord>>& attentions() const;
    const Mailbox<Answer<FeatureRecord>>& features() const;
    const Mailbox<Answer<LeakRecord>>& leaks() const;
    const Mailbox<Answer<EmbeddingRecord>>& embeddings() const;
    const Mailbox<Answer<CheckupRecord>>& checkups() const;
    /// How far the embedding or check-up under way is.
    const Mailbox<WorkRecord>& work() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace maskscope
