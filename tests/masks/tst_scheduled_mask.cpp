#include "masks/scheduled_mask.h"

#include <cmath>
#include <numbers>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "masks/mask_schedule.h"
#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestScheduledMask : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void schedulesFallFromAllToNothing() {
        for (const std::string& schedule : maskSchedules()) {
            QCOMPARE(scheduledShare(schedule, 0.0), 1.0);
            QVERIFY(std::abs(scheduledShare(schedule, 1.0)) < 1e-12);
            for (double r = 0.0; r < 0.95; r += 0.1) QVERIFY(scheduledShare(schedule, r) > scheduledShare(schedule, r + 0.1));
        }
        QVERIFY(scheduledShare("cosine", 0.5) > 0.5 && scheduledShare("square_root", 0.5) < 0.5);
    }
    /// Of r drawn evenly, the share that hides at most a count c of N is that of cos(pi r / 2) N <= c: 1 - 2 / pi arccos(c / N).
    void sharesAreSpreadAsTheCosineSays() {
        constexpr std::int64_t kTokens = 64, kRows = 4000;
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'scheduled'"), Geometry::grid(1, {8, 8}), drawOf(1, firstSamples(kRows)));
        const at::Tensor counts = hidden.sum(1);
        for (const std::int64_t most : {10, 20, 32, 45, 60}) {
            const double expected = 1.0 - 2.0 / std::numbers::pi * std::acos(static_cast<double>(most) / kTokens);
            const double found = counts.le(static_cast<double>(most)).to(at::kDouble).mean().item<double>();
            QVERIFY2(std::abs(found - expected) < 0.03, qPrintable(QString("%1: %2 and %3").arg(most).arg(found).arg(expected)));
        }
        QVERIFY(counts.min().item<double>() >= 1.0);
        QCOMPARE(counts.max().item<double>(), double{kTokens - 1});
        // Where they lie is drawn evenly: all tokens are hidden about as often.
        const at::Tensor each = hidden.mean(0);
        QVERIFY(each.sub(each.mean()).abs().max().item<double>() < 0.04);
    }
    void paddingIsNeverHidden() {
        const at::Tensor valid = at::arange(12).lt(5).expand({30, 12}).contiguous();
        const at::Tensor hidden = hiddenOf(*makeMask("strategy = 'scheduled'"), Geometry::sequence(30, 12, valid), drawOf(1, firstSamples(30)));
        QCOMPARE(countOf(hidden.slice(1, 5)), std::int64_t{0});
        QVERIFY(hidden.sum(1).le(4).all().item<bool>());
    }
    void oneTokenIsTooFew() {
        QVERIFY_EXCEPTION_THROWN(hiddenOf(*makeMask("strategy = 'scheduled'"), Geometry::sequence(1, 1, {}), drawOf(1, {0})), ShapeError);
    }
};

MASKSCOPE_TEST(TestScheduledMask)
#include "tst_scheduled_mask.moc"
