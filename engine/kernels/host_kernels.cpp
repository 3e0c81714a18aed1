#include "kernels/device_kernels.h"

namespace maskscope {
namespace {

void sortTokens(const TokenSorting& sorting) {
    for (std::int64_t row = 0; row < sorting.rows; ++row) {
        const std::int64_t first = row * sorting.tokens;
        std::int64_t* const lists[2] = {sorting.visible + first, sorting.hidden + first};
        std::int64_t* const counts = sorting.counts + 2 * row;
        counts[0] = counts[1] = 0;
        for (std::int64_t i = 0; i < sorting.tokens; ++i) {
            if (sorting.exists != nullptr && !sorting.exists[first + i]) continue;
            const int list = sorting.hides[first + i] ? 1 : 0;
            lists[list][counts[list]++] = i;
        }
    }
}

}  // namespace

const DeviceKernels& hostKernels() {
    static constexpr DeviceKernels kKernels{DeviceKernels::kVersion, sortTokens};
    return kKernels;
}

}  // namespace maskscope
