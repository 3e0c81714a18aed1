#pragma once

#include <string>
#include <vector>

namespace maskscope {

/// How the share of tokens that is hidden falls from 1 to 0 while a picture is decoded, the functions gamma of Chang et al., MaskGIT, CVPR 2022,
/// Sec. 3.3. Concave ones hide much for long: cosine (the paper's choice), square, cubic. Then linear, and the convex square_root.
const std::vector<std::string>& maskSchedules();

/// @param schedule  one of maskSchedules()   @param progress  0..1   @return gamma(progress), 1 at 0 and 0 at 1, falling
double scheduledShare(const std::string& schedule, double progress);

}  // namespace maskscope
