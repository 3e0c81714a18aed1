#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/image.h"

namespace maskscope {

/// One sample as a model fills it in, in the form that its domain is looked at. Masks: 1 = hidden.

/// An image on a grid of patches. Without a prediction, only original and masked are there; where what is predicted is no pixels, its picture
/// is `prediction`, and composite, error and losses are missing.
struct ImagePicture {
    Image original, masked;
    bool seenWhole = false;        // `masked` is what the network saw all over the image, such as a filtered one: no picture with holes
    Image prediction;              // hidden patches only where the loss counts only those
    Image composite;               // visible patches of the original, hidden ones of the prediction
    Image error;                   // absolute difference of original and composite in viridis
    std::optional<Image> leaking;  // the composite from the true patch statistics: to be labelled LEAKS
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint8_t> hidden;  // rows * columns
    std::vector<float> patchLoss;      // rows * columns: mean squared error in [-1, 1] units; 0 where visible; empty without predicted pixels

    /// What a recipe shows beside, on the same grid of patches but of any size: the target that is no pixels, a map, a spectrum.
    struct Extra {
        std::string name;  // "target", "difficulty": files are called so
        Image image;
    };
    std::vector<Extra> extras;
};

/// A text of tokens, padding left out.
struct TokensPicture {
    struct Guess {
        std::string text;
        double probability = 0.0;
    };
    struct Token {
        std::string text;  // the true token as people read it; a leading space belongs to it
        bool hidden = false;
        bool special = false;          // class, separator: never hidden
        std::string shown;             // what the model saw in its place; the mask's name, or another token
        std::vector<Guess> guesses;    // most probable first; empty where nothing was predicted
        double trueProbability = 0.0;  // of the true token, where it was predicted
    };
    std::vector<Token> tokens;
};

/// A graph with its nodes placed in the unit square.
struct GraphPicture {
    struct Node {
        double x = 0.0, y = 0.0;
        bool hidden = false;
        std::string label;      // "degree 3", the node type
        std::string predicted;  // the same for what the model says; empty where nothing was predicted
        double loss = 0.0;      // of a hidden node
    };
    struct Edge {
        std::int64_t from = 0, to = 0;  // indices into nodes
        bool hidden = false;
        std::string label, predicted;
    };
    std::vector<Node> nodes;
    std::vector<Edge> edges;
};

using Picture = std::variant<ImagePicture, TokensPicture, GraphPicture>;

}  // namespace maskscope
