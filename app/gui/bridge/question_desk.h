#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <memory>

#include "analysis/inference_desk.h"

namespace maskscope {

/// Asks an InferenceDesk and tells the answers by signals. Answers to questions that were replaced never come.
class QuestionDesk : public QObject {
    Q_OBJECT

public:
    explicit QuestionDesk(QObject* parent = nullptr);
    ~QuestionDesk() override;

    std::uint64_t ask(ReconstructionQuestion question);
    std::uint64_t ask(AttentionMapsQuestion question);
    std::uint64_t ask(FeatureColorsQuestion question);
    std::uint64_t ask(LeaksQuestion question);
    std::uint64_t ask(EmbeddingQuestion question);
    std::uint64_t ask(CheckupQuestion question);
    void cancel();

Q_SIGNALS:
    void reconstructed(std::shared_ptr<const maskscope::Answer<maskscope::ReconstructionRecord>> answer);
    void attended(std::shared_ptr<const maskscope::Answer<maskscope::AttentionRecord>> answer);
    void coloured(std::shared_ptr<const maskscope::Answer<maskscope::FeatureRecord>> answer);
    void leaksChecked(std::shared_ptr<const maskscope::Answer<maskscope::LeakRecord>> answer);
    void embedded(std::shared_ptr<const maskscope::Answer<maskscope::EmbeddingRecord>> answer);
    void examined(std::shared_ptr<const maskscope::Answer<maskscope::CheckupRecord>> answer);

private:
    void watch();
    void poll();

    InferenceDesk desk_;
    QTimer timer_;
    QElapsedTimer idle_;
    std::uint64_t reconstructionsSeen_ = 0, attentionsSeen_ = 0, featuresSeen_ = 0, leaksSeen_ = 0, embeddingsSeen_ = 0, checkupsSeen_ = 0;
};

}  // namespace maskscope
