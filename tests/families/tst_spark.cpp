#include <torch/torch.h>

#include <QtTest>

#include <fmt/format.h>

#include "core/error.h"
#include "families/family.h"
#include "families/recognised_weights.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kSide = 64, kStride = 32, kGrid = kSide / kStride, kWidth = 32;  // two by two patches, a narrow decoder

/// A state dict under construction, in the names of SparK's code.
struct Made {
    NamedTensors tensors;

    void add(const std::string& name, const at::Tensor& value) { tensors.emplace_back(name, value); }
    void conv(const std::string& name, std::vector<std::int64_t> shape, bool bias = false) {
        std::int64_t inputs = 1;
        for (std::size_t i = 1; i < shape.size(); ++i) inputs *= shape[i];
        add(name + ".weight", at::randn(shape) / std::sqrt(static_cast<double>(inputs)));
        if (bias) add(name + ".bias", at::randn({name.find("up_sample") == std::string::npos ? shape[0] : shape[1]}) * 0.1);
    }
    void norm(const std::string& name, std::int64_t width, bool running) {
        add(name + ".weight", at::rand({width}) + 0.5);
        add(name + ".bias", at::randn({width}) * 0.1);
        if (!running) return;
        add(name + ".running_mean", at::randn({width}) * 0.1);
        add(name + ".running_var", at::rand({width}) + 0.5);
        add(name + ".num_batches_tracked", at::ones({}, at::kLong));
    }
    at::Tensor get(const std::string& name) const {
        for (const auto& [known, value] : tensors)
            if (known == name) return value;
        return {};
    }
};

const std::string kNetwork = "sparse_encoder.sp_cnn.";

Made resNet(const std::string& prefix) {
    Made made;
    made.conv(prefix + "conv1", {4, 3, 7, 7});
    made.norm(prefix + "bn1", 4, true);
    std::int64_t inputs = 4;
    for (int stage = 0; stage < 4; ++stage)
        for (int i = 0; i < (stage == 0 ? 2 : 1); ++i) {
            const std::int64_t width = 4 << stage;
            const std::string block = fmt::format("{}layer{}.{}.", prefix, stage + 1, i);
            made.conv(block + "conv1", {width, inputs, 1, 1});
            made.norm(block + "bn1", width, true);
            made.conv(block + "conv2", {width, width, 3, 3});
            made.norm(block + "bn2", width, true);
            made.conv(block + "conv3", {4 * width, width, 1, 1});
            made.norm(block + "bn3", 4 * width, true);
            if (i == 0) {
                made.conv(block + "downsample.0", {4 * width, inputs, 1, 1});
                made.norm(block + "downsample.1", 4 * width, true);
            }
            inputs = 4 * width;
        }
    return made;
}

Made convNext(const std::string& prefix) {
    Made made;
    for (int stage = 0; stage < 4; ++stage) {
        const std::int64_t width = 4 << stage, before = stage == 0 ? 3 : width / 2, side = stage == 0 ? 4 : 2;
        const std::string down = fmt::format("{}downsample_layers.{}.", prefix, stage);
        made.conv(down + (stage == 0 ? "0" : "1"), {width, before, side, side}, true);
        made.norm(down + (stage == 0 ? "1" : "0"), stage == 0 ? width : before, false);
        const std::string block = fmt::format("{}stages.{}.0.", prefix, stage);
        made.conv(block + "dwconv", {width, 1, 7, 7}, true);
        made.norm(block + "norm", width, false);
        made.conv(block + "pwconv1", {4 * width, width}, true);
        made.conv(block + "pwconv2", {width, 4 * width}, true);
        made.add(block + "gamma", at::rand({width}));
    }
    return made;
}

