#pragma once

#include <c10/core/Device.h>

namespace maskscope {

/// Bytes of this process that lie in memory now; 0 where the system does not say.
double residentBytes();
/// The most that lay in memory since the process began, or since forgetPeakResident().
double peakResidentBytes();
/// Starts peakResidentBytes() anew. @return false where the system does not allow it
bool forgetPeakResident();

/// Bytes that LibTorch has allocated on a GPU now; 0 for the CPU.
double deviceBytes(c10::Device device);

}  // namespace maskscope
