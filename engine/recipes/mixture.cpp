#include "recipes/mixture.h"

#include "tensor/gather.h"

namespace maskscope {

Features ofOneSample(const Features& features, const Corruption& corruption, const TokenSplit* split) {
    if (corruption.kind != CorruptionKind::Mix || split == nullptr) return features;
    Features own = features;
    own.dropped = true;
    own.tokens = takeTokens(features.tokens, split->visible);
    own.places = split->visible;
    own.placesReal = split->visibleReal;
    return own;
}

}  // namespace maskscope
