#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "snapshot/attention.h"
#include "tensor/features.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// What to put into a record of attention.
struct AttentionAsked {
    std::string network = "encoder";
    std::optional<std::int64_t> query;  // patch number; none: the class token, or the mean over all queries where there is none
    bool rollout = true;
};

/// All layers and heads of a network for one query.
///
/// meanDistance: for every patch query the Euclidean distance on the patch grid to the patches that it looks at, weighted by the
/// attention among patches, then the mean over queries; tokens in a row count as a grid of one row, padding is left out (Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, App. D.7,
/// there in pixels). entropyBits: of a query's attention over all tokens, mean over patch queries.
/// @param features  of one image, tapped for attentions
/// @param split     of the mask, where the network saw visible tokens only; null otherwise
/// @throws UsageError if there is no attention, if the query does not exist or was hidden from the network;
///         ShapeError if the tokens lie neither on a plane nor in a row
AttentionRecord attentionRecord(const Features& features, const TokenSplit* split, std::int64_t step, const AttentionAsked& asked);

}  // namespace maskscope
