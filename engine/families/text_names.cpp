#include "families/text_names.h"
#include "families/words.h"

#include <fmt/format.h>

namespace maskscope {

TransformerParams readTextTransformer(ModelConfig& config) {
    TransformerParams params;
    params.width = config.get<std::int64_t>("hidden_size", 768);
    params.depth = config.get<std::int64_t>("num_hidden_layers", 12);
    params.heads = config.get<std::int64_t>("num_attention_heads", 12);
    params.mlpWidth = config.get<std::int64_t>("intermediate_size", 3072);
    params.normEps = config.get<double>("layer_norm_eps", 1e-12);
    for (const auto& [key, value] : {std::pair{"hidden_size", params.width}, std::pair{"num_hidden_layers", params.depth},
                                     std::pair{"num_attention_heads", params.heads}, std::pair{"intermediate_size", params.mlpWidth}})
        if (value < 1) config.refuse(key, "a number above 0");
    if (params.width % params.heads != 0) config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size = {}", params.width));
    if (config.get<bool>("is_decoder", false)) config.refuse("is_decoder", "false: only encoders can be opened");
    return params;
}

void mapNorm(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const bool old = map.weights().has(theirs + ".gamma");
    map.move(ours + ".weight", theirs + (old ? ".gamma" : ".weight"));
    map.move(ours + ".bias", theirs + (old ? ".beta" : ".bias"));
}

void mapTextMaps(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const std::string attention = theirs + ".attention.self.";
    map.joinedLinear(ours + ".attn.qkv", {attention + "query", attention + "key", attention + "value"});
    map.linear(ours + ".attn.proj", theirs + ".attention.output.dense");
    map.linear(ours + ".fc1", theirs + ".intermediate.dense");
    map.linear(ours + ".fc2", theirs + ".output.dense");
}

void addTextFacts(IdentityCard& card, const TextInput& input, const TransformerParams& params, const std::string& positions) {
    card.add("Encoder", fmt::format("text transformer, {}, {} heads", blocksOf(params.depth, params.width), params.heads));
    card.add("Vocabulary", fmt::format("{} tokens", input.vocabulary));
    card.add("Positions", positions);
    card.worksNot.push_back("It runs on token numbers alone: its tokenizer is not read, so texts cannot be shown to it.");
}

}  // namespace maskscope
