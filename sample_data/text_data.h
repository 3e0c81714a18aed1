#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/random.h"

namespace maskscope {

struct TextDataOptions {
    int trainTexts = 3000, testTexts = 300;
    std::uint64_t seed = 1;
};

/// Writes small texts of a few sentences, one a line: train/texts.txt, test/texts.txt and manifest.toml. What a hidden word was follows
/// from its surroundings: who is meant by "it", numbers that agree, animals that do what they can. The bytes depend on the seed and on the
/// counts alone. A set that was written before is written anew.
/// @throws FileError if the folder cannot be written or holds other texts, UsageError for options out of range
void generateTextData(const std::filesystem::path& folder, const TextDataOptions& options = {});

namespace sample_data {

/// One text: some sentences about one animal, its number, its place.
std::string drawText(RandomStream random);

}  // namespace sample_data
}  // namespace maskscope
