#include "cuda/sort_tokens.h"

namespace maskscope::cuda {
namespace {

constexpr int kThreads = 256, kLanes = 32, kWarps = kThreads / kLanes;

/// A block a row. Each turn takes a token a thread; a token's place is the number of its kind in earlier turns, in earlier warps
/// of this turn, and in earlier lanes of its warp, so that order stays.
__global__ void sortRow(TokenSorting sorting) {
    __shared__ int found[2][kWarps];
    const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * sorting.tokens;
    const int lane = static_cast<int>(threadIdx.x) % kLanes, warp = static_cast<int>(threadIdx.x) / kLanes;
    std::int64_t* const lists[2] = {sorting.visible + first, sorting.hidden + first};
    std::int64_t done[2] = {0, 0};
    for (std::int64_t start = 0; start < sorting.tokens; start += kThreads) {
        const std::int64_t i = start + threadIdx.x;
        const bool exists = i < sorting.tokens && (sorting.exists == nullptr || sorting.exists[first + i]);
        const int kind = exists && sorting.hides[first + i] ? 1 : 0;
        const unsigned votes[2] = {__ballot_sync(0xffffffffU, exists && kind == 0), __ballot_sync(0xffffffffU, exists && kind == 1)};
        if (lane < 2) found[lane][warp] = __popc(votes[lane]);
        __syncthreads();
        std::int64_t place = done[kind] + __popc(votes[kind] & ((1U << lane) - 1U));
        for (int before = 0; before < warp; ++before) place += found[kind][before];
        if (exists) lists[kind][place] = i;
        for (int each = 0; each < kWarps; ++each) {
            done[0] += found[0][each];
            done[1] += found[1][each];
        }
        __syncthreads();
    }
    if (threadIdx.x < 2) sorting.counts[2 * static_cast<std::int64_t>(blockIdx.x) + threadIdx.x] = done[threadIdx.x];
}

}  // namespace

void sortTokens(const TokenSorting& sorting, cudaStream_t stream) {
    if (sorting.rows > 0) sortRow<<<static_cast<unsigned>(sorting.rows), kThreads, 0, stream>>>(sorting);
}

}  // namespace maskscope::cuda
