#pragma once

#include <QString>
#include <optional>

#include "snapshot/attention.h"
#include "snapshot/picture.h"
#include "widgets/panels/inspector.h"

namespace maskscope {

/// What the inspector says of one patch of an image that a model filled in.
/// @param patch      counted from 0, inside of the picture's grid
/// @param attention  null: nothing is known of it
InspectorContent inspectPatch(const ImagePicture& picture, int patch, const AttentionRecord* attention);

/// What it says of the whole image.
InspectorContent inspectPicture(const Picture& picture, const QString& name, qint64 step);

}  // namespace maskscope
