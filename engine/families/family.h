#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"
#include "families/model_config.h"
#include "families/model_weights.h"
#include "interop/named_tensors.h"
#include "snapshot/identity_card.h"

namespace maskscope {

/// A checkpoint of another program, brought into our terms.
struct ForeignModel {
    Value recipe;          // the method that it is, without a schedule
    NamedTensors weights;  // by the names of a composed method's state
};

/// What a model is asked with: tensors by the argument names of its Hugging Face forward ("pixel_values", "noise").
class ForwardInputs {
public:
    explicit ForwardInputs(NamedTensors tensors) : tensors_(std::move(tensors)) {}

    /// @throws DataError if there is none of this name
    at::Tensor require(std::string_view name);
    /// Undefined if there is none of this name.
    at::Tensor find(std::string_view name);
    /// @throws DataError for the first tensor that nobody asked for
    void refuseUnread() const;

private:
    NamedTensors tensors_;
    std::set<std::string, std::less<>> read_;
};

/// A model of another program, built from our components, that answers with the names of that program. For one thread.
class FamilyModel {
public:
    virtual ~FamilyModel() = default;

    /// Everything that the model's class would return with hidden states and attentions on, float32, evaluation mode: loss, logits,
    /// last_hidden_state, hidden_states.0, attentions.0, ... Models of timm: features, pre_logits, logits. Runs without gradients.
    /// @throws DataError for inputs that are missing or do not fit
    virtual NamedTensors forward(ForwardInputs& inputs) = 0;
    /// What it is, without source and lists of tensors, which openFamilyModel fills in.
    virtual IdentityCard card() const = 0;
    /// The recipe that it is an instance of, and its weights under our names, for everything that works on methods. None where no
    /// method can hold it; the card says why.
    /// @param size  of the images, for which positions are resized; none: as the config says
    virtual std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const = 0;
};

struct Family {
    std::string name;                     // "vit_mae"
    std::vector<std::string> modelTypes;  // values of config.json's model_type that it answers to, or beginnings of timm's architecture
    enum class Layout { Transformers, Timm } layout = Layout::Transformers;
    /// @throws DataError if config or weights cannot be honoured
    std::unique_ptr<FamilyModel> (*open)(ModelConfig& config, ModelWeights& weights);
};

/// Every family that there is.
const std::vector<Family>& families();

/// A model with its card.
struct OpenedModel {
    std::unique_ptr<FamilyModel> model;
    IdentityCard card;
};

/// Opens a folder (config.json beside weights, in the layout of Hugging Face transformers or of timm) or a file of weights alone,
/// which is recognised by the names of its tensors.
/// @throws FileError, DataError with what was found and what could be opened
OpenedModel openFamilyModel(const std::filesystem::path& place);
/// The same for a config and weights that were read. @throws DataError
OpenedModel openFamilyModel(ModelConfig config, ModelWeights weights);

/// Asks a model. @throws DataError for inputs that are missing, unknown or do not fit
NamedTensors runForward(FamilyModel& model, NamedTensors inputs);

}  // namespace maskscope
