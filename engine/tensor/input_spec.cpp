#include "tensor/input_spec.h"

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

template <typename Form>
const Form& require(const InputSpec& input, const char* who, const char* needed) {
    if (const Form* form = std::get_if<Form>(&input.form)) return *form;
    throw RecipeError(fmt::format("{} needs input.kind = \"{}\", but the recipe's is \"{}\"; choose another component or another input", who, needed,
                                  input.kind()));
}

}  // namespace

const char* InputSpec::kind() const {
    constexpr const char* kKinds[] = {"image", "text", "graph", "audio", "series"};
    return kKinds[form.index()];
}

const ImageInput& InputSpec::image(const char* who) const { return require<ImageInput>(*this, who, "image"); }
const TextInput& InputSpec::text(const char* who) const { return require<TextInput>(*this, who, "text"); }
const GraphInput& InputSpec::graph(const char* who) const { return require<GraphInput>(*this, who, "graph"); }
const AudioInput& InputSpec::audio(const char* who) const { return require<AudioInput>(*this, who, "audio"); }
const SeriesInput& InputSpec::series(const char* who) const { return require<SeriesInput>(*this, who, "series"); }

}  // namespace maskscope
