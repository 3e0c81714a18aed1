#include "training/baselines.h"

#include <cmath>
#include <limits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "tensor/input_spec.h"
#include "tensor/patches.h"

#include <QtTest>

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
    return input;
}

/// Rows of 0 and 1, a sample each.
at::Tensor hiding(const std::vector<std::string>& samples) {
    std::vector<float> values;
    for (const std::string& sample : samples)
        for (const char c : sample) values.push_back(c == '1' ? 1.0F : 0.0F);
    return at::tensor(values).view({static_cast<std::int64_t>(samples.size()), -1});
}

at::Tensor drawnPixels(std::int64_t batch, const ImageInput& input) {
    at::Tensor pixels = at::zeros({batch, input.channels, input.height, input.width});
    RandomStream stream(11, "pixels");
    for (std::int64_t i = 0; i < pixels.numel(); ++i) pixels.mutable_data_ptr<float>()[i] = static_cast<float>(stream.uniform(-1, 1));
    return pixels;
}

double largest(const at::Tensor& difference) { return difference.abs().max().item<double>(); }
double valueAt(const at::Tensor& pixels, std::int64_t channel, std::int64_t row, std::int64_t column) {
    return pixels[0][channel][row][column].item<double>();
}

}  // namespace

class TestBaselines : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void constantImagesAreForeseen() {
        const ImageInput input = inputOf(3, 8, 12, 4, 4);
        const auto losses = baselineLosses(at::full({2, 3, 8, 12}, 0.3), hiding({"110111", "001000"}), input);
        QVERIFY(losses->meanPatch < 1e-12 && losses->nearestVisible < 1e-12 && losses->inpaint < 1e-12);
    }

    void meanPatchIsTheVisibleColour() {
        const ImageInput input = inputOf(2, 2, 6, 2, 2);
        at::Tensor pixels = at::zeros({1, 2, 2, 6});
        const double values[2][3] = {{0.1, 0.5, -0.9}, {-0.3, 0.7, 0.2}};
        for (std::int64_t c = 0; c < 2; ++c)
            for (std::int64_t patch = 0; patch < 3; ++patch) pixels[0][c].narrow(1, 2 * patch, 2).fill_(values[c][patch]);
        const at::Tensor hidden = hiding({"001"}), prediction = meanPatchPrediction(pixels, hidden, input);
        QVERIFY(std::abs(valueAt(prediction, 0, 1, 5) - 0.3) < 1e-6);
        QVERIFY(std::abs(valueAt(prediction, 1, 0, 4) - 0.2) < 1e-6);
        QVERIFY(std::abs(valueAt(prediction, 1, 0, 2) - 0.7) < 1e-6);
        QVERIFY(std::abs(hiddenError(prediction, pixels, hidden, input) - 1.2 * 1.2 / 2) < 1e-6);
    }

    void nearestVisibleIsCopied() {
        const ImageInput input = inputOf(1, 3, 4, 1, 1);
        const at::Tensor pixels = at::arange(12, at::kFloat).view({1, 1, 3, 4});
        //  0 . . 3        tokens 1, 2: beside 0 and 3;  5: 0, by sqrt(2);  6: 3, by sqrt(2)
        //  . . . .        tokens 4 and 8: below 0;  7 and 11: below 3
        //  . . . .        9: 0, by sqrt(5);  10: 3
        const at::Tensor prediction = nearestVisiblePrediction(pixels, hiding({"011011111111"}), input);
        const double expected[] = {0, 0, 3, 3, 0, 0, 3, 3, 0, 0, 3, 3};
        for (std::int64_t i = 0; i < 12; ++i) QCOMPARE(prediction.flatten()[i].item<double>(), expected[i]);
        // Equally near: the lowest index.
        QCOMPARE(valueAt(nearestVisiblePrediction(pixels, hiding({"111101011111"}), input), 0, 1, 1), 4.0);
    }

    void nearestPatchIsCopiedWhole() {
        const ImageInput input = inputOf(3, 4, 8, 4, 4);
        const at::Tensor pixels = drawnPixels(1, input);
        const at::Tensor prediction = nearestVisiblePrediction(pixels, hiding({"10"}), input);
        QVERIFY(at::equal(prediction.narrow(3, 0, 4), pixels.narrow(3, 4, 4)));
        QVERIFY(at::equal(prediction.narrow(3, 4, 4), pixels.narrow(3, 4, 4)));
    }

    void rampsAreInpaintedExactly() {
        const ImageInput input = inputOf(2, 20, 20, 4, 4);
        const at::Tensor row = at::arange(20, at::kFloat).view({1, 1, 20, 1}), column = at::arange(20, at::kFloat).view({1, 1, 1, 20});
        const at::Tensor ramp = row.mul(0.06).add(column.mul(-0.03)).sub(0.3);
        const at::Tensor pixels = ramp.repeat({1, 2, 1, 1}).mul(at::tensor(std::vector<float>{1, -2}).view({1, 2, 1, 1}));
        const at::Tensor hidden = hiding({"0000001100011100101000000"});
        QVERIFY(largest(inpaintPrediction(pixels, hidden, input)->sub(pixels)) < 1e-4);
        QVERIFY(baselineLosses(pixels, hidden, input)->inpaint < 1e-8);
    }

    /// Where whole columns of patches are hidden, the solution is a straight line between its ends, and level towards the border.
    void wideHolesAreLines() {
        const ImageInput input = inputOf(1, 8, 240, 4, 48);
        const at::Tensor pixels = at::full({1, 1, 8, 240}, -0.5);
        pixels.narrow(3, 144, 48).fill_(1.0);
        const at::Tensor result = *inpaintPrediction(pixels, hiding({"0110101101"}), input);
        for (std::int64_t column = 0; column < 240; ++column) {
            double expected = column < 48 ? -0.5 : 1.0;
            if (column >= 48 && column < 144) expected = -0.5 + 1.5 * static_cast<double>(column - 47) / 97;
            for (std::int64_t row = 0; row < 8; ++row)
                QVERIFY2(std::abs(valueAt(result, 0, row, column) - expected) < 2e-3, qPrintable(QString::number(column)));
        }
    }

    void hiddenPixelsAreMeansOfTheirNeighbours() {
        const ImageInput input = inputOf(1, 24, 24, 4, 4);
        const at::Tensor pixels = drawnPixels(1, input), hidden = hiding({"111101111111101110111011011111111101"});
        const at::Tensor result = *inpaintPrediction(pixels, hidden, input), isHidden = patchesToPixels(hidden, input);
        for (std::int64_t row = 0; row < 24; ++row)
            for (std::int64_t column = 0; column < 24; ++column) {
                if (valueAt(isHidden, 0, row, column) < 0.5) {
                    QCOMPARE(valueAt(result, 0, row, column), valueAt(pixels, 0, row, column));
                    continue;
                }
                double sum = 0;
                int neighbours = 0;
                const std::int64_t steps[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
                for (const auto& step : steps) {
                    if (row + step[0] < 0 || row + step[0] >= 24 || column + step[1] < 0 || column + step[1] >= 24) continue;
                    sum += valueAt(result, 0, row + step[0], column + step[1]);
                    ++neighbours;
                }
                QVERIFY(std::abs(valueAt(result, 0, row, column) - sum / neighbours) < 2e-5);
            }
    }

    void hiddenPixelsAreNeverRead() {
        const ImageInput input = inputOf(3, 16, 16, 4, 4);
        const at::Tensor pixels = drawnPixels(2, input), hidden = hiding({"1101011111011011", "0111111111111111"});
        const at::Tensor changed = pixels.masked_fill(patchesToPixels(hidden, input).gt(0.5), std::numeric_limits<double>::quiet_NaN());
        QVERIFY(at::equal(meanPatchPrediction(pixels, hidden, input), meanPatchPrediction(changed, hidden, input)));
        QVERIFY(at::equal(nearestVisiblePrediction(pixels, hidden, input), nearestVisiblePrediction(changed, hidden, input)));
        QVERIFY(at::equal(*inpaintPrediction(pixels, hidden, input), *inpaintPrediction(changed, hidden, input)));
    }

    void samplesAreIndependent() {
        const ImageInput input = inputOf(3, 16, 16, 4, 4);
        const at::Tensor pixels = drawnPixels(3, input), hidden = hiding({"1101011111011011", "0111111111111111", "0000000000000001"});
        const at::Tensor all = *inpaintPrediction(pixels, hidden, input);
        for (std::int64_t row = 0; row < 3; ++row)
            QVERIFY(at::equal(*inpaintPrediction(pixels.narrow(0, row, 1), hidden.narrow(0, row, 1), input), all.narrow(0, row, 1)));
    }

    /// All hidden values of the batch weigh the same, also where samples hide different counts.
    void errorIsTheMeanOverHiddenValues() {
        const ImageInput input = inputOf(2, 2, 4, 2, 2);
        const at::Tensor pixels = at::zeros({2, 2, 2, 4}), prediction = at::zeros({2, 2, 2, 4});
        prediction[0].narrow(2, 0, 2).fill_(1.0);  // hidden: 8 values of error 1
        prediction[1].narrow(2, 2, 2).fill_(9.0);  // visible: does not count
        QCOMPARE(hiddenError(prediction, pixels, hiding({"10", "10"}), input), 0.5);
        QCOMPARE(hiddenError(prediction, pixels, hiding({"11", "10"}), input), 1.0 / 3);
    }

    void stopEndsTheWork() {
        std::stop_source source;
        source.request_stop();
        const ImageInput input = inputOf(1, 8, 8, 4, 4);
        QVERIFY(!baselineLosses(at::zeros({1, 1, 8, 8}), hiding({"1011"}), input, source.get_token()).has_value());
        QVERIFY(baselineLosses(at::zeros({1, 1, 8, 8}), hiding({"1011"}), input, std::stop_token()).has_value());
    }

    void wrongShapesAreRefused() {
        const ImageInput input = inputOf(3, 8, 8, 4, 4);
        QVERIFY_EXCEPTION_THROWN(baselineLosses(at::zeros({1, 3, 8, 12}), hiding({"1011"}), input), ShapeError);
        QVERIFY_EXCEPTION_THROWN(baselineLosses(at::zeros({1, 3, 8, 8}), hiding({"10110"}), input), ShapeError);
        QVERIFY_EXCEPTION_THROWN(baselineLosses(at::zeros({1, 3, 8, 8}), hiding({"1111"}), input), ShapeError);
        QVERIFY_EXCEPTION_THROWN(hiddenError(at::zeros({1, 1, 8, 8}), at::zeros({1, 3, 8, 8}), hiding({"1011"}), input), ShapeError);
    }
};

MASKSCOPE_TEST(TestBaselines)
#include "tst_baselines.moc"
