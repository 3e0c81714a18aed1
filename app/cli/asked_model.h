#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "analysis/run_session.h"
#include "snapshot/identity_card.h"

namespace maskscope::cli {

/// What --run, --step, --model and --size say.
struct AskedModel {
    std::string run, model;  // one of the two
    std::optional<std::int64_t> step;
    std::string size;  // "224x320"; empty: the model's own
};

/// Opens a run or a checkpoint of another program; the latter knows no step and no recipe of a run.
/// @throws UsageError, FileError, DataError
RunSession openAsked(const AskedModel& asked);

/// Facts stay in the order of the card.
nlohmann::ordered_json cardJson(const IdentityCard& card);
/// A card as lines on stdout. @param card  as cardJson gives it
void printCard(const nlohmann::ordered_json& card);

}  // namespace maskscope::cli
