#pragma once

#include <string>

#include "interop/named_tensors.h"

namespace maskscope {

/// Copies saved tensors into the tensors of the same names, bit by bit.
/// @param what  the subject of messages: "optimizer state"
/// @throws DataError for a name that is missing or unknown, and for a shape or dtype that differs; then nothing has changed
void copySaved(const NamedTensors& targets, const NamedTensors& saved, const std::string& what);

/// Lets tensors have the memory of the saved ones of the same names, perhaps of a mapped file: they must not be written to afterwards.
/// @throws as copySaved
void shareSaved(const NamedTensors& targets, const NamedTensors& saved, const std::string& what);

}  // namespace maskscope
