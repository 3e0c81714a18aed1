#include "widgets/pictures/picture_layers.h"

#include <QtTest>
#include <cmath>

#include "support/test_main.h"
#include "widgets/made_pictures.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestPictureLayers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void residualIsTheMeanAbsoluteError() {
        Image original = flatImage(2, 1, 0), rebuilt = original;
        rebuilt.pixels = {255, 255, 255, 30, 0, 21};
        const std::vector<float> values = residualValues(original, rebuilt, {}, {});
        QCOMPARE(values[0], 1.0F);
        QCOMPARE(values[1], 17.0F / 255.0F);
    }

    void visiblePatchesHaveNoResidual() {
        const ImagePicture picture = madePicture(1, 2, {0, 1}, false, 4);
        const std::vector<float> values = residualValues(picture.original, picture.composite, {1, 2}, picture.hidden);
        for (int y = 0; y < 4; ++y) {
            for (int x = 0; x < 4; ++x) QVERIFY(std::isnan(values[static_cast<std::size_t>(y * 8 + x)]));
            for (int x = 4; x < 8; ++x) QCOMPARE(values[static_cast<std::size_t>(y * 8 + x)], 50.0F / 255.0F);
        }
    }

    void imagesOfOtherSizesHaveNoResidual() {
        QVERIFY(residualValues(flatImage(2, 2, 0), flatImage(2, 3, 0), {}, {}).empty());
        QVERIFY(residualValues(flatImage(2, 2, 0), flatImage(2, 2, 0, 1), {}, {}).empty());
        QVERIFY(residualValues({}, {}, {}, {}).empty());
    }

    void everyViewShowsItsImage() {
        const PictureLayers layers(madePicture(2, 2, {1, 0, 0, 0}), ColorMap::Viridis, 0.5);
        QCOMPARE(layers.image(PictureView::Original).pixelColor(0, 0).red(), 200);
        QCOMPARE(layers.image(PictureView::Masked).pixelColor(0, 0).red(), 128);
        QCOMPARE(layers.image(PictureView::Prediction).pixelColor(0, 0).red(), 150);
        QCOMPARE(layers.image(PictureView::Composite).pixelColor(0, 0).red(), 150);
        QCOMPARE(layers.image(PictureView::Composite).pixelColor(12, 12).red(), 200);
        const QRgb expected = mapImage({50.0F / 255.0F}, 1, 1, ColorMap::Viridis, 0.0, 0.5).pixel(0, 0);
        QCOMPARE(layers.image(PictureView::Residual).pixel(0, 0), expected);
        QCOMPARE(qAlpha(layers.image(PictureView::Residual).pixel(12, 12)), 0);
    }

    void whatARecipeShowsBesideHasViewsOfItsOwn() {
        ImagePicture picture = madePicture(2, 2, {1, 0, 0, 0});
        QCOMPARE(PictureLayers(picture, ColorMap::Viridis, 0.5).views().size(), kPictureViews.size());
        picture.extras = {{"target", flatImage(30, 30, 90)}, {"decoded-25", flatImage(4, 4, 20)}};
        const PictureLayers filled(picture, ColorMap::Viridis, 0.5);
        QCOMPARE(filled.views().size(), kPictureViews.size() + 2);
        QCOMPARE(filled.image(PictureView::SecondExtra).pixelColor(0, 0).red(), 20);
        QCOMPARE(filled.name(PictureView::FirstExtra), QStringLiteral("Target"));
        QCOMPARE(filled.name(PictureView::SecondExtra), QStringLiteral("Decoded 25"));
        picture.composite = picture.error = {};  // what is predicted is no pixels
        const PictureLayers features(picture, ColorMap::Viridis, 0.5);
        QCOMPARE(features.views(), (std::vector<PictureView>{PictureView::Original, PictureView::Masked, PictureView::Prediction,
                                                             PictureView::FirstExtra, PictureView::SecondExtra}));
    }

    void leaksChangeCompositeAndResidualOnly() {
        const PictureLayers layers(madePicture(2, 2, {1, 0, 0, 0}), ColorMap::Viridis, 0.5);
        QCOMPARE(layers.image(PictureView::Composite, true).pixelColor(0, 0).red(), 190);
        QCOMPARE(layers.image(PictureView::Prediction, true).pixelColor(0, 0).red(), 150);
        QVERIFY(layers.image(PictureView::Residual, true).pixel(0, 0) != layers.image(PictureView::Residual, false).pixel(0, 0));
        const PictureLayers honest(madePicture(2, 2, {1, 0, 0, 0}, false), ColorMap::Viridis, 0.5);
        QVERIFY(honest.leaking.isNull());
        QCOMPARE(honest.image(PictureView::Composite, true).pixelColor(0, 0).red(), 150);
    }

    void meanLossIsOverHiddenPatches() {
        ImagePicture picture = madePicture(2, 2, {1, 1, 0, 0});
        picture.patchLoss = {0.5F, 0.25F, 9.0F, 9.0F};
        QCOMPARE(meanHiddenLoss(picture), 0.375);
        picture.hidden = {0, 0, 0, 0};
        QVERIFY(std::isnan(meanHiddenLoss(picture)));
        picture.patchLoss.clear();
        QVERIFY(std::isnan(meanHiddenLoss(picture)));
    }
};

MASKSCOPE_TEST(TestPictureLayers)
#include "tst_picture_layers.moc"
