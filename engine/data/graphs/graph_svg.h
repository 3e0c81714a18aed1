#pragma once

#include <string>

#include "snapshot/picture.h"

namespace maskscope {

/// Draws a graph as a stand-alone SVG. Colours tell labels apart; what matters is told by shape and word as well: hidden nodes are
/// hatched, a right prediction stands in a square and a wrong one in a triangle, with the word beside it; hidden edges are dashed and
/// carry "truth, prediction" where something was predicted. A legend with counts stands below.
/// @param title  shown on top
std::string graphSvg(const GraphPicture& picture, const std::string& title);

}  // namespace maskscope
