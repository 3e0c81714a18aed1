#pragma once

#include <QString>

namespace maskscope {

class MaskLab;
class Workspace;

/// The command that does without a window what a view shows; where no command does just that, the one that opens the same run or
/// starts the same training.
/// @param view  its id: "attention"
/// @param laboratory  for the masks that its controls ask for
QString commandOf(const QString& view, const Workspace& workspace, const MaskLab& laboratory);

}  // namespace maskscope
