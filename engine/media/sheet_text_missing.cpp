// For machines without OpenCV: sheets have no labels.

#include "media/sheet_text.h"

namespace maskscope {

void drawSheetText(Image&, std::string, int, int, int, const std::array<std::uint8_t, 3>&) {}

}  // namespace maskscope
