#include "analysis/mask_lab.h"

#include <numeric>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

MaskLabRequest request(std::vector<std::string> strategies) {
    return {.strategies = std::move(strategies), .ratios = {0.25, 0.5, 0.75}, .seeds = {7}, .draws = 400};
}

std::int64_t hiddenIn(const std::vector<std::uint8_t>& mask) { return std::accumulate(mask.begin(), mask.end(), std::int64_t{0}); }

}  // namespace

class TestMaskLab : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsAreTheRatiosAsked();
    void seedsMakeRowsToo();
    void probabilitiesAndHistogramsAreOfTheMiddleRatio();
    void strategiesWithSettingsKeepThem();
    void oneThatCannotBeDrawnSaysWhyAndTheOthersAreThere();
    void equalRequestsGiveEqualSheets();
    void stoppingGivesNothing();
    void graphsHaveNoPlane();
};

void TestMaskLab::rowsAreTheRatiosAsked() {
    const auto sheet = drawMaskLab(request({"random", "block"}), Geometry::grid(1, {4, 6}));
    QCOMPARE(sheet->gridRows, std::int64_t{4});
    QCOMPARE(sheet->gridColumns, std::int64_t{6});
    QCOMPARE(sheet->rowNames, (std::vector<std::string>{"25 %", "50 %", "75 %"}));
    QCOMPARE(sheet->strategies.size(), std::size_t{2});
    for (const auto& strategy : sheet->strategies) {
        QVERIFY2(strategy.problem.empty(), strategy.problem.c_str());
        for (std::size_t row = 0; row < 3; ++row) QCOMPARE(hiddenIn(strategy.masks[row]), std::int64_t(6 * (row + 1)));
    }
}

void TestMaskLab::seedsMakeRowsToo() {
    const MaskLabRequest seeds{.strategies = {"random"}, .ratios = {0.5}, .seeds = {1, 2, 3}, .draws = 10};
    const auto sheet = drawMaskLab(seeds, Geometry::grid(1, {8, 8}));
    QCOMPARE(sheet->rowNames, (std::vector<std::string>{"seed 1", "seed 2", "seed 3"}));
    const auto& masks = sheet->strategies[0].masks;
    QVERIFY(masks[0] != masks[1] && masks[1] != masks[2]);
}

void TestMaskLab::probabilitiesAndHistogramsAreOfTheMiddleRatio() {
    const auto sheet = drawMaskLab(request({"random"}), Geometry::grid(1, {4, 6}));
    const auto& random = sheet->strategies[0];
    QVERIFY(std::abs(random.hiddenRatio - 0.5) < 1e-6);
    QCOMPARE(random.hiddenProbability.size(), std::size_t{24});
    for (const float probability : random.hiddenProbability) QVERIFY(probability > 0.35F && probability < 0.65F);  // 6 deviations of 400 draws
    const auto& distances = random.visibleDistance;
    QCOMPARE(std::accumulate(distances.counts.begin(), distances.counts.end(), std::int64_t{0}), std::int64_t{400 * 12});
    QVERIFY(distances.low == 1.0 && distances.mean >= 1.0 && distances.mean < 1.5);
    const auto& clusters = random.clusterSize;
    const auto count = static_cast<double>(std::accumulate(clusters.counts.begin(), clusters.counts.end(), std::int64_t{0}));
    QVERIFY(std::abs(clusters.mean * count - 400 * 12) < 1e-6 * 400 * 12);  // every hidden patch is in one cluster
}

void TestMaskLab::strategiesWithSettingsKeepThem() {
    const auto sheet = drawMaskLab(request({"random:ratio=0.5", "random:unit=2"}), Geometry::grid(1, {4, 6}));
    for (const auto& mask : sheet->strategies[0].masks) QCOMPARE(hiddenIn(mask), std::int64_t{12});
    for (const auto& mask : sheet->strategies[1].masks) QCOMPARE(mask[0], mask[7]);  // units of 2 x 2
}

void TestMaskLab::oneThatCannotBeDrawnSaysWhyAndTheOthersAreThere() {
    const auto sheet = drawMaskLab(request({"random:unit=5", "randon", "random"}), Geometry::grid(1, {4, 6}));
    QVERIFY(sheet->strategies[0].problem.find("does not divide") != std::string::npos);
    QVERIFY(sheet->strategies[1].problem.find("did you mean 'random'") != std::string::npos);
    QVERIFY(sheet->strategies[1].masks.empty());
    QVERIFY(sheet->strategies[2].problem.empty());
}

void TestMaskLab::equalRequestsGiveEqualSheets() {
    const auto once = drawMaskLab(request({"block"}), Geometry::grid(1, {6, 6})), again = drawMaskLab(request({"block"}), Geometry::grid(1, {6, 6}));
    QCOMPARE(once->strategies[0].masks, again->strategies[0].masks);
    QCOMPARE(once->strategies[0].hiddenProbability, again->strategies[0].hiddenProbability);
}

void TestMaskLab::stoppingGivesNothing() {
    std::stop_source source;
    source.request_stop();
    QVERIFY(!drawMaskLab(request({"random"}), Geometry::grid(1, {4, 4}), source.get_token()));
}

void TestMaskLab::graphsHaveNoPlane() {
    Geometry graph = Geometry::grid(1, {9});
    graph.kind = GeometryKind::Graph;
    QVERIFY_EXCEPTION_THROWN(drawMaskLab(request({"random"}), graph), ShapeError);
    QVERIFY_EXCEPTION_THROWN(drawMaskLab(request({"random"}), Geometry::grid(1, {2, 3, 3})), ShapeError);
}

MASKSCOPE_TEST(TestMaskLab)
#include "tst_mask_lab.moc"
