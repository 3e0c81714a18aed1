#include "encoders/palette.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "layers/initialization.h"
#include "support/test_main.h"
#include "tensor/patches.h"

using namespace maskscope;

namespace {

const ImageInput kInput{.channels = 3, .height = 6, .width = 4, .patchHeight = 1, .patchWidth = 1, .mean = {0.5, 0.5, 0.5}, .std = {0.5, 0.5, 0.5}};

View imagesOf(std::int64_t batch) {
    View view;
    view.tensors["pixels"] = at::rand({batch, 3, 6, 4}).mul(2.0).sub(1.0);
    view.geometry = Geometry::grid(batch, {6, 4});
    return view;
}

}  // namespace

class TestPalette : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theLikeliestCodeIsTheNearestColor() {
        Palette palette({.colors = 7, .temperature = 0.1}, InputSpec{kInput});
        initializeParameters(palette, "normal", 1);
        const View view = imagesOf(2);
        const Features features = palette.forward(view, MaskPlan(), {}, {});
        QCOMPARE(features.tokens.sizes().vec(), (std::vector<std::int64_t>{2, 24, 7}));
        const at::Tensor patches = patchify(view.pixels(), 1, 1).unsqueeze(2), colors = features.vocabulary.view({1, 1, 7, 3});
        const at::Tensor distances = patches.sub(colors).square().sum(-1);
        QVERIFY(at::allclose(features.tokens, distances.div(-0.1), 1e-3, 1e-3));
        QVERIFY(at::equal(features.tokens.argmax(-1), distances.argmin(-1)));
    }

    void firstColorsAreSpreadOverTheRange() {
        Palette palette({.colors = 400}, InputSpec{kInput});
        initializeParameters(palette, "normal", 2);
        const at::Tensor colors = palette.forward(imagesOf(1), MaskPlan(), {}, {}).vocabulary;
        const double deviation = colors.std().item<double>();
        QVERIFY2(deviation > 0.4 && deviation < 0.6, qPrintable(QString::number(deviation)));
    }

    void itSeesWholeImagesAlone() {
        Palette palette({}, InputSpec{kInput});
        QVERIFY(palette.honours({}));
        QVERIFY(!palette.honours({.kind = CorruptionKind::Token}));
        View smaller = imagesOf(1);
        smaller.tensors["pixels"] = at::zeros({1, 3, 4, 4});
        QVERIFY_THROWS_EXCEPTION(ShapeError, palette.forward(smaller, MaskPlan(), {}, {}));
    }
};

MASKSCOPE_TEST(TestPalette)
#include "tst_palette.moc"
