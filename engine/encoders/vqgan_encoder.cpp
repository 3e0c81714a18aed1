#include "encoders/vqgan_encoder.h"

#include <torch/torch.h>

#include "tensor/patches.h"

namespace maskscope {

VqganEncoder::Params VqganEncoder::Params::read(ParamReader& reader) {
    Params p;
    p.vocabulary = reader.integer("vocabulary", p.vocabulary, Range::atLeast(2), "entries of the codebook (V)");
    p.commitment = reader.number("commitment", p.commitment, Range::between(0, 100),
                                 "of the gradient of distances, what the latents get where the entries get 1");
    p.network = VqNetworkParams::read(reader);
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

VqganEncoder::VqganEncoder(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'vqgan'")) {
    params_.network = params.network.forInput(input_, "encoder 'vqgan'");
    network_ = register_module("network", std::make_shared<VqEncoder>(params_.network));
    codebook_ = register_module("codebook", std::make_shared<Codebook>(params.vocabulary, params.network.latentWidth, params.commitment));
}

Features VqganEncoder::forward(const View& view, const MaskPlan&, const Corruption&, const Taps&) {
    requireImages(view.pixels(), input_, "encoder 'vqgan'");
    const at::Tensor map = network_->forward(view.pixels());
    Features features;
    features.geometry = Geometry::grid(map.size(0), {map.size(2), map.size(3)});
    features.local = map.flatten(2).transpose(1, 2);
    features.vocabulary = codebook_->entries();
    const double share = params_.commitment;
    const at::Tensor committed = features.local * share + features.local.detach() * (1.0 - share);
    features.tokens = codebook_->distances(committed.flatten(0, 1)).neg().view({map.size(0), -1, params_.vocabulary});
    return features;
}

std::int64_t VqganEncoder::layerOf(const std::string& parameterName) const {
    for (const char* part : {"network.level", "network.down"})
        if (parameterName.starts_with(part)) return 1 + std::stoll(parameterName.substr(std::string(part).size()));
    return parameterName.starts_with("network.conv_in") ? 0 : depth() + 1;
}

}  // namespace maskscope
