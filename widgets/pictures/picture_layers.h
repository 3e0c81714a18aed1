#pragma once

#include <QImage>
#include <QStringList>
#include <array>
#include <cstdint>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/color_map.h"
#include "widgets/pictures/patch_grid.h"

namespace maskscope {

/// The five things to see in an image that a model filled in, and up to three that a recipe shows beside, in the order of their keys 1 to 8.
enum class PictureView { Original, Masked, Prediction, Composite, Residual, FirstExtra, SecondExtra, ThirdExtra, FourthExtra };
inline constexpr std::array<PictureView, 5> kPictureViews = {PictureView::Original, PictureView::Masked, PictureView::Prediction,
                                                             PictureView::Composite, PictureView::Residual};
inline constexpr std::array<PictureView, 4> kExtraViews = {PictureView::FirstExtra, PictureView::SecondExtra, PictureView::ThirdExtra,
                                                           PictureView::FourthExtra};
inline constexpr std::size_t kMostPictureViews = kPictureViews.size() + kExtraViews.size();

/// "Original", "Masked", ...; translated. What a recipe shows beside is called as the picture says, see PictureLayers::name.
QString pictureViewName(PictureView view);
/// What the view shows, in one sentence; translated.
QString pictureViewHelp(PictureView view);

/// Absolute error of a rebuilt image, mean over channels, one value a pixel in 0..1 (1 = black for white).
/// @param hidden  on `grid`; visible patches get NaN: nothing was predicted there
/// @return        width * height values; empty if the two images differ in size
std::vector<float> residualValues(const Image& original, const Image& rebuilt, const PatchGrid& grid, const std::vector<std::uint8_t>& hidden);

/// Mean of the picture's losses over hidden patches; NaN where nothing is hidden or no losses are known.
double meanHiddenLoss(const ImagePicture& picture);

/// One view of a picture.
/// @param leaks         rebuilt from true statistics: changes composite and residual, where there is such a picture
/// @param residualHigh  the error that gets the last colour, 0..1
QImage viewImage(const ImagePicture& picture, PictureView view, bool leaks, ColorMap map, double residualHigh);

/// An ImagePicture ready for painting.
struct PictureLayers {
    PatchGrid grid;
    std::vector<std::uint8_t> hidden;  // 1 = hidden
    QImage original, masked, prediction, composite, residual;
    QImage leaking, leakingResidual;  // null where the target lets nothing leak
    std::vector<QImage> extras;       // what the recipe shows beside, at most one an extra view
    QStringList extraNames;
    bool seenWhole = false;  // `masked` has no holes
    double meanLoss = 0.0;   // over hidden patches, [-1, 1] units; NaN where none is known

    PictureLayers() = default;
    /// @param residualHigh  the error that gets the last colour, 0..1
    PictureLayers(const ImagePicture& picture, ColorMap map, double residualHigh);

    /// @param leaks  rebuilt from true statistics: changes composite and residual, where there is such a picture
    const QImage& image(PictureView view, bool leaks = false) const;
    bool isEmpty() const { return original.isNull(); }
    /// What there is to see, in the order of the keys. Where no pixels are predicted, nothing is filled in: no composite, no residual.
    std::vector<PictureView> views() const;
    QString name(PictureView view) const;
};

}  // namespace maskscope
