#include "masks/mask_schedule.h"

#include <cmath>
#include <numbers>

namespace maskscope {

const std::vector<std::string>& maskSchedules() {
    static const std::vector<std::string> names{"cosine", "square", "cubic", "linear", "square_root"};
    return names;
}

double scheduledShare(const std::string& schedule, double progress) {
    if (schedule == "cosine") return std::cos(progress * std::numbers::pi / 2.0);
    if (schedule == "square") return 1.0 - progress * progress;
    if (schedule == "cubic") return 1.0 - progress * progress * progress;
    return schedule == "linear" ? 1.0 - progress : 1.0 - std::sqrt(progress);
}

}  // namespace maskscope
