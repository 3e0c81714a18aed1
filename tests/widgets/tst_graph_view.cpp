#include "widgets/pictures/graph_view.h"

#include <QSignalSpy>
#include <QtTest>
#include <cmath>

#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/mouse.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

class TestGraphView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        view_ = std::make_unique<GraphView>();
        view_->resize(400, 300);
        view_->setPicture(std::make_shared<const GraphPicture>(madeGraph()));
        view_->show();
    }
    void cleanup() { view_.reset(); }

    void theUnitSquareFillsTheView() {
        const QPointF first = view_->positionOf(0), last = view_->positionOf(3);
        QVERIFY(std::abs((last.x() - first.x()) - (last.y() - first.y())) < 1e-9);  // no stretching
        QVERIFY(last.y() - first.y() > 200);
        QCOMPARE((first + last) / 2, QRectF(view_->rect()).center());
        for (int i = 0; i < 4; ++i) QVERIFY(view_->rect().contains(view_->cellRect(i)));
    }

    void nodesAreFoundWhereTheyAre() {
        for (int i = 0; i < 4; ++i) QCOMPARE(view_->nodeAt(view_->positionOf(i) + QPointF(3, -3)), i);
        QCOMPARE(view_->nodeAt(QRectF(view_->rect()).center()), -1);
    }

    void zoomKeepsThePointBelowThePointer() {
        const QPointF about = view_->positionOf(1);
        const double before = std::hypot(view_->positionOf(2).x() - about.x(), view_->positionOf(2).y() - about.y());
        view_->zoomBy(2.0, about);
        QVERIFY(std::abs(view_->positionOf(1).x() - about.x()) < 1e-6 && std::abs(view_->positionOf(1).y() - about.y()) < 1e-6);
        const double after = std::hypot(view_->positionOf(2).x() - about.x(), view_->positionOf(2).y() - about.y());
        QVERIFY(std::abs(after / before - 2.0) < 1e-9);
        QTest::keyClick(view_.get(), Qt::Key_0);
        QCOMPARE(view_->zoom(), 1.0);
        view_->zoomBy(1e9, about);
        QVERIFY(view_->zoom() <= 40.0);
    }

    void draggingPans() {
        const QPointF before = view_->positionOf(0);
        QTest::mousePress(view_.get(), Qt::LeftButton, {}, QPoint(200, 150));
        moveMouse(view_.get(), QPoint(230, 140), Qt::LeftButton);
        QTest::mouseRelease(view_.get(), Qt::LeftButton, {}, QPoint(230, 140));
        QCOMPARE(view_->positionOf(0) - before, QPointF(30, -10));
    }

    void rightAndWrongDifferInShape() {
        const auto cornerOf = [this](int node) {
            const QRect box = view_->cellRect(node);
            return std::abs(view_->grab().toImage().pixelColor(box.left(), box.top()).lightness() - theme().panel.lightness());
        };
        QVERIFY(cornerOf(1) < 10);  // a circle leaves its corners free
        QVERIFY(cornerOf(2) > 40);  // a square does not
        QVERIFY(view_->cellDescription(1).contains(QStringLiteral("right")));
        QVERIFY(view_->cellDescription(2).contains(QStringLiteral("wrong")));
        QVERIFY(view_->cellDescription(2).contains(QStringLiteral("1.50")));
        QVERIFY(view_->cellDescription(3).contains(QStringLiteral("nothing predicted")));
        QVERIFY(!view_->cellDescription(0).contains(QStringLiteral("hidden")));
    }

    void hiddenEdgesAreDashed() {
        const QImage shot = view_->grab().toImage();
        const auto gapsAlong = [&](int from, int to) {
            const QPointF a = view_->positionOf(from), b = view_->positionOf(to);
            int gaps = 0;
            for (int i = 30; i < 70; ++i) {
                const QPointF at = a + (b - a) * (i / 100.0);
                bool drawn = false;
                for (int side = -1; side <= 1; ++side) drawn = drawn || shot.pixelColor(qRound(at.x()), qRound(at.y()) + side) != theme().panel;
                gaps += drawn ? 0 : 1;
            }
            return gaps;
        };
        QCOMPARE(gapsAlong(0, 1), 0);
        QVERIFY(gapsAlong(2, 3) > 5);
    }

    void hoverAndKeysChooseANode() {
        QSignalSpy hovered(view_.get(), &GraphView::nodeHovered);
        moveMouse(view_.get(), view_->positionOf(2).toPoint());
        QCOMPARE(hovered.last()[0].toInt(), 2);
        const QImage with = view_->grab().toImage();
        view_->setCurrent(-1);
        QVERIFY(view_->grab().toImage() != with);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->current(), 1);
        QTest::keyClick(view_.get(), Qt::Key_Left);
        QTest::keyClick(view_.get(), Qt::Key_Left);
        QCOMPARE(view_->current(), 3);
    }

    void emptyGraphs() {
        view_->setCurrent(3);
        view_->setPicture(std::make_shared<const GraphPicture>());
        QCOMPARE(view_->current(), -1);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->nodeAt({10, 10}), -1);
        view_->setPicture(nullptr);
        QVERIFY(!view_->grab().isNull());
    }

private:
    std::unique_ptr<GraphView> view_;
};

MASKSCOPE_TEST(TestGraphView)
#include "tst_graph_view.moc"
