#include "tensor/patches.h"

#include <cmath>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "tensor/input_spec.h"

#include <QtTest>

#include "support/float_tensors.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

ImageInput inputOf(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t patchHeight, std::int64_t patchWidth) {
    ImageInput input;
    input.channels = channels;
    input.height = height;
    input.width = width;
    input.patchHeight = patchHeight;
    input.patchWidth = patchWidth;
    for (std::int64_t c = 0; c < channels; ++c) {
        input.mean.push_back(0.4 + 0.05 * static_cast<double>(c));
        input.std.push_back(0.2 + 0.1 * static_cast<double>(c));
    }
    return input;
}

at::Tensor distinct(std::int64_t batch, const ImageInput& input) {
    return at::arange(batch * input.channels * input.height * input.width, at::kDouble).view({batch, input.channels, input.height, input.width});
}

at::Tensor asTensor(const testing::FloatTensor& tensor) {
    return at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape, at::kFloat).clone();
}

}  // namespace

class TestPatches : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unpatchifyUndoesPatchify_data() {
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("patchHeight");
        QTest::addColumn<int>("patchWidth");
        for (int channels = 1; channels <= 5; ++channels) {
            QTest::addRow("square, %d channels", channels) << channels << 8 << 8 << 4 << 4;
            QTest::addRow("wide image, oblong patches, %d channels", channels) << channels << 6 << 20 << 3 << 5;
            QTest::addRow("tall image, oblong patches, %d channels", channels) << channels << 12 << 4 << 2 << 4;
            QTest::addRow("single pixels, %d channels", channels) << channels << 3 << 5 << 1 << 1;
        }
    }
    void unpatchifyUndoesPatchify() {
        QFETCH(int, channels);
        QFETCH(int, height);
        QFETCH(int, width);
        QFETCH(int, patchHeight);
        QFETCH(int, patchWidth);
        const ImageInput input = inputOf(channels, height, width, patchHeight, patchWidth);
        const at::Tensor pixels = distinct(2, input), patches = patchify(pixels, patchHeight, patchWidth);
        QCOMPARE(patches.size(1), input.patches());
        QCOMPARE(patches.size(2), input.patchValues());
        QVERIFY(at::equal(unpatchify(patches, input), pixels));
        // Each value stands where the documentation says: patches row by row, in them (row, column, channel).
        for (std::int64_t row = 0; row < height; ++row)
            for (std::int64_t column = 0; column < width; ++column)
                for (std::int64_t c = 0; c < channels; ++c) {
                    const std::int64_t patch = row / patchHeight * input.gridColumns() + column / patchWidth;
                    const std::int64_t value = (row % patchHeight * patchWidth + column % patchWidth) * channels + c;
                    QCOMPARE(patches[1][patch][value].item<double>(), pixels[1][c][row][column].item<double>());
                }
    }

    void agreesWithLightly() {
        const auto inputs = testing::readParityTensors("helper_patchify", "inputs.safetensors");
        const auto expected = testing::readParityTensors("helper_patchify", "expected.safetensors");
        const at::Tensor images = asTensor(inputs.at("images"));
        const at::Tensor patches = patchify(images, 8, 8);
        QVERIFY(at::equal(patches, asTensor(expected.at("patches"))));
        QVERIFY(at::equal(unpatchify(patches, inputOf(3, 24, 24, 8, 8)), asTensor(expected.at("round_trip"))));
    }

    void patchValuesCoverTheirPixels() {
        const ImageInput input = inputOf(2, 4, 6, 2, 3);
        const at::Tensor pixels = patchesToPixels(at::arange(8, at::kDouble).view({2, 4}), input);
        QCOMPARE(pixels.sizes().vec(), (std::vector<std::int64_t>{2, 1, 4, 6}));
        for (std::int64_t row = 0; row < 4; ++row)
            for (std::int64_t column = 0; column < 6; ++column)
                QCOMPARE(pixels[1][0][row][column].item<double>(), 4.0 + static_cast<double>(row / 2 * 2 + column / 3));
    }

    void statisticsAreUndoneAndApplied() {
        const ImageInput input = inputOf(2, 1, 1, 1, 1);  // means 0.4, 0.45; deviations 0.2, 0.3
        const at::Tensor pixels = at::tensor(std::vector<double>{1.0, -0.5}).view({1, 2, 1, 1});
        const at::Tensor unit = toUnitPixels(pixels, input);
        QVERIFY(std::abs(unit[0][0][0][0].item<double>() - 0.2) < 1e-12);  // 2 * (1.0 * 0.2 + 0.4) - 1
        QVERIFY(std::abs(unit[0][1][0][0].item<double>() + 0.4) < 1e-12);  // 2 * (-0.5 * 0.3 + 0.45) - 1
        QVERIFY(fromUnitPixels(unit, input).sub(pixels).abs().max().item<double>() < 1e-12);
        QCOMPARE(pixels[0][0][0][0].item<double>(), 1.0);
    }

    void wrongShapesAreRefused() {
        QVERIFY_EXCEPTION_THROWN(patchify(at::zeros({1, 3, 10, 8}), 4, 4), ShapeError);
        QVERIFY_EXCEPTION_THROWN(patchify(at::zeros({1, 3, 8, 10}), 4, 4), ShapeError);
        QVERIFY_EXCEPTION_THROWN(patchify(at::zeros({3, 8, 8}), 4, 4), ShapeError);
        QVERIFY_EXCEPTION_THROWN(patchify(at::zeros({1, 3, 8, 8}), 0, 4), ShapeError);
        QVERIFY_EXCEPTION_THROWN(unpatchify(at::zeros({1, 4, 47}), inputOf(3, 8, 8, 4, 4)), ShapeError);
        QVERIFY_EXCEPTION_THROWN(patchesToPixels(at::zeros({1, 5}), inputOf(3, 8, 8, 4, 4)), ShapeError);
        ImageInput input = inputOf(3, 8, 8, 4, 4);
        input.mean = {0.5};
        try {
            toUnitPixels(at::zeros({1, 3, 8, 8}), input);
            QFAIL("accepted");
        } catch (const ShapeError& error) {
            QVERIFY2(QString(error.what()).contains("input.mean has 1 values, expected 3"), error.what());
        }
    }
};

MASKSCOPE_TEST(TestPatches)
#include "tst_patches.moc"