/// @param widths  of the encoder's maps, the coarsest first
void addDecoder(Made& made, const std::vector<std::int64_t>& widths, bool running) {
    for (int i = 0; i < 5; ++i) {
        const std::int64_t width = kWidth >> i;
        if (i < 4) {
            const std::int64_t mapWidth = widths[static_cast<std::size_t>(i)];
            made.add(fmt::format("mask_tokens.{}", i), at::randn({1, mapWidth, 1, 1}));
            made.norm(fmt::format("densify_norms.{}", i), mapWidth, running);
            if (i > 0 || mapWidth != width) made.conv(fmt::format("densify_projs.{}", i), {width, mapWidth, i > 0 ? 3 : 1, i > 0 ? 3 : 1}, true);
        }
        const std::string block = fmt::format("dense_decoder.dec.{}.", i);
        made.conv(block + "up_sample", {width, width, 4, 4}, true);
        made.conv(block + "conv.0", {width, width, 3, 3});
        made.norm(block + "conv.1", width, true);
        made.conv(block + "conv.3", {width / 2, width, 3, 3});
        made.norm(block + "conv.4", width / 2, true);
    }
    made.conv("dense_decoder.proj", {3, kWidth >> 5, 1, 1}, true);
    made.add("imn_m", at::empty({1, 3, 1, 1}));
    made.add("imn_s", at::empty({1, 3, 1, 1}));
    made.add("norm_black", at::zeros({1, 3, kSide, kSide}));
}

/// SparK step by step, in maps [B, D, h, w]: what its code does, operator by operator, in evaluation.
struct Reference {
    const Made& w;
    std::string prefix;
    at::Tensor active;  // [B, 1, f, f]

    at::Tensor weight(const std::string& name) const { return w.get(name + ".weight"); }
    at::Tensor masked(const at::Tensor& x) const {
        const std::int64_t times = x.size(2) / active.size(2);
        return x * active.repeat_interleave(times, 2).repeat_interleave(times, 3);
    }
    at::Tensor batchNorm(const at::Tensor& x, const std::string& name) const {
        return at::batch_norm(x, weight(name), w.get(name + ".bias"), w.get(name + ".running_mean"), w.get(name + ".running_var"), false, 0.1, 1e-5,
                              false);
    }
    at::Tensor layerNorm(const at::Tensor& x, const std::string& name) const {
        return at::layer_norm(x.permute({0, 2, 3, 1}), {x.size(1)}, weight(name), w.get(name + ".bias"), 1e-6).permute({0, 3, 1, 2});
    }
    at::Tensor conv(const at::Tensor& x, const std::string& name, std::int64_t stride, std::int64_t padding, std::int64_t groups = 1) const {
        return at::conv2d(x, weight(name), w.get(name + ".bias"), stride, padding, 1, groups);
    }

    std::vector<at::Tensor> resNet(const at::Tensor& pixels) const {
        at::Tensor x =
            masked(at::max_pool2d(at::relu(masked(batchNorm(masked(conv(masked(pixels), prefix + "conv1", 2, 3)), prefix + "bn1"))), 3, 2, 1));
        std::vector<at::Tensor> maps;
        for (int stage = 0; stage < 4; ++stage) {
            for (int i = 0; i < (stage == 0 ? 2 : 1); ++i) {
                const std::string block = fmt::format("{}layer{}.{}.", prefix, stage + 1, i);
                const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
                at::Tensor y = at::relu(masked(batchNorm(conv(x, block + "conv1", 1, 0), block + "bn1")));
                y = at::relu(masked(batchNorm(conv(y, block + "conv2", stride, 1), block + "bn2")));
                y = masked(batchNorm(conv(y, block + "conv3", 1, 0), block + "bn3"));
                if (i == 0) x = masked(batchNorm(conv(x, block + "downsample.0", stride, 0), block + "downsample.1"));
                x = at::relu(x + y);
            }
            maps.push_back(x);
        }
        return maps;
    }

