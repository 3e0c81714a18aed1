#include "families/speech_family.h"

#include "families/opened_vit.h"
#include "families/speech_body.h"
#include "families/speech_tasks.h"

namespace maskscope {
namespace {

class SpeechModel : public FamilyModel {
public:
    SpeechModel(SpeechKind kind, ModelConfig& config, ModelWeights& weights)
        : body_(kind, config, weights), task_(makeSpeechTask(body_, config, weights)) {}

    NamedTensors forward(ForwardInputs& inputs) override {
        const SpeechBody::Answer heard = body_.hear(inputs, task_->takesMask());
        NamedTensors outputs;
        task_->answer(body_, heard, inputs, outputs);
        addStates(outputs, heard.features);
        return outputs;
    }
    IdentityCard card() const override {
        IdentityCard card = body_.card();
        task_->describe(card);
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& /*size*/) const override { return std::nullopt; }

private:
    SpeechBody body_;
    std::unique_ptr<SpeechTask> task_;
};

}  // namespace

std::unique_ptr<FamilyModel> openWav2Vec2(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<SpeechModel>(SpeechKind::Wav2Vec2, config, weights);
}
std::unique_ptr<FamilyModel> openHubert(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<SpeechModel>(SpeechKind::Hubert, config, weights);
}
std::unique_ptr<FamilyModel> openData2VecAudio(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<SpeechModel>(SpeechKind::Data2VecAudio, config, weights);
}

}  // namespace maskscope
