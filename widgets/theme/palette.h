#pragma once

#include <QPalette>
#include <QString>

#include "widgets/theme/theme.h"

namespace maskscope {

/// The palette that Fusion and our painters share.
QPalette paletteOf(const ThemeTokens& tokens);

/// The application's style sheet: edges, radii and padding, colours and sizes filled in.
/// @param scalePercent  every size in px is multiplied by it
/// @param imageFolder   holds the tinted images that the sheet names: chevron-down.svg, check.svg
QString styleSheetOf(const ThemeTokens& tokens, int scalePercent, const QString& imageFolder);

/// Fills a template: `@role` becomes that token's colour, `$12` becomes 12 px at the scale. Unknown roles stay, for tests to find.
QString fillStyleTemplate(const QString& text, const ThemeTokens& tokens, int scalePercent);

}  // namespace maskscope
