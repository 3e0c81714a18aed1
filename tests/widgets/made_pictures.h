#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "snapshot/picture.h"

namespace maskscope::testing {

inline Image flatImage(int width, int height, std::uint8_t value, int channels = 3) {
    return {
        width, height, channels,
        std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels), value)};
}

/// An original of 200, rebuilt as 150 by the model and as 190 from true statistics; each patch is `patchPx` pixels wide and high.
inline ImagePicture madePicture(int rows, int columns, const std::vector<std::uint8_t>& hidden, bool leaking = true, int patchPx = 8) {
    ImagePicture picture;
    const int width = columns * patchPx, height = rows * patchPx;
    picture.original = flatImage(width, height, 200);
    picture.masked = flatImage(width, height, 128);
    picture.prediction = flatImage(width, height, 150);
    picture.composite = picture.original;
    Image leaked = picture.original;
    picture.rows = rows;
    picture.columns = columns;
    picture.hidden = hidden;
    picture.patchLoss.assign(hidden.size(), 0.0F);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto patch = static_cast<std::size_t>(y / patchPx * columns + x / patchPx);
            if (hidden[patch] == 0) continue;
            picture.patchLoss[patch] = 0.25F;
            for (std::size_t c = 0; c < 3; ++c) {
                picture.composite.pixels[picture.composite.offset(x, y) + c] = 150;
                leaked.pixels[leaked.offset(x, y) + c] = 190;
            }
        }
    if (leaking) picture.leaking = leaked;
    return picture;
}

/// "[CLS] to be or not": "be" hidden and guessed right, "or" hidden and guessed wrong, "not" hidden and not guessed.
inline TokensPicture madeText() {
    using Token = TokensPicture::Token;
    TokensPicture text;
    text.tokens.push_back(Token{.text = "[CLS]", .special = true});
    text.tokens.push_back(Token{.text = "to"});
    text.tokens.push_back(
        Token{.text = " be", .hidden = true, .shown = "[MASK]", .guesses = {{" be", 0.75}, {" do", 0.25}}, .trueProbability = 0.75});
    text.tokens.push_back(
        Token{.text = " or", .hidden = true, .shown = "[MASK]", .guesses = {{" and", 0.5}, {" or", 0.25}}, .trueProbability = 0.25});
    text.tokens.push_back(Token{.text = " not", .hidden = true, .shown = "[MASK]"});
    return text;
}

/// Four nodes in the corners: visible, hidden and right, hidden and wrong, hidden without an answer.
inline GraphPicture madeGraph() {
    GraphPicture graph;
    graph.nodes = {{.x = 0, .y = 0, .hidden = false, .label = "carbon", .predicted = ""},
                   {.x = 1, .y = 0, .hidden = true, .label = "carbon", .predicted = "carbon", .loss = 0.25},
                   {.x = 0, .y = 1, .hidden = true, .label = "oxygen", .predicted = "carbon", .loss = 1.5},
                   {.x = 1, .y = 1, .hidden = true, .label = "oxygen", .predicted = ""}};
    graph.edges = {{.from = 0, .to = 1, .hidden = false, .label = "", .predicted = ""},
                   {.from = 2, .to = 3, .hidden = true, .label = "", .predicted = ""},
                   {.from = 2, .to = 9, .hidden = false, .label = "", .predicted = ""}};  // to a node that is not there
    return graph;
}

inline std::shared_ptr<const Picture> shared(Picture picture) { return std::make_shared<const Picture>(std::move(picture)); }

}  // namespace maskscope::testing
