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
    std::int64_t patchHeight = 0, patchWidth = 0;  // pixels; they divide height and width unless patches overlap
    std::vector<double> mean, std;                 // a channel, in units of the [0, 1] pixel range
    std::int64_t rowStride = 0, columnStride = 0;  // pixels from one patch to the next; 0: patches touch

    /// Whether patches share pixels, or leave some out, so that they cannot be put together to an image again.
    bool overlaps() const { return (rowStride > 0 && rowStride != patchHeight) || (columnStride > 0 && columnStride != patchWidth); }
    std::int64_t gridRows() const { return placesAlong(height, patchHeight, rowStride); }
    std::int64_t gridColumns() const { return placesAlong(width, patchWidth, columnStride); }
    /// N, the number of patches.
    std::int64_t patches() const { return gridRows() * gridColumns(); }
    /// Values in one patch: patchHeight * patchWidth * channels.
    std::int64_t patchValues() const { return patchHeight * patchWidth * channels; }

private:
    static std::int64_t placesAlong(std::int64_t side, std::int64_t patch, std::int64_t stride) {
        return side < patch ? 0 : (side - patch) / (stride > 0 ? stride : patch) + 1;
    }
};

/// Sequences of token numbers 0..vocabulary - 1, padded to one length.
struct TextInput {
    std::string tokenizer = "bytes";  // bytes | bpe
    std::int64_t vocabulary = 0;      // V, special tokens included
    std::int64_t length = 0;          // N, tokens a sample at most, special tokens included
    std::int64_t padding = 0, classToken = 1, separator = 2, maskToken = 3, unknown = 4;
    std::int64_t firstContent = 5;  // tokens from here on stand for text

    /// Codes of a tokenizer, V of them, and one more number for whatever stands in for a code: the mask, or the start.
    static TextInput codes(std::int64_t codes, std::int64_t places) {
        return {.tokenizer = "codes",
                .vocabulary = codes + 1,
                .length = places,
                .padding = -1,
                .classToken = codes,
                .separator = codes,
                .maskToken = codes,
                .unknown = codes,
                .firstContent = 0};
    }
    /// Numbers that stand for text or codes.
    std::int64_t contents() const { return vocabulary - firstContent - (maskToken >= firstContent ? 1 : 0); }
};

/// Graphs with attributes on nodes and, where there are some, on edges.
struct GraphInput {
    std::int64_t nodeFeatures = 0;  // F, values a node; 0: as many as the data have
    std::int64_t edgeFeatures = 0;  // A, values an edge; 0: as many as the data have
    bool categorical = false;       // attributes are one-hot kinds, so that they can be predicted as codes
};

/// Waveforms of one channel, cut into overlapping frames.
struct AudioInput {
    std::int64_t rate = 16000;  // samples a second
    std::int64_t samples = 0;   // a waveform
    std::int64_t window = 400;  // samples that a frame sees
    std::int64_t hop = 320;     // samples from one frame to the next

    /// N, the number of frames.
    std::int64_t frames() const { return samples < window ? 0 : (samples - window) / hop + 1; }
};

/// Several series of numbers over the same times, each cut into patches.
struct SeriesInput {
    std::int64_t channels = 1;  // C, the number of series
    std::int64_t length = 0;    // T, times
    std::int64_t patch = 16;    // times in a patch
    std::int64_t stride = 0;    // times from one patch to the next; 0: patches touch

    std::int64_t step() const { return stride > 0 ? stride : patch; }
    /// Patches of one series; the last ends with the series, the first times may belong to none.
    std::int64_t patches() const { return length < patch ? 0 : (length - patch) / step() + 1; }
};

/// What a recipe feeds its networks.
struct InputSpec {
    std::variant<ImageInput, TextInput, GraphInput, AudioInput, SeriesInput> form;

    /// "image", "text", "graph", "audio", "series": the recipe's input.kind.
    const char* kind() const;
    /// The input as the kind that a component needs. @param who  "encoder 'vit'", for the message
    /// @throws RecipeError if it is of another kind
    const ImageInput& image(const char* who) const;
    const TextInput& text(const char* who) const;
    const GraphInput& graph(const char* who) const;
    const AudioInput& audio(const char* who) const;
    const SeriesInput& series(const char* who) const;

    /// Whether sizes are left to the data, so that no network can be made yet.
    bool isOpen() const {
        const GraphInput* graph = ifGraph();
        return graph != nullptr && graph->nodeFeatures == 0;
    }

    const ImageInput* ifImage() const { return std::get_if<ImageInput>(&form); }
    const TextInput* ifText() const { return std::get_if<TextInput>(&form); }
    const GraphInput* ifGraph() const { return std::get_if<GraphInput>(&form); }
    const AudioInput* ifAudio() const { return std::get_if<AudioInput>(&form); }
    const SeriesInput* ifSeries() const { return std::get_if<SeriesInput>(&form); }
};

}  // namespace maskscope
