#include "core/error.h"
#include "core/toml.h"
#include "targets/target.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

const InputSpec kGraphs{GraphInput{.nodeFeatures = 3, .edgeFeatures = 2, .categorical = true}};

std::unique_ptr<Target> makeTarget(const char* kind, const InputSpec& input = kGraphs) {
    Value table;
    table.set("kind", kind);
    return makeTargetRegistry().make(table, "target", "kind", TargetContext{input});
}

View graphs() {
    View view;
    view.tensors["nodes"] = at::tensor(std::vector<float>{0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0}).view({2, 2, 3});
    view.tensors["edges"] = at::tensor(std::vector<float>{0, 1, 1, 0}).view({2, 1, 2});
    return view;
}

}  // namespace

class TestGraphTargets : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void featuresAreTheAttributes() {
        const View view = graphs();
        const auto target = makeTarget("node_feature");
        QVERIFY(at::equal(target->compute({view}), view.tensor("nodes")));
        QCOMPARE(target->width(), 3);
        QVERIFY(!target->isCodes() && !target->hasPixels());
    }
    void kindsAreCodes() {
        const View view = graphs();
        const auto nodes = makeTarget("node_kind"), edges = makeTarget("edge_kind");
        QVERIFY(at::equal(nodes->compute({view}), at::tensor(std::vector<std::int64_t>{1, 2, 0, 0}).view({2, 2})));
        QVERIFY(at::equal(edges->compute({view}), at::tensor(std::vector<std::int64_t>{1, 0}).view({2, 1})));
        QCOMPARE(nodes->width(), 3);
        QCOMPARE(edges->width(), 2);
        QVERIFY(nodes->isCodes() && edges->isCodes());
    }
    void inputsWithoutKindsAreRefused() {
        const InputSpec numbers{GraphInput{.nodeFeatures = 3, .edgeFeatures = 2}}, bare{GraphInput{.nodeFeatures = 3, .categorical = true}};
        QVERIFY_EXCEPTION_THROWN(makeTarget("node_kind", numbers), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("edge_kind", numbers), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("edge_kind", bare), RecipeError);
        QVERIFY_EXCEPTION_THROWN(makeTarget("node_feature", InputSpec{TextInput{}}), RecipeError);
    }
};

MASKSCOPE_TEST(TestGraphTargets)
#include "tst_graph_targets.moc"
