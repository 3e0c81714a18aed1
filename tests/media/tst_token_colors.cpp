#include "media/token_colors.h"

#include <limits>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/random.h"

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kSidePx = 8;  // of a token in a picture of few

at::Tensor drawnVectors(const char* purpose) {
    at::Tensor values = at::zeros({2, 6, 5}, at::kFloat);
    RandomStream stream(4, purpose);
    for (std::int64_t i = 0; i < values.numel(); ++i) values.mutable_data_ptr<float>()[i] = static_cast<float>(stream.normal());
    return values;
}

/// The colour of a token. @return [3]
at::Tensor colorOf(const at::Tensor& picture, std::int64_t sample, std::int64_t row, std::int64_t column) {
    return picture[sample].select(1, row * kSidePx + 1).select(1, column * kSidePx + 1);
}

}  // namespace

class TestTokenColors : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void codesHaveTheColorsOfAPalette() {
        const at::Tensor palette = at::tensor({0.0F, 0.0F, 0.0F, 0.25F, 0.5F, 1.0F}).view({2, 3});
        const at::Tensor picture = paletteColors(at::tensor({1L, 0L, 0L, 1L}, at::kLong).view({1, 4}), palette, 2, 2);
        QCOMPARE(picture.sizes().vec(), (std::vector<std::int64_t>{1, 3, 2 * kSidePx, 2 * kSidePx}));
        QVERIFY(at::equal(colorOf(picture, 0, 0, 0), palette[1]));
        QVERIFY(at::equal(colorOf(picture, 0, 0, 1), palette[0]));
        QVERIFY(at::equal(colorOf(picture, 0, 1, 1), palette[1]));
    }
    void aCodeHasOneColorAndOthersAnother() {
        const at::Tensor codes = at::arange(64, at::kLong).view({1, 64});
        const at::Tensor picture = codeColors(codes, 8, 8);
        QCOMPARE(picture.sizes().vec(), (std::vector<std::int64_t>{1, 3, 8 * kSidePx, 8 * kSidePx}));
        QVERIFY(picture.min().item<double>() >= 0.0 && picture.max().item<double>() <= 1.0);
        double nearest = 9.0;
        for (std::int64_t a = 0; a < 64; ++a)
            for (std::int64_t b = 0; b < a; ++b)
                nearest = std::min(nearest, colorOf(picture, 0, a / 8, a % 8).sub(colorOf(picture, 0, b / 8, b % 8)).abs().max().item<double>());
        QVERIFY2(nearest > 0.01, qPrintable(QString::number(nearest)));
        const at::Tensor again = codeColors(at::tensor({7L, 3L, 7L, 1L}, at::kLong).view({1, 4}), 2, 2);
        QVERIFY(at::equal(colorOf(again, 0, 0, 0), colorOf(picture, 0, 0, 7)));
        QVERIFY(at::equal(colorOf(again, 0, 0, 0), colorOf(again, 0, 1, 0)));
    }

    void picturesOfManyTokensStaySmall() {
        QCOMPARE(tokenSidePx(8, 8), kSidePx);
        QCOMPARE(tokenSidePx(56, 28), std::int64_t{4});
        QCOMPARE(tokenSidePx(1000, 3), std::int64_t{1});
    }

    void equalVectorsHaveEqualColorsInBothPictures() {
        const at::Tensor first = drawnVectors("first"), second = drawnVectors("second");
        second[1].copy_(first[0]);
        const auto [a, b] = componentColors(first, second, 2, 3);
        QCOMPARE(a.sizes(), b.sizes());
        QVERIFY(at::allclose(a[0], b[1], 1e-4, 1e-5));
        QVERIFY(!at::allclose(a[1], b[0], 1e-2, 1e-2));
        QVERIFY(a.max().item<double>() > 0.9999 && a.min().item<double>() == 0.0);  // stretched over the first
    }

    void valuesThatAreNotFiniteAreGrey() {
        const at::Tensor values = drawnVectors("first");
        values[0][0][0] = std::numeric_limits<float>::quiet_NaN();
        const auto [a, b] = componentColors(values, values, 2, 3);
        QVERIFY(a.eq(0.5).all().item<bool>() && b.eq(0.5).all().item<bool>());
        const auto [flat, same] = componentColors(at::zeros({2, 6, 5}), at::zeros({2, 6, 5}), 2, 3);
        QVERIFY(flat.eq(0.5).all().item<bool>());
    }

    void numbersRunFromDarkToBright() {
        const at::Tensor picture = valueColors(at::arange(6, at::kFloat).view({1, 6}), 2, 3, 0.0, 5.0);
        QVERIFY(colorOf(picture, 0, 0, 0).mean().item<double>() < colorOf(picture, 0, 1, 2).mean().item<double>());
    }
};

MASKSCOPE_TEST(TestTokenColors)
#include "tst_token_colors.moc"
