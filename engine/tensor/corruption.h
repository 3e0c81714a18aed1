#pragma once

#include <cstdint>
#include <string>

namespace maskscope {

/// What happens to the hidden places of a mask. Drop: there is no token there. Sparse: there is none on any map of a convolutional
/// network; nothing is read there, nothing is written, and norms do not count it.
enum class CorruptionKind { None, Drop, Sparse, Token, Zero, Noise, Swap, Mix, Filter, Random };
/// Where in a network it happens.
enum class CorruptionPlace { Input, Embedding, Layer };

struct Corruption {
    CorruptionKind kind = CorruptionKind::None;
    CorruptionPlace place = CorruptionPlace::Embedding;
    std::int64_t layer = 0;       // for CorruptionPlace::Layer: before this block, counted from 0
    std::string role = "hidden";  // of the mask that says where
    /// CorruptionKind::Token: of the hidden places, the share that gets a random replacement, and the share that stays as it
    /// is (Devlin et al., BERT, NAACL 2019, Sec. 3.1: 0.1 and 0.1); the others get the mask token. Mask::chance decides.
    double randomShare = 0.0, keepShare = 0.0;

    /// Whether hidden places are missing in the features.
    bool leavesOut() const { return kind == CorruptionKind::Drop || kind == CorruptionKind::Sparse; }
    bool drawsChances() const { return randomShare > 0.0 || keepShare > 0.0; }
};

/// "drop", "token", ...; @throws RecipeError for an unknown word
CorruptionKind corruptionKind(const std::string& word);
std::string corruptionName(CorruptionKind kind);
std::string corruptionName(CorruptionPlace place);

}  // namespace maskscope
