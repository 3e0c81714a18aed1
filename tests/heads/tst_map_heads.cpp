#include "heads/head.h"
#include "layers/initialization.h"
#include "tensor/gather.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 2, kRows = 2, kColumns = 3, kPatch = 4, kWidth = 8;

const InputSpec& inputSpec() {
    static const InputSpec input{ImageInput{.channels = 2,
                                            .height = kRows * kPatch,
                                            .width = kColumns * kPatch,
                                            .patchHeight = kPatch,
                                            .patchWidth = kPatch,
                                            .mean = {0.5},
                                            .std = {0.5}}};
    return input;
}

const std::vector<std::int64_t> kMapWidths{6, kWidth};

std::shared_ptr<Head> makeHead(const std::string& text, std::vector<std::int64_t> mapWidths = kMapWidths, std::int64_t target = kPatch * kPatch * 2) {
    const HeadContext context{inputSpec(), kWidth, target, std::move(mapWidths)};
    auto head = makeHeadRegistry().make(parseToml(text, "test"), "head", "kind", context);
    initializeParameters(*head, "xavier", 1);
    const torch::NoGradGuard noGrad;
    for (auto& item : head->named_parameters())
        if (item.key().find("residual_scale") != std::string::npos) item.value().fill_(0.7);
    head->eval();
    return head;
}

const at::Tensor& hidden() {
    static const at::Tensor mask = at::tensor({1.F, 0.F, 1.F, 0.F, 1.F, 1.F}).repeat({kBatch, 1});
    return mask;
}

/// What a network of convolutions says that left out the hidden places. @param elsewhere  the value of its maps there
Features sparseFeatures(const TokenSplit& split, double elsewhere = 0.0) {
    torch::manual_seed(1);
    const auto where = [&](std::int64_t side) {
        return hidden().view({kBatch, kRows, kColumns}).repeat_interleave(side, 1).repeat_interleave(side, 2).unsqueeze(-1).gt(0.5);
    };
    const auto map = [&](std::int64_t side, std::int64_t width) {
        return at::randn({kBatch, kRows * side, kColumns * side, width}).masked_fill(where(side), elsewhere);
    };
    Features features;
    features.dropped = true;
    features.maps = {map(2, kMapWidths[0]), map(1, kWidth)};
    features.tokens = takeTokens(features.maps.back().flatten(1, 2), split.visible);
    features.geometry = Geometry::grid(kBatch, {kRows, kColumns});
    return features;
}

void addHeads() {
    QTest::addColumn<QString>("head");
    QTest::newRow("ConvNeXt block") << "kind = \"convnext\"\nwidth = 8\nkernel = 3";
    QTest::newRow("pyramid, layer norms") << "kind = \"pyramid\"\nwidth = 16";
    QTest::newRow("pyramid of the map's width, batch norms") << "kind = \"pyramid\"\nwidth = 8\nnorm = \"batch\"";
}

QString complaintAbout(const std::string& text, std::vector<std::int64_t> mapWidths, std::int64_t target = kPatch * kPatch * 2) {
    try {
        makeHead(text, std::move(mapWidths), target);
    } catch (const RecipeError& error) {
        return error.what();
    }
    return {};
}

}  // namespace

/// Heads over the maps of networks of convolutions.
class TestMapHeads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void chosenRowsAreRowsOfAll_data() { addHeads(); }
    void chosenRowsAreRowsOfAll();
    void hiddenPlacesHoldTheMaskToken_data() { addHeads(); }
    void hiddenPlacesHoldTheMaskToken();
    void everyParameterGetsAFiniteGradient_data() { addHeads(); }
    void everyParameterGetsAFiniteGradient();
    void pyramidsReadEveryMap();
    void pyramidsSayWhatTheyNeed();
};

void TestMapHeads::chosenRowsAreRowsOfAll() {
    QFETCH(QString, head);
    const auto made = makeHead(head.toStdString());
    const TokenSplit split = splitTokens(hidden(), {});
    const Features features = sparseFeatures(split);
    const at::Tensor all = made->forward(features, &split, TokenChoice::All);
    QCOMPARE(all.sizes().vec(), (std::vector<std::int64_t>{kBatch, kRows * kColumns, kPatch * kPatch * 2}));
    QVERIFY(at::allclose(made->forward(features, &split, TokenChoice::Hidden), takeTokens(all, split.hidden), 1e-5, 1e-6));
    QVERIFY(at::allclose(made->forward(features, &split, TokenChoice::Visible), takeTokens(all, split.visible), 1e-5, 1e-6));
}

void TestMapHeads::hiddenPlacesHoldTheMaskToken() {
    QFETCH(QString, head);
    const auto made = makeHead(head.toStdString());
    const TokenSplit split = splitTokens(hidden(), {});
    const at::Tensor before = made->forward(sparseFeatures(split), &split, TokenChoice::All);
    QVERIFY(at::equal(before, made->forward(sparseFeatures(split, 9.0), &split, TokenChoice::All)));  // whatever maps hold there
    for (auto& item : made->named_parameters())
        if (item.key().ends_with("mask_token")) {
            const torch::NoGradGuard noGrad;
            item.value().normal_();
        }
    QVERIFY(!at::allclose(before, made->forward(sparseFeatures(split), &split, TokenChoice::All)));
}

void TestMapHeads::everyParameterGetsAFiniteGradient() {
    QFETCH(QString, head);
    const auto made = makeHead(head.toStdString());
    made->train();
    const TokenSplit split = splitTokens(hidden(), {});
    const at::Tensor said = made->forward(sparseFeatures(split), &split, TokenChoice::Hidden);
    (said * at::randn_like(said)).sum().backward();
    for (const auto& item : made->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
        QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
        QVERIFY2(item.value().grad().abs().max().item<double>() > 0.0, item.key().c_str());
    }
}

void TestMapHeads::pyramidsReadEveryMap() {
    const auto made = makeHead("kind = \"pyramid\"\nwidth = 16");
    const TokenSplit split = splitTokens(hidden(), {});
    const Features features = sparseFeatures(split);
    const at::Tensor before = made->forward(features, &split, TokenChoice::All);
    for (std::size_t map = 0; map < features.maps.size(); ++map) {
        Features changed = features;
        changed.maps[map] = features.maps[map] + at::randn_like(features.maps[map]);
        QVERIFY(!at::allclose(before, made->forward(changed, &split, TokenChoice::All)));
    }
}

void TestMapHeads::pyramidsSayWhatTheyNeed() {
    QVERIFY(complaintAbout("kind = \"pyramid\"\nwidth = 16", {}).contains("choose encoder 'resnet'"));
    QVERIFY(complaintAbout("kind = \"pyramid\"\nwidth = 16", kMapWidths, 5).contains("choose target 'pixel'"));
    QVERIFY(complaintAbout("kind = \"pyramid\"\nwidth = 18", kMapWidths).contains("multiple of the patch side 4"));
}

MASKSCOPE_TEST(TestMapHeads)
#include "tst_map_heads.moc"
