#include "tensor/spectrum.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

at::Tensor randomRows(std::int64_t rows, std::int64_t width, std::uint64_t seed) {
    at::Generator generator = at::detail::createCPUGenerator(seed);
    return at::randn({rows, width}, generator, at::kFloat);
}

bool isNear(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

}  // namespace

class TestSpectrum : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ranksHaveClosedForms_data();
    void ranksHaveClosedForms();
    void ranksDoNotDependOnScaleOrderOrRotation();
    void componentsOfAnEllipseAreItsAxes();
    void scoresKeepDistancesWhereAllComponentsAreTaken();
    void signsAreAlwaysTheSame();
    void componentsBeyondThoseThatThereAreAreZero();
    void rowsThatDoNotVaryHaveNoComponents();
    void valuesThatAreNotFiniteAreTold();
    void onlyMatricesAreTaken();
};

void TestSpectrum::ranksHaveClosedForms_data() {
    QTest::addColumn<QList<double>>("singular");
    QTest::addColumn<double>("rank");
    QTest::newRow("one direction") << QList<double>{5.0, 0.0, 0.0} << 1.0;
    QTest::newRow("three alike") << QList<double>{2.0, 2.0, 2.0} << 3.0;
    QTest::newRow("two alike of three") << QList<double>{7.0, 7.0, 0.0} << 2.0;
    QTest::newRow("one to three") << QList<double>{3.0, 1.0, 0.0} << std::exp(-(0.75 * std::log(0.75) + 0.25 * std::log(0.25)));
    QTest::newRow("nothing") << QList<double>{0.0, 0.0, 0.0} << 0.0;
}

void TestSpectrum::ranksHaveClosedForms() {
    QFETCH(QList<double>, singular);
    QFETCH(double, rank);
    at::Tensor rows = at::zeros({5, 3});  // more rows than columns, and turned round
    for (int i = 0; i < 3; ++i) rows[i][i] = singular[i];
    QVERIFY2(isNear(effectiveRank(rows), rank, 1e-5), qPrintable(QString::number(effectiveRank(rows))));
    QVERIFY(isNear(effectiveRank(rows.t()), rank, 1e-5));
}

void TestSpectrum::ranksDoNotDependOnScaleOrderOrRotation() {
    const at::Tensor rows = randomRows(40, 6, 1);
    const at::Tensor rotation = std::get<0>(at::linalg_qr(randomRows(6, 6, 2)));
    const double rank = effectiveRank(rows);
    QVERIFY(rank > 4.0 && rank <= 6.0);
    QVERIFY(isNear(effectiveRank(rows * 1e4), rank, 1e-4));
    QVERIFY(isNear(effectiveRank(rows.flip(0)), rank, 1e-4));
    QVERIFY(isNear(effectiveRank(at::matmul(rows, rotation)), rank, 1e-4));
}

void TestSpectrum::componentsOfAnEllipseAreItsAxes() {
    at::Tensor rows = at::zeros({4, 3});  // axes of length 3 and 1 around (10, 20, 30)
    rows[0][0] = 3.0;
    rows[1][0] = -3.0;
    rows[2][2] = 1.0;
    rows[3][2] = -1.0;
    const PrincipalComponents found = principalComponents(rows + at::tensor({10.F, 20.F, 30.F}), 2);
    QVERIFY(isNear(found.explainedVariance[0], 0.9, 1e-5));
    QVERIFY(isNear(found.explainedVariance[1], 0.1, 1e-5));
    QVERIFY(at::allclose(found.scores, at::tensor({3.F, 0.F, -3.F, 0.F, 0.F, 1.F, 0.F, -1.F}).view({4, 2}), 1e-4, 1e-4));
    QVERIFY(isNear(found.effectiveRank, std::exp(-(0.75 * std::log(0.75) + 0.25 * std::log(0.25))), 1e-4));
}

void TestSpectrum::scoresKeepDistancesWhereAllComponentsAreTaken() {
    const at::Tensor rows = randomRows(12, 5, 3);
    const PrincipalComponents found = principalComponents(rows, 5);
    QVERIFY(at::allclose(at::cdist(rows, rows), at::cdist(found.scores, found.scores), 1e-3, 1e-3));
    double sum = 0.0;
    for (const double share : found.explainedVariance) sum += share;
    QVERIFY(isNear(sum, 1.0, 1e-6));
    QVERIFY(std::is_sorted(found.explainedVariance.rbegin(), found.explainedVariance.rend()));
}

void TestSpectrum::signsAreAlwaysTheSame() {
    const at::Tensor rows = randomRows(30, 4, 4);
    const at::Tensor scores = principalComponents(rows, 3).scores;
    QVERIFY(at::allclose(principalComponents(rows * 2.0, 3).scores, scores * 2.0, 1e-3, 1e-3));
    const at::Tensor shuffled = principalComponents(rows.flip(0), 3).scores;
    QVERIFY(at::allclose(shuffled.flip(0), scores, 1e-3, 1e-3));
}

void TestSpectrum::componentsBeyondThoseThatThereAreAreZero() {
    const PrincipalComponents found = principalComponents(randomRows(2, 3, 5), 5);
    QCOMPARE(found.scores.sizes().vec(), (std::vector<std::int64_t>{2, 5}));
    QCOMPARE(found.scores.narrow(1, 2, 3).abs().sum().item<double>(), 0.0);
    QVERIFY(isNear(found.explainedVariance[0], 1.0, 1e-6));
    QCOMPARE(found.explainedVariance[4], 0.0);
}

void TestSpectrum::rowsThatDoNotVaryHaveNoComponents() {
    const PrincipalComponents found = principalComponents(at::full({6, 4}, 2.0F), 3);
    QCOMPARE(found.scores.abs().sum().item<double>(), 0.0);
    QCOMPARE(found.explainedVariance, (std::vector<double>{0.0, 0.0, 0.0}));
    QCOMPARE(found.effectiveRank, 0.0);
    QCOMPARE(effectiveRank(at::zeros({0, 4})), 0.0);
}

void TestSpectrum::valuesThatAreNotFiniteAreTold() {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        at::Tensor rows = randomRows(8, 4, 6);
        rows[3][2] = bad;
        QVERIFY(std::isnan(effectiveRank(rows)));
        QVERIFY_EXCEPTION_THROWN(principalComponents(rows, 2), DataError);
    }
}

void TestSpectrum::onlyMatricesAreTaken() {
    QVERIFY_EXCEPTION_THROWN(effectiveRank(at::zeros({2, 3, 4})), ShapeError);
    QVERIFY_EXCEPTION_THROWN(principalComponents(at::zeros({3}), 1), ShapeError);
}

MASKSCOPE_TEST(TestSpectrum)
#include "tst_spectrum.moc"