    std::vector<at::Tensor> convNext(const at::Tensor& pixels) const {
        std::vector<at::Tensor> maps;
        at::Tensor x = masked(pixels);
        for (int stage = 0; stage < 4; ++stage) {
            const std::string down = fmt::format("{}downsample_layers.{}.", prefix, stage), block = fmt::format("{}stages.{}.0.", prefix, stage);
            x = stage == 0 ? masked(layerNorm(conv(x, down + "0", 4, 0), down + "1"))
                           : masked(conv(masked(layerNorm(x, down + "0")), down + "1", 2, 0));
            at::Tensor y = masked(layerNorm(conv(x, block + "dwconv", 1, 3, x.size(1)), block + "norm")).permute({0, 2, 3, 1});
            y = at::linear(at::gelu(at::linear(y, weight(block + "pwconv1"), w.get(block + "pwconv1.bias"))), weight(block + "pwconv2"),
                           w.get(block + "pwconv2.bias"));
            x = x + masked((y * w.get(block + "gamma")).permute({0, 3, 1, 2}));
            maps.push_back(x);
        }
        return maps;
    }

    at::Tensor decoded(std::vector<at::Tensor> maps, bool batchNorms) const {
        std::reverse(maps.begin(), maps.end());
        at::Tensor x;
        for (int i = 0; i < 5; ++i) {
            if (i < 4) {
                const std::string norm = fmt::format("densify_norms.{}", i), projection = fmt::format("densify_projs.{}", i);
                at::Tensor map = maps[static_cast<std::size_t>(i)];
                const std::int64_t times = map.size(2) / active.size(2);
                const at::Tensor here = active.repeat_interleave(times, 2).repeat_interleave(times, 3).gt(0.5);
                map = at::where(here, batchNorms ? batchNorm(map, norm) : layerNorm(map, norm), w.get(fmt::format("mask_tokens.{}", i)));
                if (weight(projection).defined()) map = conv(map, projection, 1, i == 0 ? 0 : 1);
                x = x.defined() ? x + map : map;
            }
            const std::string block = fmt::format("dense_decoder.dec.{}.", i);
            x = at::conv_transpose2d(x, weight(block + "up_sample"), w.get(block + "up_sample.bias"), 2, 1);
            x = at::clamp(batchNorm(conv(x, block + "conv.0", 1, 1), block + "conv.1"), 0, 6);
            x = batchNorm(conv(x, block + "conv.3", 1, 1), block + "conv.4");
        }
        return conv(x, "dense_decoder.proj", 1, 0);
    }
};

/// Mean squared error on hidden patches, whose pixels are normed with the unbiased variance.
double lossOf(const at::Tensor& pixels, const at::Tensor& painted, const at::Tensor& active) {
    const auto patches = [](const at::Tensor& x) {
        return x.reshape({x.size(0), 3, kGrid, kStride, kGrid, kStride}).permute({0, 2, 4, 3, 5, 1}).reshape({x.size(0), kGrid * kGrid, -1});
    };
    const at::Tensor truth = patches(pixels), normed = (truth - truth.mean(-1, true)) / (truth.var(-1, true, true) + 1e-6).sqrt();
    const at::Tensor hidden = 1 - active.flatten(1), each = (patches(painted) - normed).square().mean(-1);
    return ((each * hidden).sum() / hidden.sum()).item<double>();
}

at::Tensor answerOf(const NamedTensors& outputs, const std::string& name) {
    for (const auto& [known, value] : outputs)
        if (known == name) return value;
    return {};
}

OpenedModel open(const NamedTensors& tensors) {
    ModelWeights weights(tensors, "spark.pth");
    ModelConfig config = recogniseWeights(weights);
    return openFamilyModel(std::move(config), weights);
}

}  // namespace

/// The files that SparK's authors publish: whole ones, and encoders alone.
class TestSpark : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(8); }
    void wholeFilesPaintAsTheirCodeDoes_data();
    void wholeFilesPaintAsTheirCodeDoes();
    void encodersAloneGiveTheirMaps_data();
    void encodersAloneGiveTheirMaps();
};

