#include "masks/attention_mask.h"
#include "masks/autoregressive_mask.h"
#include "masks/block_mask.h"
#include "masks/file_mask.h"
#include "masks/frequency_mask.h"
#include "masks/grid_mask.h"
#include "masks/hard_mask.h"
#include "masks/inverse_block_mask.h"
#include "masks/mask_strategy.h"
#include "masks/mixture_mask.h"
#include "masks/multiblock_mask.h"
#include "masks/random_mask.h"
#include "masks/scheduled_mask.h"
#include "masks/span_mask.h"

namespace maskscope {

MaskRegistry makeMaskRegistry() {
    MaskRegistry registry("mask");
    registry.add<RandomMask>("random", 'B', "tokens, square units of tokens or whole words, drawn uniformly (MAE, SimMIM, BERT)");
    registry.add<BlockMask>("block", 'B', "rectangles of random size and aspect (BEiT)");
    registry.add<GridMask>("grid", 'B', "all but a regular pattern of tokens (MAE's grid-wise sampling)");
    registry.add<SpanMask>("span", 'B', "runs of neighbouring words or tokens, of geometric length (SpanBERT)");
    registry.add<ScheduledMask>("scheduled", 'B', "tokens drawn uniformly, of every sample another share (MaskGIT)");
    registry.add<InverseBlockMask>("inverse_block", 'A', "all but some square blocks (data2vec 2.0)");
    registry.add<MultiblockMask>("multiblock", 'A', "several blocks to predict, and a context without them (I-JEPA)");
    registry.add<AttentionMask>("attention", 'A', "what a teacher attends to most (AttMask)");
    registry.add<HardMask>("hard", 'A', "what is expected to be hard, more of it as training goes on (HPM)");
    registry.add<AutoregressiveMask>("autoregressive", 'B', "row by row: each token is predicted from those before it (iGPT)");
    registry.add<FrequencyMask>("frequency", 'B', "the low or the high frequencies of the image, by the draw (MFM)");
    registry.add<MixtureMask>("mixture", 'A', "places that show another sample of the batch, as the other shows this one (MixMAE)");
    registry.add<FileMask>("file", 'B', "what an image or a table in a file says");
    return registry;
}

}  // namespace maskscope
