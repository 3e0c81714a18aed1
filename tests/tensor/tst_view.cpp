#include "core/error.h"
#include "tensor/view.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

at::Tensor longs(const std::vector<std::int64_t>& values) { return at::tensor(values, at::kLong); }

/// Three graphs of up to three nodes and two edges: a path, no edge, one edge.
View graphs() {
    View view;
    view.tensors["nodes"] = at::arange(18, at::kFloat).view({3, 3, 2});
    view.geometry = Geometry::sequence(3, 3, longs({1, 1, 1, 1, 1, 0, 1, 1, 0}).view({3, 3}).to(at::kBool));
    view.geometry.kind = GeometryKind::Graph;
    view.geometry.edges = longs({0, 1, 1, 2, 6, 7, 1, 0, 2, 1, 7, 6}).view({2, 6});
    view.geometry.edgeSlots = longs({0, 0, 1, 1, 4, 4});
    view.geometry.edgeValid = longs({1, 1, 0, 0, 1, 0}).view({3, 2}).to(at::kBool);
    view.sampleIds = {10, 11, 12};
    return view;
}

}  // namespace

class TestView : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsOfGraphsTakeTheirEdges();
    void rowsMayRepeatAndTurnAround();
    void allRowsAreTheWhole();
    void rowsWithoutEdgesHaveNone();
    void missingTensorsAreNamed();
};

void TestView::rowsOfGraphsTakeTheirEdges() {
    const View last = graphs().rows({2});
    QVERIFY(at::equal(last.tensor("nodes"), graphs().tensor("nodes").narrow(0, 2, 1)));
    QVERIFY(at::equal(last.geometry.edges, longs({0, 1, 1, 0}).view({2, 2})));
    QVERIFY(at::equal(last.geometry.edgeSlots, longs({0, 0})));
    QVERIFY(at::equal(last.geometry.edgeValid, longs({1, 0}).view({1, 2}).to(at::kBool)));
    QVERIFY(at::equal(last.geometry.valid, longs({1, 1, 0}).view({1, 3}).to(at::kBool)));
    QCOMPARE(last.geometry.batch, 1);
    QVERIFY((last.sampleIds == std::vector<std::int64_t>{12}));
}

void TestView::rowsMayRepeatAndTurnAround() {
    const View turned = graphs().rows({2, 0, 2});
    QVERIFY(at::equal(turned.geometry.edges, longs({0, 1, 3, 4, 4, 5, 6, 7, 1, 0, 4, 3, 5, 4, 7, 6}).view({2, 8})));
    QVERIFY(at::equal(turned.geometry.edgeSlots, longs({0, 0, 2, 2, 3, 3, 4, 4})));
    QVERIFY((turned.sampleIds == std::vector<std::int64_t>{12, 10, 12}));
}

void TestView::allRowsAreTheWhole() {
    const View whole = graphs(), same = whole.rows({0, 1, 2});
    QVERIFY(at::equal(same.geometry.edges, whole.geometry.edges));
    QVERIFY(at::equal(same.geometry.edgeSlots, whole.geometry.edgeSlots));
    QVERIFY(at::equal(same.geometry.edgeValid, whole.geometry.edgeValid));
}

void TestView::rowsWithoutEdgesHaveNone() {
    const View bare = graphs().rows({1});
    QCOMPARE(bare.geometry.edges.size(0), 2);
    QCOMPARE(bare.geometry.edges.size(1), 0);
    QCOMPARE(bare.geometry.edgeSlots.size(0), 0);
}

void TestView::missingTensorsAreNamed() {
    try {
        graphs().pixels();
        QFAIL("no error");
    } catch (const ShapeError& error) {
        QVERIFY(QString(error.what()).contains("'pixels'") && QString(error.what()).contains("'nodes'"));
    }
}

MASKSCOPE_TEST(TestView)
#include "tst_view.moc"