void TestSpark::wholeFilesPaintAsTheirCodeDoes_data() {
    QTest::addColumn<bool>("isResNet");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("ResNet, as training saves it") << true << "module.";
    QTest::newRow("ConvNeXt, as training saves it") << false << "module.";
    QTest::newRow("ResNet, the state dict alone") << true << "";
}

void TestSpark::wholeFilesPaintAsTheirCodeDoes() {
    QFETCH(bool, isResNet);
    QFETCH(QString, prefix);
    const torch::NoGradGuard noGrad;
    Made made = isResNet ? resNet(kNetwork) : convNext(kNetwork);
    addDecoder(made, isResNet ? std::vector<std::int64_t>{128, 64, 32, 16} : std::vector<std::int64_t>{32, 16, 8, 4}, isResNet);
    NamedTensors file;
    for (const auto& [name, value] : made.tensors) file.emplace_back(prefix.toStdString() + name, value);
    const OpenedModel opened = open(file);
    QVERIFY2(opened.card.unexpected.empty(), opened.card.unexpected.empty() ? "" : opened.card.unexpected.front().c_str());
    const at::Tensor pixels = at::randn({2, 3, kSide, kSide}),
                     active = at::tensor({1.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F, 1.F}).view({2, 1, kGrid, kGrid});
    const NamedTensors outputs = runForward(*opened.model, {{"inp_bchw", pixels}, {"active_b1ff", active.gt(0.5)}});
    const Reference reference{made, kNetwork, active};
    const std::vector<at::Tensor> maps = isResNet ? reference.resNet(pixels) : reference.convNext(pixels);
    for (std::size_t i = 0; i < maps.size(); ++i) {
        const at::Tensor found = answerOf(outputs, fmt::format("hidden_states.{}", i));
        QVERIFY2(at::allclose(found, maps[i], 1e-4, 1e-4), qPrintable(QString("map %1").arg(i)));
    }
    const at::Tensor painted = reference.decoded(maps, isResNet), found = answerOf(outputs, "reconstruction");
    QVERIFY(at::allclose(found, painted, 1e-3, 1e-3));
    const double expected = lossOf(pixels, painted, active);
    QVERIFY(std::abs(answerOf(outputs, "loss").item<double>() - expected) < 1e-3 * expected);
    const auto method = opened.model->asMethod({});
    QCOMPARE(method->recipe.find("encoder")->find("sees")->asString(), std::string("sparse"));
    QCOMPARE(method->recipe.find("input")->find("size")->asArray().front().asInteger(), kSide);
}

void TestSpark::encodersAloneGiveTheirMaps_data() {
    QTest::addColumn<bool>("isResNet");
    QTest::newRow("resnet50_1kpretrained_timm_style.pth, smaller") << true;
    QTest::newRow("convnext_small_1kpretrained_timm_style.pth, smaller") << false;
}

void TestSpark::encodersAloneGiveTheirMaps() {
    QFETCH(bool, isResNet);
    const torch::NoGradGuard noGrad;
    const Made made = isResNet ? resNet("") : convNext("");
    const OpenedModel opened = open(made.tensors);
    QVERIFY(opened.card.unexpected.empty());
    const at::Tensor pixels = at::randn({2, 3, kSide, kSide});
    const NamedTensors outputs = runForward(*opened.model, {{"inp_bchw", pixels}});
    const Reference reference{made, "", at::ones({2, 1, kGrid, kGrid})};
    const std::vector<at::Tensor> maps = isResNet ? reference.resNet(pixels) : reference.convNext(pixels);
    QVERIFY(at::allclose(answerOf(outputs, "hidden_states.3"), maps[3], 1e-4, 1e-4));
    QVERIFY(!answerOf(outputs, "reconstruction").defined());
    QVERIFY(opened.model->asMethod({})->recipe.find("only_looks")->asBool());
    QVERIFY_EXCEPTION_THROWN(runForward(*opened.model, {{"inp_bchw", at::randn({1, 3, 16, 64})}}), DataError);
}

MASKSCOPE_TEST(TestSpark)
#include "tst_spark.moc"
