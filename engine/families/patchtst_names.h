#pragma once

#include "encoders/series_transformer.h"
#include "families/model_config.h"
#include "families/weight_map.h"
#include "tensor/input_spec.h"
#include "tensor/series.h"

namespace maskscope {

/// What a config of PatchTST says about series, encoder and scaling. @throws DataError
SeriesInput readSeriesInput(ModelConfig& config);
SeriesTransformer::Params readSeriesEncoder(ModelConfig& config);
SeriesScaling readSeriesScaling(ModelConfig& config);

/// The tensors of the encoder, below "encoder.".
void mapSeriesEncoder(WeightMap& map, const SeriesTransformer::Params& params, const SeriesInput& input);

}  // namespace maskscope
