#include "widgets/pictures/mask_brush.h"

#include <QSignalSpy>
#include <QtTest>
#include <algorithm>

#include "support/test_main.h"

using namespace maskscope;
using Mask = std::vector<std::uint8_t>;

namespace {

std::ptrdiff_t hiddenCount(const MaskBrush& brush) { return std::count(brush.hidden().begin(), brush.hidden().end(), 1); }

bool isHidden(const MaskBrush& brush, int row, int column) {
    return brush.hidden()[static_cast<std::size_t>(row * brush.grid().columns + column)] != 0;
}

}  // namespace

class TestMaskBrush : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        brush_ = std::make_unique<MaskBrush>();
        brush_->setMask({6, 6}, Mask(36, 0));
    }

    void aClickHidesOnePatch() {
        brush_->press(7, false);
        brush_->release();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{1});
        QVERIFY(isHidden(*brush_, 1, 1));
    }

    void subtractingMakesVisible() {
        brush_->setMask({6, 6}, Mask(36, 1));
        brush_->press(7, true);
        brush_->release();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{35});
        brush_->setTool(MaskBrush::Tool::Erase);
        brush_->press(8, false);
        brush_->release();
        QVERIFY(!isHidden(*brush_, 1, 2));
        brush_->press(7, true);  // the eraser's opposite hides
        brush_->release();
        QVERIFY(isHidden(*brush_, 1, 1));
    }

    void fastStrokesLeaveNoGaps_data() {
        QTest::addColumn<int>("from");
        QTest::addColumn<int>("to");
        QTest::addColumn<int>("patches");
        QTest::newRow("along a row") << 6 << 11 << 6;
        QTest::newRow("down a column") << 2 << 32 << 6;
        QTest::newRow("along the diagonal") << 0 << 35 << 6;
        QTest::newRow("back along the diagonal") << 35 << 0 << 6;
        QTest::newRow("steep") << 0 << 32 << 6;
    }
    void fastStrokesLeaveNoGaps() {
        QFETCH(int, from);
        QFETCH(int, to);
        QFETCH(int, patches);
        brush_->press(from, false);
        brush_->drag(to);
        brush_->release();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{patches});
        for (int row = 0; row < 6; ++row)  // each patch touches the next, corners included
            for (int column = 0; column < 6; ++column) {
                if (!isHidden(*brush_, row, column)) continue;
                int neighbours = 0;
                for (int r = std::max(0, row - 1); r <= std::min(5, row + 1); ++r)
                    for (int c = std::max(0, column - 1); c <= std::min(5, column + 1); ++c) neighbours += isHidden(*brush_, r, c) ? 1 : 0;
                QVERIFY(neighbours >= 2);
            }
    }

    void sizesAreSquaresCutAtTheEdge() {
        brush_->setSize(3);
        brush_->press(14, false);
        brush_->release();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{9});
        brush_->setMask({6, 6}, Mask(36, 0));
        brush_->press(0, false);
        brush_->release();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{4});
        brush_->setSize(100);
        QCOMPARE(brush_->size(), MaskBrush::kMaxSize);
        brush_->setSize(-1);
        QCOMPARE(brush_->size(), 1);
    }

    void aRectangleFollowsItsCorner() {
        brush_->setTool(MaskBrush::Tool::Rectangle);
        brush_->press(14, false);
        brush_->drag(35);
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{16});
        brush_->drag(7);  // the other way: what was covered before is free again
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{4});
        const Mask footprint = brush_->footprint(7);
        QCOMPARE(std::count(footprint.begin(), footprint.end(), 1), std::ptrdiff_t{4});
        brush_->release();
        QVERIFY(isHidden(*brush_, 1, 1) && isHidden(*brush_, 2, 2));
    }

    void footprintsShowWhatAPressTouches() {
        brush_->setSize(2);
        const Mask footprint = brush_->footprint(14);
        brush_->press(14, false);
        brush_->release();
        QCOMPARE(brush_->hidden(), footprint);
        QVERIFY(brush_->footprint(-1).empty());
    }

    void invertingTwiceIsNothing() {
        brush_->press(3, false);
        brush_->release();
        const Mask before = brush_->hidden();
        QSignalSpy strokes(brush_.get(), &MaskBrush::strokeFinished);
        brush_->invert();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{35});
        brush_->invert();
        QCOMPARE(brush_->hidden(), before);
        QCOMPARE(strokes.count(), 2);
    }

    void undoGetsBeforeAndAfter() {
        QSignalSpy strokes(brush_.get(), &MaskBrush::strokeFinished);
        brush_->press(0, false);
        brush_->drag(5);
        brush_->release();
        QCOMPARE(strokes.count(), 1);
        QCOMPARE(strokes[0][0].value<Mask>(), Mask(36, 0));
        QCOMPARE(strokes[0][1].value<Mask>(), brush_->hidden());
    }

    void aStrokeThatChangesNothingSaysNothing() {
        QSignalSpy strokes(brush_.get(), &MaskBrush::strokeFinished), edits(brush_.get(), &MaskBrush::maskEdited);
        brush_->press(4, true);
        brush_->release();
        QCOMPARE(strokes.count(), 0);
        QCOMPARE(edits.count(), 0);
    }

    void cancellingTakesTheStrokeBack() {
        QSignalSpy strokes(brush_.get(), &MaskBrush::strokeFinished), edits(brush_.get(), &MaskBrush::maskEdited);
        brush_->press(0, false);
        brush_->cancel();
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{0});
        QCOMPARE(strokes.count(), 0);
        QCOMPARE(edits.last()[0].value<Mask>(), Mask(36, 0));  // whoever asked the model must ask again
        brush_->drag(3);
        QCOMPARE(hiddenCount(*brush_), std::ptrdiff_t{0});
    }

    void dragsAreThrottledAndTheLastMaskArrives() {
        brush_->setMask({1, 400}, Mask(400, 0));
        QSignalSpy edits(brush_.get(), &MaskBrush::maskEdited);
        QElapsedTimer clock;
        clock.start();
        brush_->press(0, false);
        QCOMPARE(edits.count(), 1);  // the first answer is asked for at once
        for (int patch = 1; patch < 400; ++patch) {
            brush_->drag(patch);
            if (patch % 4 == 0) QTest::qWait(1);
        }
        const double intervals = static_cast<double>(clock.elapsed()) / MaskBrush::kDragIntervalMs;
        QVERIFY2(edits.count() >= 2 && static_cast<double>(edits.count()) <= intervals + 2,
                 qPrintable(QStringLiteral("%1 in %2").arg(edits.count()).arg(intervals)));
        brush_->release();
        QCOMPARE(edits.last()[0].value<Mask>(), Mask(400, 1));
        const qsizetype sent = edits.count();
        QTest::qWait(3 * MaskBrush::kDragIntervalMs);
        QCOMPARE(edits.count(), sent);  // and nothing after the end
    }

    void aRestingDragIsStillAnnounced() {
        QSignalSpy edits(brush_.get(), &MaskBrush::maskEdited);
        brush_->press(0, false);
        brush_->drag(1);
        QCOMPARE(edits.count(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(edits.count(), 2, 1000);
        QCOMPARE(edits.last()[0].value<Mask>(), brush_->hidden());
    }

    void masksOfOtherLengths() {
        brush_->setMask({2, 2}, {1});
        QCOMPARE(brush_->hidden(), Mask(4, 0));
        brush_->replace({1});
        QCOMPARE(brush_->hidden(), Mask(4, 0));
        brush_->replace({1, 0, 0, 1});
        QCOMPARE(brush_->hidden(), (Mask{1, 0, 0, 1}));
        brush_->setMask({}, {1, 1});
        QVERIFY(brush_->hidden().empty());
        brush_->press(0, false);
        QVERIFY(!brush_->isStroking());
    }

private:
    std::unique_ptr<MaskBrush> brush_;
};

MASKSCOPE_TEST(TestMaskBrush)
#include "tst_mask_brush.moc"
