#pragma once

#include <nlohmann/json_fwd.hpp>

#include "snapshot/picture.h"

namespace maskscope {

/// A picture of a text or a graph as JSON, member by member: {"tokens": [{"text", "hidden", ...}]}, {"nodes": [...], "edges":
/// [...]}. An image has no such form: its patches' losses and its mask alone are told.
nlohmann::json pictureJson(const Picture& picture);

}  // namespace maskscope
