#include "tensor/positions.h"

#include <cmath>

#include <ATen/core/Tensor.h>

#include "core/error.h"

#include <QtTest>

#include "support/float_tensors.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

void compare(const at::Tensor& positions, const testing::FloatTensor& expected, std::int64_t skippedRows) {
    QCOMPARE(positions.size(0) + skippedRows, expected.shape.at(0));
    QCOMPARE(positions.size(1), expected.shape.at(1));
    const float* values = positions.const_data_ptr<float>();
    const float* reference = expected.values.data() + skippedRows * expected.shape.at(1);
    for (std::int64_t i = 0; i < positions.numel(); ++i) QVERIFY2(std::abs(values[i] - reference[i]) <= 2e-6F, qPrintable(QString::number(i)));
}

}  // namespace

class TestPositions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithLightly() {
        const auto expected = testing::readParityTensors("helper_sincos2d", "expected.safetensors");
        compare(sinCosPositions(5, 5, 32), expected.at("pos_embed"), 1);  // its first row is the class token's
        compare(sinCosPositions(4, 4, 24), expected.at("pos_embed_nocls"), 0);
    }

    void firstHalfIsTheColumn() {
        const at::Tensor positions = sinCosPositions(2, 3, 8);
        QCOMPARE(positions.size(0), std::int64_t{6});
        const at::Tensor place = positions[5];  // row 1, column 2
        const double expected[] = {std::sin(2.0), std::sin(0.02), std::cos(2.0), std::cos(0.02),
                                   std::sin(1.0), std::sin(0.01), std::cos(1.0), std::cos(0.01)};
        for (std::int64_t i = 0; i < 8; ++i) QVERIFY(std::abs(place[i].item<double>() - expected[i]) < 1e-6);
    }

    void wrongWidthsAreRefused() {
        QVERIFY_EXCEPTION_THROWN(sinCosPositions(2, 2, 6), ShapeError);
        QVERIFY_EXCEPTION_THROWN(sinCosPositions(2, 2, 0), ShapeError);
        QVERIFY_EXCEPTION_THROWN(sinCosPositions(0, 2, 8), ShapeError);
    }
};

MASKSCOPE_TEST(TestPositions)
#include "tst_positions.moc"
