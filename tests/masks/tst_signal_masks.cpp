#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"

#include <QtTest>

#include "masks/mask_testing.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// Values of two samples over 4 x 4 tokens: the first rises with the token's number, the second falls.
at::Tensor twoMaps() {
    const at::Tensor rising = at::arange(16, at::kFloat);
    return at::stack({rising, rising.neg()});
}

Signals withSignal(const std::string& name, const at::Tensor& values) {
    Signals signals;
    signals.write(name, values, 0);
    return signals;
}

at::Tensor drawnWith(const std::string& toml, const Signals& signals, double progress = 0.0, std::size_t rows = 2, std::uint64_t seed = 1) {
    MaskDraw draw = drawOf(seed, firstSamples(rows));
    draw.progress = progress;
    return makeMask(toml)->sample(Geometry::grid(2, {4, 4}), signals, draw).front().hidden;
}

std::int64_t among(const at::Tensor& hidden, std::int64_t first, std::int64_t count) { return countOf(hidden.narrow(0, first, count)); }

}  // namespace

class TestSignalMasks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theMostAttendedPatchesAreHidden() {
        const Signals signals = withSignal("attention", twoMaps());
        const at::Tensor high = drawnWith("strategy = 'attention'\nratio = 0.25", signals);
        QCOMPARE(drawn(high[0], 4), std::string("0000/0000/0000/1111"));
        QCOMPARE(drawn(high[1], 4), std::string("1111/0000/0000/0000"));
        const at::Tensor low = drawnWith("strategy = 'attention'\nratio = 0.25\nhides = 'low'", signals);
        QCOMPARE(drawn(low[0], 4), std::string("1111/0000/0000/0000"));
    }

    void hintsStayVisibleAndTheCountExact() {
        const Signals signals = withSignal("attention", twoMaps());
        bool differ = false;
        const at::Tensor first = drawnWith("strategy = 'attention'\nratio = 0.5\nhints = 0.25", signals);
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            const at::Tensor hidden = drawnWith("strategy = 'attention'\nratio = 0.5\nhints = 0.25", signals, 0.0, 2, seed);
            QCOMPARE(countOf(hidden[0]), 8);
            QCOMPARE(among(hidden[0], 8, 8), 6);  // two of the eight most attended are hints
            QCOMPARE(among(hidden[0], 6, 2), 2);  // and the next two are hidden for them
            differ |= !at::equal(hidden, first);
        }
        QVERIFY(differ);
    }

    void copiesOfASampleShareItsSignal() {
        const at::Tensor hidden = drawnWith("strategy = 'attention'\nratio = 0.25", withSignal("attention", twoMaps()), 0.0, 4);
        QVERIFY(at::equal(hidden[0], hidden[1]) && at::equal(hidden[2], hidden[3]) && !at::equal(hidden[1], hidden[2]));
    }

    void theHardShareFollowsItsSchedule() {
        const Signals signals = withSignal("difficulty", twoMaps());
        for (const auto& [progress, hard] : {std::pair{0.0, 0}, {0.5, 2}, {1.0, 4}}) {
            std::int64_t hidden = 0;
            for (std::uint64_t seed = 1; seed <= 40; ++seed) {
                const at::Tensor mask = drawnWith("strategy = 'hard'\nratio = 0.5\nstart = 0.0\nend = 0.5", signals, progress, 2, seed)[0];
                QCOMPARE(countOf(mask), 8);
                if (hard > 0) QCOMPARE(among(mask, 16 - hard, hard), static_cast<std::int64_t>(hard));
                hidden += among(mask, 0, 12);
            }
            // What is left is drawn evenly from the other tokens.
            const double expected = 40.0 * (8 - hard) * 12.0 / (16 - hard);
            QVERIFY2(std::abs(static_cast<double>(hidden) - expected) < 25.0, qPrintable(QString("%1 and %2").arg(hidden).arg(expected)));
        }
    }

    void whatTheyChooseByIsShown() {
        const Signals signals = withSignal("map", twoMaps());
        const auto masks = makeMask("strategy = 'hard'\nsignal = 'map'")->sample(Geometry::grid(2, {4, 4}), signals, drawOf(1, firstSamples(4)));
        QVERIFY(at::equal(masks.front().extras.at("map"), twoMaps().repeat_interleave(2, 0)));
    }

    void withoutTheSignalTheyRefuse() {
        QVERIFY_EXCEPTION_THROWN(drawnWith("strategy = 'attention'", {}), UsageError);
        QVERIFY_EXCEPTION_THROWN(drawnWith("strategy = 'hard'", withSignal("difficulty", at::zeros({2, 9}))), ShapeError);
        QVERIFY_EXCEPTION_THROWN(drawnWith("strategy = 'hard'", withSignal("difficulty", at::zeros({3, 16}))), ShapeError);
    }
};

MASKSCOPE_TEST(TestSignalMasks)
#include "tst_signal_masks.moc"
