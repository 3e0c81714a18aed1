#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// What an opened checkpoint is and what can be done with it, in plain words.
struct IdentityCard {
    struct Fact {
        std::string name;   // "Input"
        std::string value;  // "224 x 224 pixels, 3 channels"
    };
    std::string title;                    // "ViT-MAE: 12 blocks of width 768"
    std::string family;                   // "vit_mae"
    std::string source;                   // the file or folder
    std::int64_t parameters = 0;          // numbers in the tensors that the model uses
    std::vector<Fact> facts;              // architecture, input, patch, normalisation, mask ratio, decoder, target, positions, ...
    std::vector<std::string> works;       // sentences: "It reconstructs images from a quarter of their patches."
    std::vector<std::string> worksNot;    // sentences with the reason
    std::vector<std::string> unexpected;  // tensors of the file that the model does not use
    std::vector<std::string> missing;     // tensors that the model would use and that the file lacks; it works without them

    void add(std::string name, std::string value) { facts.push_back({std::move(name), std::move(value)}); }
};

}  // namespace maskscope
