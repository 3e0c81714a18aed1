#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace maskscope {

/// Images of one size, cut into patches.
struct ImageInput {
    std::int64_t channels = 3;
    std::int64_t height = 0, width = 0;            // pixels
    std::int64_t patchHeight = 0, patchWidth = 0;  // pixels; they divide height and width
    std::vector<double> mean, std;                 // a channel, in units of the [0, 1] pixel range

    std::int64_t gridRows() const { return height / patchHeight; }
    std::int64_t gridColumns() const { return width / patchWidth; }
    /// N, the number of patches.
    std::int64_t patches() const { return gridRows() * gridColumns(); }
    /// Values in one patch: patchHeight * patchWidth * channels.
    std::int64_t patchValues() const { return patchHeight * patchWidth * channels; }
};

/// Sequences of token numbers 0..vocabulary - 1, padded to one length.
struct TextInput {
    std::string tokenizer = "bytes";  // bytes | bpe
    std::int64_t vocabulary = 0;      // V, special tokens included
    std::int64_t length = 0;          // N, tokens a sample at most, special tokens included
    std::int64_t padding = 0, classToken = 1, separator = 2, maskToken = 3, unknown = 4;
    std::int64_t firstContent = 5;  // tokens from here on stand for text
};

/// Graphs with attributes on nodes and, where there are some, on edges.
struct GraphInput {
    std::int64_t nodeFeatures = 0;  // F, values a node; 0: as many as the data have
    std::int64_t edgeFeatures = 0;  // A, values an edge; 0: as many as the data have
    bool categorical = false;       // attributes are one-hot kinds, so that they can be predicted as codes
};

/// What a recipe feeds its networks.
struct InputSpec {
    std::variant<ImageInput, TextInput, GraphInput> form;

    /// "image", "text", "graph": the recipe's input.kind.
    const char* kind() const;
    /// The input as the kind that a component needs. @param who  "encoder 'vit'", for the message
    /// @throws RecipeError if it is of another kind
    const ImageInput& image(const char* who) const;
    const TextInput& text(const char* who) const;
    const GraphInput& graph(const char* who) const;

    /// Whether sizes are left to the data, so that no network can be made yet.
    bool isOpen() const {
        const GraphInput* graph = ifGraph();
        return graph != nullptr && graph->nodeFeatures == 0;
    }

    const ImageInput* ifImage() const { return std::get_if<ImageInput>(&form); }
    const TextInput* ifText() const { return std::get_if<TextInput>(&form); }
    const GraphInput* ifGraph() const { return std::get_if<GraphInput>(&form); }
};

}  // namespace maskscope
