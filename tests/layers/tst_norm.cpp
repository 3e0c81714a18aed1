#include "layers/norm.h"

#include <torch/torch.h>

#include <QtTest>

#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kWidth = 5;
constexpr double kEps = 1e-5;

/// Two small maps, of whose places some are hidden.
struct Places {
    at::Tensor x = at::randn({2, 3, 4, kWidth}, at::kDouble).mul(2.0).add(1.0);
    at::Tensor visible = at::rand({2, 3, 4, 1}).gt(0.4).to(at::kDouble);
    at::Tensor rows() const { return x.reshape({-1, kWidth}).index({visible.reshape(-1).gt(0.5)}); }
};

std::shared_ptr<Norm> madeNorm(const char* kind) {
    auto norm = std::make_shared<Norm>(kind, kWidth, kEps);
    norm->to(at::kDouble);
    const torch::NoGradGuard noGrad;
    for (auto& item : norm->named_parameters()) item.value().copy_(at::linspace(0.5, 1.5, kWidth));
    return norm;
}

}  // namespace

/// Norms of places of which some are hidden.
class TestNorm : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(3); }
    void batchNormCountsVisiblePlacesAlone();
    void hiddenPlacesComeOutAsZero_data();
    void hiddenPlacesComeOutAsZero();
    void mapsAndTokensAreNormedAlike();
};

void TestNorm::batchNormCountsVisiblePlacesAlone() {
    const Places places;
    const auto sparse = madeNorm("batch"), plain = madeNorm("batch");
    const at::Tensor found = sparse->forward(places.x, places.visible), expected = plain->forward(places.rows().unsqueeze(0)).squeeze(0);
    QVERIFY(at::allclose(found.reshape({-1, kWidth}).index({places.visible.reshape(-1).gt(0.5)}), expected, 1e-10, 1e-12));
    QVERIFY(!at::allclose(found * places.visible, madeNorm("batch")->forward(places.x) * places.visible, 1e-3, 1e-3));
    for (const char* name : {"running_mean", "running_var"})
        QVERIFY2(at::allclose(sparse->named_buffers()[name], plain->named_buffers()[name], 1e-10, 1e-12), name);
    sparse->eval();
    plain->eval();
    QVERIFY(at::allclose(sparse->forward(places.x, places.visible), plain->forward(places.x) * places.visible, 1e-10, 1e-12));
}

void TestNorm::hiddenPlacesComeOutAsZero_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"layer", "rms", "batch"}) QTest::newRow(kind) << kind;
}

void TestNorm::hiddenPlacesComeOutAsZero() {
    QFETCH(QString, kind);
    const Places places;
    const auto norm = madeNorm(qPrintable(kind));
    const at::Tensor found = norm->forward(places.x, places.visible);
    QVERIFY(at::equal(found * (1 - places.visible), at::zeros_like(found)));
    const at::Tensor changed = places.x + (1 - places.visible) * 7.0;
    const auto same = madeNorm(qPrintable(kind));
    QVERIFY(at::allclose(found, same->forward(changed, places.visible), 1e-12, 1e-12));
}

void TestNorm::mapsAndTokensAreNormedAlike() {
    const Places places;
    const at::Tensor map = madeNorm("batch")->forward(places.x), tokens = madeNorm("batch")->forward(places.x.flatten(1, 2));
    QVERIFY(at::allclose(map.flatten(1, 2), tokens, 1e-10, 1e-12));
}

MASKSCOPE_TEST(TestNorm)
#include "tst_norm.moc"
