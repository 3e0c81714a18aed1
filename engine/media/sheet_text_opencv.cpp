#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "media/sheet_text.h"

namespace maskscope {

void drawSheetText(Image& sheet, std::string text, int left, int bottom, int widthPx, const std::array<std::uint8_t, 3>& rgb) {
    constexpr double kScale = 0.42;
    constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
    int baseline = 0;
    while (text.size() > 1 && cv::getTextSize(text, kFont, kScale, 1, &baseline).width > widthPx) text.pop_back();
    cv::Mat mat(sheet.height, sheet.width, CV_8UC3, sheet.pixels.data());
    cv::putText(mat, text, {left, bottom}, kFont, kScale, {double(rgb[0]), double(rgb[1]), double(rgb[2])}, 1, cv::LINE_AA);
}

}  // namespace maskscope
