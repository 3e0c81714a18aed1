#include "masks/random_mask.h"

#include <set>

#include <ATen/ops/tensor.h>

#include "core/error.h"
#include "masks/mask_rows.h"
#include "masks/mask_statistics.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestRandomMask : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTokenIsEquallyLikely() {
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'random'\nratio = 0.75"), Geometry::grid(1, {4, 5}), drawOf(1, firstSamples(8000)));
        const at::Tensor probability = hiddenProbability(hidden);
        // Standard deviation of each: sqrt(0.75 * 0.25 / 8000) = 0.0048.
        QVERIFY(probability.sub(0.75).abs().max().item<double>() < 0.02);
    }

    void everySubsetOccurs() {
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'random'\nratio = 0.5"), Geometry::grid(1, {4}), drawOf(1, firstSamples(400)));
        std::set<std::string> seen;
        for (std::int64_t row = 0; row < hidden.size(0); ++row) seen.insert(drawn(hidden[row], 4));
        QCOMPARE(seen.size(), std::size_t{6});
    }

    void unitsAreHiddenWhole_data() {
        QTest::addColumn<std::vector<std::int64_t>>("shape");
        QTest::addColumn<std::int64_t>("unit");
        QTest::addColumn<std::int64_t>("unitTokens");
        QTest::addColumn<std::int64_t>("hiddenUnits");
        using Shape = std::vector<std::int64_t>;
        QTest::newRow("SimMIM: 32-pixel units over 4-pixel patches of 192 pixels")
            << Shape{48, 48} << std::int64_t{8} << std::int64_t{64} << std::int64_t{22};
        QTest::newRow("an oblong grid") << Shape{4, 6} << std::int64_t{2} << std::int64_t{4} << std::int64_t{4};
        QTest::newRow("a sequence") << Shape{12} << std::int64_t{3} << std::int64_t{3} << std::int64_t{2};
        QTest::newRow("frames on their own") << Shape{3, 4, 4} << std::int64_t{2} << std::int64_t{4} << std::int64_t{7};
    }
    void unitsAreHiddenWhole() {
        QFETCH(std::vector<std::int64_t>, shape);
        QFETCH(std::int64_t, unit);
        QFETCH(std::int64_t, unitTokens);
        QFETCH(std::int64_t, hiddenUnits);
        const Geometry geometry = Geometry::grid(1, shape);
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'random'\nratio = 0.6\nunit = " + std::to_string(unit)), geometry, drawOf(1, {1}))[0];
        QCOMPARE(countOf(hidden), hiddenUnits * unitTokens);
        const std::int64_t columns = shape.back(), rows = shape.size() == 1 ? 1 : shape[shape.size() - 2];
        for (std::int64_t token = 0; token < hidden.numel(); ++token) {
            const std::int64_t frame = token / (rows * columns), row = token / columns % rows, column = token % columns;
            const std::int64_t cornerRow = rows == 1 ? 0 : row / unit * unit;
            const std::int64_t corner = (frame * rows + cornerRow) * columns + column / unit * unit;
            QCOMPARE(hidden[token].item<float>(), hidden[corner].item<float>());
        }
    }

    void wholeWordsAreHiddenOrSeen() {
        // Words of 1 to 5 tokens between a class token and a separator.
        std::vector<std::int64_t> groups{-1};
        for (std::int64_t word = 0; word < 30; ++word) groups.insert(groups.end(), static_cast<std::size_t>(1 + word * 7 % 5), word);
        groups.push_back(-1);
        const auto tokens = static_cast<std::int64_t>(groups.size());
        Geometry geometry = Geometry::sequence(1, tokens, {});
        geometry.groups = at::tensor(groups, at::kLong).unsqueeze(0);
        geometry.maskable = geometry.groups.ge(0);
        const at::Tensor hidden =
            hiddenOf(*makeMask("strategy = 'random'\nratio = 0.15\nwhole_words = true"), geometry, drawOf(1, firstSamples(500)));
        for (std::int64_t row = 0; row < 500; ++row) {
            for (std::int64_t i = 1; i < tokens; ++i)
                if (groups[static_cast<std::size_t>(i)] == groups[static_cast<std::size_t>(i - 1)])
                    QCOMPARE(hidden[row][i].item<float>(), hidden[row][i - 1].item<float>());
            QCOMPARE(countOf(hidden[row]), hiddenCount(0.15, tokens - 2));  // there is a word of one token for every rest
        }
        const at::Tensor share = hidden.mean(at::IntArrayRef{0});
        QVERIFY(share[0].item<float>() == 0.0F && share[tokens - 1].item<float>() == 0.0F);
        QVERIFY(share.narrow(0, 1, tokens - 2).min().item<float>() > 0.05F);
    }

    void wordsThatAreTooLargeLeaveTheSmallest() {
        Geometry geometry = Geometry::sequence(2, 6, {});
        geometry.groups = at::tensor(std::vector<std::int64_t>{0, 0, 0, 0, 1, 1, 7, 7, 7, 7, 7, 7}, at::kLong).view({2, 6});
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'random'\nratio = 0.15\nwhole_words = true"), geometry, drawOf(1, {1, 2}));
        QCOMPARE(drawn(hidden[0], 6), std::string("000011"));
        QCOMPARE(countOf(hidden[1]), std::int64_t{1});  // one word alone is masked token by token
    }

    void wholeWordsNeedWords() {
        QVERIFY_THROWS_EXCEPTION(ShapeError,
                                 makeMask("strategy = 'random'\nwhole_words = true")->sample(Geometry::grid(1, {8, 8}), Signals{}, drawOf(1, {1})));
        QVERIFY_THROWS_EXCEPTION(RecipeError, makeMask("strategy = 'random'\nwhole_words = true\nunit = 2"));
    }

    void unitsThatDoNotFitAreRefused() {
        try {
            makeMask("strategy = 'random'\nunit = 3")->sample(Geometry::grid(1, {8, 8}), Signals{}, drawOf(1, {1}));
            QFAIL("accepted");
        } catch (const ShapeError& error) {
            QCOMPARE(QString(error.what()), QString("mask.unit 3 does not divide the token grid of 8 x 8"));
        }
        QVERIFY_EXCEPTION_THROWN(makeMask("strategy = 'random'\nunit = 8")->sample(Geometry::grid(1, {8, 8}), Signals{}, drawOf(1, {1})), ShapeError);
        QVERIFY_EXCEPTION_THROWN(makeMask("strategy = 'random'\nunit = 0"), RecipeError);
    }
};

MASKSCOPE_TEST(TestRandomMask)
#include "tst_random_mask.moc"
