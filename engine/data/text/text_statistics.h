#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "data/text/text_dataset.h"

namespace maskscope {

/// What `inspect` says about texts.
struct TextStatistics {
    std::int64_t samples = 0, unlabelled = 0;
    std::map<std::string, std::int64_t> classes;  // samples of each
    std::int64_t bytes = 0, characters = 0;
    std::int64_t words = 0, distinctWords = 0;  // as splitWords cuts them
};

/// @throws StoppedError
TextStatistics textStatistics(const TextDataset& dataset, const std::stop_token& stop);

}  // namespace maskscope
