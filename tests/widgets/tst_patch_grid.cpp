#include "widgets/pictures/patch_grid.h"

#include <QtTest>
#include <random>

#include "support/test_main.h"

using namespace maskscope;

namespace {

std::vector<std::uint8_t> maskOf(const char* text) {
    std::vector<std::uint8_t> mask;
    for (; *text != '\0'; ++text)
        if (*text != '/') mask.push_back(*text == '1' ? 1 : 0);
    return mask;
}

/// Length of all lines of a path.
qreal lengthOf(const QPainterPath& path) { return path.length(); }

}  // namespace

class TestPatchGrid : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPatchIsFoundInItsOwnSquare() {
        const PatchGrid grid{3, 5};
        const QRectF area(7.5, -4.0, 100.0, 33.0);
        for (int patch = 0; patch < grid.count(); ++patch) {
            const QRectF square = grid.rectOf(patch, area);
            QCOMPARE(grid.patchAt(square.center(), area), patch);
            QCOMPARE(grid.patchAt(square.topLeft() + QPointF(0.01, 0.01), area), patch);
            QCOMPARE(grid.patchAt(square.bottomRight() - QPointF(0.01, 0.01), area), patch);
        }
    }

    void squaresTileTheArea() {
        const PatchGrid grid{4, 3};
        const QRectF area(2, 3, 30, 20);
        qreal sum = 0.0;
        for (int patch = 0; patch < grid.count(); ++patch) sum += grid.rectOf(patch, area).width() * grid.rectOf(patch, area).height();
        QVERIFY(std::abs(sum - 600.0) < 1e-9);
        QCOMPARE(grid.rectOf(0, area).topLeft(), area.topLeft());
        QCOMPARE(grid.rectOf(11, area).bottomRight(), area.bottomRight());
    }

    void outsideIsNone() {
        const PatchGrid grid{2, 2};
        const QRectF area(10, 10, 20, 20);
        QCOMPARE(grid.patchAt({9.9, 15}, area), -1);
        QCOMPARE(grid.patchAt({30, 15}, area), -1);
        QCOMPARE(grid.patchAt({15, 30}, area), -1);
        QCOMPARE(grid.nearestPatch({0, 0}, area), 0);
        QCOMPARE(grid.nearestPatch({100, 12}, area), 1);
        QCOMPARE(grid.nearestPatch({100, 100}, area), 3);
        QCOMPARE(PatchGrid().patchAt({1, 1}, area), -1);
        QCOMPARE(PatchGrid().nearestPatch({1, 1}, area), -1);
        QVERIFY(grid.rectOf(4, area).isNull());
    }

    void stepsStayInside() {
        const PatchGrid grid{2, 3};
        QCOMPARE(grid.moved(0, 0, 1), 1);
        QCOMPARE(grid.moved(2, 0, 1), 2);
        QCOMPARE(grid.moved(2, 1, 0), 5);
        QCOMPARE(grid.moved(5, 1, 0), 5);
        QCOMPARE(grid.moved(3, -1, -1), 0);
        QCOMPARE(grid.moved(-1, 1, 1), 0);
        QCOMPARE(PatchGrid().moved(0, 1, 1), -1);
    }

    void peopleCountFromOne() {
        const QString name = patchName({14, 14}, 74);
        QCOMPARE(name, QStringLiteral("patch 75 · row 6, column 5"));
        QVERIFY(patchName({2, 2}, 4).isEmpty());
    }

    void outlinesAreTheEdgesBetween_data() {
        QTest::addColumn<QString>("mask");
        QTest::addColumn<int>("length");
        QTest::newRow("nothing hidden") << "000/000/000" << 0;
        QTest::newRow("all hidden: the border is no edge") << "111/111/111" << 0;
        QTest::newRow("one in the middle") << "000/010/000" << 4;
        QTest::newRow("one in a corner") << "100/000/000" << 2;
        QTest::newRow("two that touch share no edge") << "000/110/000" << 5;
        QTest::newRow("chess board") << "101/010/101" << 12;
    }
    void outlinesAreTheEdgesBetween() {
        QFETCH(QString, mask);
        QTEST(qRound(lengthOf(regionOutline({3, 3}, maskOf(qPrintable(mask))))), "length");
    }

    void joinedEdgesAreOneLine() {
        // One straight edge along three patches: two points.
        QCOMPARE(regionOutline({2, 3}, maskOf("111/000")).elementCount(), 2);
    }

    void areasHoldTheHiddenPatchesOnly() {
        std::mt19937 random(7);
        const PatchGrid grid{6, 9};
        std::vector<std::uint8_t> mask(54);
        for (auto& value : mask) value = static_cast<std::uint8_t>(random() % 2);
        const QPainterPath area = regionArea(grid, mask);
        for (int patch = 0; patch < grid.count(); ++patch)
            QCOMPARE(area.contains(QPointF(grid.columnOf(patch) + 0.5, grid.rowOf(patch) + 0.5)), mask[static_cast<std::size_t>(patch)] != 0);
    }

    void aMaskOfAnotherLengthHasNoRegions() {
        QVERIFY(regionOutline({3, 3}, maskOf("10")).isEmpty());
        QVERIFY(regionArea({3, 3}, maskOf("10")).isEmpty());
    }

    void shareOfHidden() {
        QCOMPARE(hiddenShare(maskOf("1101")), 0.75);
        QCOMPARE(hiddenShare({}), 0.0);
    }
};

MASKSCOPE_TEST(TestPatchGrid)
#include "tst_patch_grid.moc"
