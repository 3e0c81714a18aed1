#include "analysis/feature_record.h"

#include <cmath>

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

/// Patches of 2 x 2 whose features vary along the first channel and, less, along the third.
Features squares() {
    Features features;
    features.geometry = Geometry::grid(1, {2, 2});
    features.prefix = at::zeros({1, 1, 4});
    features.tokens = at::zeros({1, 4, 4});
    features.tokens[0].copy_(at::tensor({3.F, 9.F, 1.F, 9.F, 3.F, 9.F, -1.F, 9.F, -3.F, 9.F, 1.F, 9.F, -3.F, 9.F, -1.F, 9.F}).view({4, 4}));
    features.layers = {at::cat({features.prefix + 100.0, features.tokens * 0.5}, 1), at::zeros({1, 5, 4})};
    return features;
}

std::array<float, 3> colorOf(const FeatureRecord& record, std::size_t patch) {
    return {record.colors[3 * patch], record.colors[3 * patch + 1], record.colors[3 * patch + 2]};
}

}  // namespace

class TestFeatureRecord : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void colorsAreStretchedComponents();
    void layersAreThoseAskedForWithoutThePrefix();
    void flatFeaturesAreGrey();
    void whatCannotBeShownSaysWhy();
    void nodesAreOneRow();
    void embeddingsKeepSamplesAndLabels();
};

void TestFeatureRecord::colorsAreStretchedComponents() {
    const FeatureRecord record = featureRecord(squares(), std::nullopt, 7);
    QCOMPARE(record.step, std::int64_t{7});
    QCOMPARE(record.layer, std::int64_t{1});  // the last of two
    QCOMPARE(record.rows, std::int64_t{2});
    QCOMPARE(record.width, std::int64_t{4});
    QCOMPARE(record.colors.size(), std::size_t{12});
    QVERIFY(std::abs(record.explainedVariance[0] - 0.9) < 1e-5);
    QVERIFY(std::abs(record.explainedVariance[1] - 0.1) < 1e-5);
    QVERIFY(std::abs(record.explainedVariance[2]) < 1e-5);
    const auto first = colorOf(record, 0), last = colorOf(record, 3);
    QVERIFY(std::abs(first[0] - 1.F) < 1e-4F && std::abs(first[1] - 1.F) < 1e-4F);
    QVERIFY(std::abs(last[0]) < 1e-4F && std::abs(last[1]) < 1e-4F);
}

void TestFeatureRecord::layersAreThoseAskedForWithoutThePrefix() {
    const FeatureRecord last = featureRecord(squares(), std::nullopt, 0), first = featureRecord(squares(), 0, 0);
    QCOMPARE(first.layer, std::int64_t{0});
    QVERIFY(std::abs(first.explainedVariance[0] - last.explainedVariance[0]) < 1e-5);  // the prefix would take it all
    QVERIFY(std::abs(first.effectiveRank - last.effectiveRank) < 1e-4);
}

void TestFeatureRecord::flatFeaturesAreGrey() {
    const FeatureRecord record = featureRecord(squares(), 1, 0);
    for (const float value : record.colors) QCOMPARE(value, 0.5F);
    QCOMPARE(record.effectiveRank, 0.0);
}

void TestFeatureRecord::whatCannotBeShownSaysWhy() {
    QVERIFY_EXCEPTION_THROWN(featureRecord(squares(), 2, 0), UsageError);
    QVERIFY_EXCEPTION_THROWN(featureRecord(squares(), -1, 0), UsageError);
    Features dropped = squares();
    dropped.dropped = true;
    QVERIFY_EXCEPTION_THROWN(featureRecord(dropped, std::nullopt, 0), ShapeError);
    Features video = squares();
    video.geometry.shape = {1, 2, 2};
    QVERIFY_EXCEPTION_THROWN(featureRecord(video, std::nullopt, 0), ShapeError);
}

void TestFeatureRecord::nodesAreOneRow() {
    Features graph = squares();
    graph.geometry.kind = GeometryKind::Graph;
    const FeatureRecord nodes = featureRecord(graph, std::nullopt, 0), patches = featureRecord(squares(), std::nullopt, 0);
    QCOMPARE(nodes.rows, std::int64_t{1});
    QCOMPARE(nodes.columns, patches.rows * patches.columns);
    QCOMPARE(nodes.colors, patches.colors);
}

void TestFeatureRecord::embeddingsKeepSamplesAndLabels() {
    const EmbeddingRecord record = embeddingRecord(squares().tokens[0], {5, 2, 9, 7}, {0, 1, -1, 1}, 3);
    QCOMPARE(record.points.size(), std::size_t{4});
    QCOMPARE(record.points[2].sample, std::int64_t{9});
    QCOMPARE(record.points[2].label, -1);
    QVERIFY(std::abs(record.points[0].x - 3.F) < 1e-4F && std::abs(record.points[0].y - 1.F) < 1e-4F);
    QVERIFY(std::abs(record.explainedVariance[0] - 0.9) < 1e-5);
}

MASKSCOPE_TEST(TestFeatureRecord)
#include "tst_feature_record.moc"
