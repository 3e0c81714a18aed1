#pragma once

#include <QEvent>

namespace maskscope {

/// Whether a widget has to take colours and fonts of the theme anew: a new theme reaches a widget as a new style sheet, a new palette,
/// or both, depending on what it inherits.
inline bool isThemeChange(const QEvent* event) { return event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange; }

}  // namespace maskscope
