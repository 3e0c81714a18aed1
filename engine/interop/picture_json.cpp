#include "interop/picture_json.h"

#include <nlohmann/json.hpp>

namespace maskscope {
namespace {

using nlohmann::json;

json jsonOf(const ImagePicture& picture) {
    return {{"rows", picture.rows}, {"columns", picture.columns}, {"hidden", picture.hidden}, {"patch_loss", picture.patchLoss}};
}

json jsonOf(const TokensPicture& picture) {
    json tokens = json::array();
    for (const TokensPicture::Token& token : picture.tokens) {
        json one{{"text", token.text}, {"hidden", token.hidden}, {"special", token.special}};
        if (token.hidden) one["shown"] = token.shown;
        if (!token.guesses.empty()) {
            one["probability"] = token.trueProbability;
            one["guesses"] = json::array();
            for (const TokensPicture::Guess& guess : token.guesses)
                one["guesses"].push_back({{"text", guess.text}, {"probability", guess.probability}});
        }
        tokens.push_back(std::move(one));
    }
    return {{"tokens", std::move(tokens)}};
}

json jsonOf(const GraphPicture& picture) {
    json nodes = json::array(), edges = json::array();
    for (const GraphPicture::Node& node : picture.nodes) {
        json one{{"x", node.x}, {"y", node.y}, {"label", node.label}, {"hidden", node.hidden}};
        if (!node.predicted.empty()) one["predicted"] = node.predicted;
        if (node.hidden) one["loss"] = node.loss;
        nodes.push_back(std::move(one));
    }
    for (const GraphPicture::Edge& edge : picture.edges) {
        json one{{"from", edge.from}, {"to", edge.to}, {"label", edge.label}, {"hidden", edge.hidden}};
        if (!edge.predicted.empty()) one["predicted"] = edge.predicted;
        edges.push_back(std::move(one));
    }
    return {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}

}  // namespace

json pictureJson(const Picture& picture) {
    return std::visit([](const auto& form) { return jsonOf(form); }, picture);
}

}  // namespace maskscope
