#include "core/error.h"
#include "core/toml.h"
#include "data/domain.h"
#include "data/images/array_dataset.h"
#include "data/images/cache.h"
#include "data/images/image_views.h"
#include "data/loader.h"
#include "data/split.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "data/made_files.h"
#include "support/made_jpeg.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// n grey noise pictures whose label is their number.
std::shared_ptr<const ImageDataset> noiseSet(std::int64_t count, std::int64_t side = 8, std::int64_t channels = 1) {
    ImageArray array{.path = "noise", .form = "test", .count = count, .height = side, .width = side, .channels = channels};
    RandomStream random(1, "noise set");
    for (std::int64_t i = 0; i < count * side * side * channels; ++i) array.values8.push_back(static_cast<std::uint8_t>(random.next()));
    for (std::int64_t i = 0; i < count; ++i) array.labels.push_back(i);
    return makeArrayDataset(std::move(array));
}

ImageInput inputOf(std::int64_t side, std::int64_t channels = 1) {
    ImageInput input;
    input.channels = channels;
    input.height = input.width = side;
    input.patchHeight = input.patchWidth = side / 2;
    input.mean = {0.5};
    input.std = {0.25};
    return input;
}

Augmentation everything() {
    Augmentation::Params params;
    params.crop = Augmentation::Crop::RandomResized;
    params.brightness = params.contrast = 0.4;
    params.blur = 0.5;
    return Augmentation(params);
}

bool sameBits(const at::Tensor& a, const at::Tensor& b) {
    return a.sizes() == b.sizes() && std::memcmp(a.data_ptr(), b.data_ptr(), static_cast<std::size_t>(a.nbytes())) == 0;
}

bool sameBatch(const LoadedBatch& a, const LoadedBatch& b) {
    bool same = a.step == b.step && a.index == b.index && sameBits(a.labels, b.labels) && a.views.size() == b.views.size();
    for (std::size_t v = 0; same && v < a.views.size(); ++v)
        same = sameBits(a.views[v].pixels(), b.views[v].pixels()) && sameBits(a.views[v].augmentation, b.views[v].augmentation) &&
               a.views[v].sampleIds == b.views[v].sampleIds;
    return same;
}

Loader imageLoader(std::shared_ptr<const ImageDataset> dataset, std::vector<std::int64_t> samples, std::vector<ImageLook> looks,
                   const LoaderOptions& options) {
    return Loader(std::make_shared<ImageViews>(std::move(dataset), std::move(samples), std::move(looks)), options);
}

std::vector<LoadedBatch> take(Loader& loader, int count) {
    std::vector<LoadedBatch> batches;
    for (int i = 0; i < count; ++i) batches.push_back(*loader.next());
    return batches;
}

/// A data set whose samples with these numbers cannot be read.
class Holey : public ImageDataset {
public:
    Holey(std::shared_ptr<const ImageDataset> source, std::set<std::int64_t> holes)
        : ImageDataset(*source), source_(std::move(source)), holes_(std::move(holes)) {}
    std::int64_t size() const override { return source_->size(); }
    std::string sampleName(std::int64_t sample) const override { return source_->sampleName(sample); }
    std::int64_t label(std::int64_t sample) const override { return source_->label(sample); }
    std::int64_t decodedBytes(std::int64_t) const override { return 1; }
    DecodedImage read(std::int64_t sample) const override {
        if (holes_.contains(sample)) throw DataError("sample " + std::to_string(sample) + ": corrupt");
        return source_->read(sample);
    }

private:
    std::shared_ptr<const ImageDataset> source_;
    std::set<std::int64_t> holes_;
};

}  // namespace

class TestLoader : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameBatchesWhateverTheWorkers_data();
    void sameBatchesWhateverTheWorkers();
    void startsAtAnyStep();
    void microBatchesAreCutsOfTheBatch();
    void everySampleOnceAnEpoch();
    void smallSetsRepeat();
    void viewsDifferAndShareSamples();
    void pixelsAreNormalised();
    void corruptSamplesAreReplacedByTheNext();
    void cachedAndUncachedAgree_data();
    void cachedAndUncachedAgree();
    void scaledDecodingIsCloseAndLeavesTheCacheOut();
    void nothingReadableReachesTheConsumer();
    void wrongChannelsAreNamed();
    void stopReturnsAtOnce();
    void badOptionsAreRefused();
    void validationIsFixed();

    void defaultsFlipHalfOfThem();
    void resizedCropsFollowTheirRanges();
    void shiftsAreUniform();
    void parametersAreRead();
    void badParametersAreNamed_data();
    void badParametersAreNamed();
    void colorChangesReachThePixels();
};

void TestLoader::sameBatchesWhateverTheWorkers_data() {
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("queue");
    QTest::newRow("one worker") << 1 << 1;
    QTest::newRow("two workers") << 2 << 4;
    QTest::newRow("five workers, short queue") << 5 << 2;
}

void TestLoader::sameBatchesWhateverTheWorkers() {
    QFETCH(int, threads);
    QFETCH(int, queue);
    const auto data = noiseSet(23);
    const std::vector<ImageLook> views{{"main", inputOf(6), everything()}, {"other", inputOf(4), everything()}};
    Loader alone = imageLoader(data, allSamples(*data), views, {.seed = 3, .batch = 10, .microBatch = 4, .threads = 0});
    Loader many = imageLoader(data, allSamples(*data), views, {.seed = 3, .batch = 10, .microBatch = 4, .threads = threads, .queue = queue});
    const auto expected = take(alone, 30), found = take(many, 30);
    for (int i = 0; i < 30; ++i) {
        QVERIFY2(sameBatch(expected[std::size_t(i)], found[std::size_t(i)]), qPrintable(QString::number(i)));
        QCOMPARE(found[std::size_t(i)].step, i / 3);
        QCOMPARE(found[std::size_t(i)].index, i % 3);
    }
    QVERIFY(sameBatch(many.make(4, 1), expected[13]));
}

void TestLoader::startsAtAnyStep() {
    const auto data = noiseSet(23);
    const std::vector<ImageLook> views{{"main", inputOf(6), everything()}};
    Loader fromStart = imageLoader(data, allSamples(*data), views, {.seed = 3, .batch = 7});
    Loader fromFive = imageLoader(data, allSamples(*data), views, {.seed = 3, .batch = 7, .firstStep = 5});
    const auto all = take(fromStart, 9), rest = take(fromFive, 4);
    for (std::size_t i = 0; i < 4; ++i) QVERIFY(sameBatch(all[5 + i], rest[i]));
    Loader otherSeed = imageLoader(data, allSamples(*data), views, {.seed = 4, .batch = 7});
    QVERIFY(!sameBatch(*otherSeed.next(), all[0]));
}

void TestLoader::microBatchesAreCutsOfTheBatch() {
    const auto data = noiseSet(12);
    const std::vector<ImageLook> views{{"main", inputOf(4), everything()}};
    Loader whole = imageLoader(data, allSamples(*data), views, {.seed = 1, .batch = 5});
    Loader cut = imageLoader(data, allSamples(*data), views, {.seed = 1, .batch = 5, .microBatch = 2});
    QCOMPARE(cut.microBatches(), 3);
    const LoadedBatch batch = *whole.next();
    std::int64_t row = 0;
    for (const LoadedBatch& part : take(cut, 3))
        for (std::int64_t r = 0; r < part.labels.size(0); ++r, ++row)
            QVERIFY(sameBits(part.views[0].pixels()[r].contiguous(), batch.views[0].pixels()[row].contiguous()));
    QCOMPARE(row, 5);
}

void TestLoader::everySampleOnceAnEpoch() {
    const auto data = noiseSet(20);
    const std::vector<std::int64_t> samples{3, 4, 5, 6, 7, 8, 11, 12, 13, 15};
    Loader loader = imageLoader(data, samples, {{"main", inputOf(4), Augmentation()}}, {.seed = 1, .batch = 5});
    QCOMPARE(loader.stepsAnEpoch(), 2);
    std::vector<std::vector<std::int64_t>> epochs(2);
    for (std::size_t epoch = 0; epoch < 2; ++epoch)
        for (const LoadedBatch& batch : take(loader, 2)) {
            epochs[epoch].insert(epochs[epoch].end(), batch.views[0].sampleIds.begin(), batch.views[0].sampleIds.end());
            for (std::size_t i = 0; i < 5; ++i) QCOMPARE(batch.labels.data_ptr<std::int64_t>()[i], batch.views[0].sampleIds[i]);
        }
    QVERIFY(epochs[0] != epochs[1]);
    for (auto& epoch : epochs) {
        std::sort(epoch.begin(), epoch.end());
        QCOMPARE(epoch, samples);
    }
}

void TestLoader::smallSetsRepeat() {
    const auto data = noiseSet(3);
    Loader loader = imageLoader(data, allSamples(*data), {{"main", inputOf(4), Augmentation()}}, {.seed = 1, .batch = 8});
    const LoadedBatch batch = *loader.next();
    std::vector<int> counts(3);
    for (const std::int64_t sample : batch.views[0].sampleIds) ++counts[std::size_t(sample)];
    for (const int count : counts) QVERIFY(count == 2 || count == 3);
}

void TestLoader::viewsDifferAndShareSamples() {
    const auto data = noiseSet(9);
    Loader loader =
        imageLoader(data, allSamples(*data), {{"main", inputOf(4), everything()}, {"other", inputOf(4), everything()}}, {.seed = 1, .batch = 9});
    const LoadedBatch batch = *loader.next();
    QCOMPARE(batch.views[0].sampleIds, batch.views[1].sampleIds);
    QVERIFY(!sameBits(batch.views[0].augmentation, batch.views[1].augmentation));
    QCOMPARE(batch.views[1].name, std::string("other"));
    QCOMPARE(batch.views[0].geometry.tokens(), 4);
    QCOMPARE(batch.views[0].geometry.batch, 9);
}

void TestLoader::pixelsAreNormalised() {
    const auto data = noiseSet(4, 8, 1);
    Augmentation::Params params;
    params.flip = 0;
    Loader loader = imageLoader(data, allSamples(*data), {{"main", inputOf(8), Augmentation(params)}}, {.seed = 1, .batch = 4});
    const LoadedBatch batch = *loader.next();
    for (std::size_t row = 0; row < 4; ++row) {
        const DecodedImage image = data->read(batch.views[0].sampleIds[row]);
        for (std::size_t i = 0; i < 64; ++i) {
            const float expected = (float(image.pixels8()[i]) / 255 - 0.5F) / 0.25F;
            QVERIFY(std::abs(batch.views[0].pixels().data_ptr<float>()[row * 64 + i] - expected) < 1e-5F);
        }
    }
}

void TestLoader::corruptSamplesAreReplacedByTheNext() {
    const auto data = std::make_shared<const Holey>(noiseSet(6), std::set<std::int64_t>{2, 3, 5});
    Loader loader = imageLoader(data, {0, 2, 3, 4, 5}, {{"main", inputOf(4), Augmentation()}}, {.seed = 1, .batch = 5});
    std::vector<std::int64_t> samples = loader.next()->views[0].sampleIds;
    std::sort(samples.begin(), samples.end());
    QCOMPARE(samples, (std::vector<std::int64_t>{0, 0, 4, 4, 4}));  // 2 -> 4, 3 -> 4, 5 -> 0
    QVERIFY(loader.replaced() >= 3);
    QCOMPARE(data->problems().size(), std::size_t(3));
}

void TestLoader::cachedAndUncachedAgree_data() {
    QTest::addColumn<double>("budgetMb");
    QTest::addColumn<int>("threads");
    QTest::newRow("everything is kept") << 10.0 << 2;
    QTest::newRow("some are kept") << 0.02 << 3;
    QTest::newRow("one by one") << 0.02 << 0;
}

/// Parts of pictures, decoded alone, against pictures decoded whole and kept.
void TestLoader::cachedAndUncachedAgree() {
    QFETCH(double, budgetMb);
    QFETCH(int, threads);
    QTemporaryDir folder;
    NamedFiles files;
    for (int i = 0; i < 12; ++i)
        files.push_back({std::to_string(10 + i), i == 4 ? "text" : i % 3 == 0 ? plainPng(6, 3, std::uint8_t(20 * i)) : madeJpeg(50 + i, 61 - i)});
    for (auto& [name, content] : files) name += content[0] == '\xFF' ? ".jpg" : ".png";
    writeFiles(folder.path().toStdString(), files);
    const std::shared_ptr<const ImageDataset> plain = openImages(folder.path().toStdString()),
                                              cached = cacheDecoded(openImages(folder.path().toStdString()), {.budgetMb = budgetMb});
    Augmentation::Params bilinear;
    bilinear.crop = Augmentation::Crop::RandomResized;
    bilinear.interpolation = Interpolation::Bilinear;
    const std::vector<ImageLook> looks{{"main", inputOf(16, 3), everything()}, {"other", inputOf(8, 3), Augmentation(bilinear)}};
    Loader a = imageLoader(plain, allSamples(*plain), looks, {.seed = 2, .batch = 8, .threads = 0});
    Loader b = imageLoader(cached, allSamples(*cached), looks, {.seed = 2, .batch = 8, .threads = threads});
    for (int i = 0; i < 6; ++i) QVERIFY(sameBatch(*a.next(), *b.next()));  // four epochs
    QCOMPARE(plain->problems().size(), std::size_t(1));
    QCOMPARE(cached->problems().size(), std::size_t(1));
    QCOMPARE(cached->problems()[0].reason, plain->problems()[0].reason);
}

void TestLoader::scaledDecodingIsCloseAndLeavesTheCacheOut() {
    QTemporaryDir folder;
    NamedFiles files;
    for (int i = 0; i < 8; ++i) files.push_back({std::to_string(i) + ".jpg", madeJpeg(120, 100, {}, std::uint64_t(i))});
    writeFiles(folder.path().toStdString(), files);
    const auto batchOf = [&](bool scaled, double cacheMb) {
        Value augment;
        augment.set("scaled_decoding", scaled);
        InputSpec input;
        input.form = inputOf(32, 3);
        const auto domain = makeDomain(input, {{.augment = augment}});
        const auto data = domain->open(folder.path().toStdString(), {.cacheMb = cacheMb});
        Loader loader(domain->trainingViews(data, allSamples(*data)), {.batch = 8, .threads = 2});
        loader.next();
        return *loader.next();  // the second epoch: what is kept would be used
    };
    const LoadedBatch exact = batchOf(false, 0), scaled = batchOf(true, 0);
    QVERIFY(sameBatch(exact, batchOf(false, -1)));
    QVERIFY(sameBatch(scaled, batchOf(true, -1)));
    QVERIFY(!sameBatch(exact, scaled));
    const at::Tensor a = exact.views[0].pixels(), b = scaled.views[0].pixels();
    double squares = 0;
    for (std::int64_t i = 0; i < a.numel(); ++i) squares += std::pow(0.25 * (a.data_ptr<float>()[i] - b.data_ptr<float>()[i]), 2);
    QVERIFY2(squares / double(a.numel()) < 1e-3, qPrintable(QString::number(squares / double(a.numel()))));  // 30 dB
}

void TestLoader::nothingReadableReachesTheConsumer() {
    const auto data = std::make_shared<const Holey>(noiseSet(3), std::set<std::int64_t>{0, 1, 2});
    for (const int threads : {0, 2}) {
        Loader loader = imageLoader(data, allSamples(*data), {{"main", inputOf(4), Augmentation()}}, {.batch = 2, .threads = threads});
        try {
            loader.next();
            QFAIL("no error");
        } catch (const DataError& error) {
            QVERIFY2(QString(error.what()).contains("none of 3 samples can be used; the first problem: sample"), error.what());
        }
    }
}

void TestLoader::wrongChannelsAreNamed() {
    const auto data = noiseSet(2, 8, 5);
    Loader loader = imageLoader(data, allSamples(*data), {{"main", inputOf(4, 3), Augmentation()}}, {.batch = 2});
    try {
        loader.next();
        QFAIL("no error");
    } catch (const DataError& error) {
        QVERIFY2(QString(error.what()).contains("5 channels, which the input cannot take; set input.channels = 5"), error.what());
    }
    Loader fitting = imageLoader(data, allSamples(*data), {{"main", inputOf(4, 5), Augmentation()}}, {.batch = 2});
    QCOMPARE(fitting.next()->views[0].pixels().size(1), 5);
}

void TestLoader::stopReturnsAtOnce() {
    const auto data = noiseSet(40, 256, 3);
    Loader loader = imageLoader(data, allSamples(*data), {{"main", inputOf(256, 3), everything()}}, {.batch = 64, .threads = 1, .queue = 1});
    std::stop_source source;
    std::jthread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        source.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    int batches = 0;
    while (loader.next(source.get_token())) ++batches;
    QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    QVERIFY(!loader.next(source.get_token()));
}

void TestLoader::badOptionsAreRefused() {
    const auto data = noiseSet(3);
    QVERIFY_EXCEPTION_THROWN(imageLoader(data, {}, {{"main", inputOf(4), Augmentation()}}, {}), DataError);
    QVERIFY_EXCEPTION_THROWN(imageLoader(data, {0}, {{"main", inputOf(4), Augmentation()}}, {.batch = 0}), DataError);
    ImageInput odd = inputOf(6);
    odd.patchHeight = 4;
    QVERIFY_EXCEPTION_THROWN(imageLoader(data, {0}, {{"main", odd, Augmentation()}}, {}), ShapeError);
    odd = inputOf(4, 3);
    odd.mean = {0.5, 0.5};
    QVERIFY_EXCEPTION_THROWN(imageLoader(data, {0}, {{"main", odd, Augmentation()}}, {}), ShapeError);
}

void TestLoader::validationIsFixed() {
    const auto data = noiseSet(6, 12);
    const View a = evaluationImages(*data, {4, 1}, inputOf(6)), b = evaluationImages(*data, {1}, inputOf(6));
    QCOMPARE(a.sampleIds, (std::vector<std::int64_t>{4, 1}));
    QVERIFY(sameBits(a.pixels()[1].contiguous(), b.pixels()[0].contiguous()));
    QCOMPARE(a.pixels().size(3), 6);
    QCOMPARE(labelsOf(*data, {4, 1}).data_ptr<std::int64_t>()[0], 4);
    QVERIFY(sameBits(imageBatch({data->read(1)}, inputOf(6)).pixels(), b.pixels()));
}

void TestLoader::defaultsFlipHalfOfThem() {
    const Augmentation augmentation;
    int flips = 0;
    for (std::uint64_t i = 0; i < 4000; ++i) {
        RandomStream random(1, "augment/main", 0, i);
        const AugmentationDraw draw = augmentation.draw(random, 30, 20, inputOf(8));
        flips += draw.flip ? 1 : 0;
        QCOMPARE(draw.box, (CropBox{5, 0, 20, 20}));
        QVERIFY(!draw.jitter.changesSomething() && !draw.grey && draw.blurSigmaPx == 0);
    }
    QVERIFY(std::abs(flips - 2000) < 160);  // five standard deviations
}

void TestLoader::resizedCropsFollowTheirRanges() {
    Augmentation::Params params;
    params.crop = Augmentation::Crop::RandomResized;
    params.minScale = 0.1;
    params.maxScale = 0.5;
    double areas = 0, logRatios = 0, left = 0;
    const int count = 4000;
    for (std::uint64_t i = 0; i < count; ++i) {
        RandomStream random(1, "augment/main", 0, i);
        const CropBox box = Augmentation(params).draw(random, 100, 100, inputOf(8)).box;
        const double area = box.width * box.height / 10000, ratio = box.width / box.height;
        QVERIFY(area >= 0.1 - 1e-9 && area <= 0.5 + 1e-9 && ratio >= 0.75 - 1e-9 && ratio <= 4.0 / 3 + 1e-9);
        QVERIFY(box.x >= 0 && box.y >= 0 && box.x + box.width <= 100 + 1e-9 && box.y + box.height <= 100 + 1e-9);
        areas += area;
        logRatios += std::log(ratio);
        left += box.x / (100 - box.width);
    }
    QVERIFY(std::abs(areas / count - 0.3) < 0.01);
    QVERIFY(std::abs(logRatios / count) < 0.015);
    QVERIFY(std::abs(left / count - 0.5) < 0.025);
}

void TestLoader::shiftsAreUniform() {
    Augmentation::Params params;
    params.crop = Augmentation::Crop::RandomShift;
    params.shiftPx = 2;
    std::map<double, int> counts;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        RandomStream random(1, "augment/main", 0, i);
        const CropBox box = Augmentation(params).draw(random, 32, 32, inputOf(8)).box;
        ++counts[box.x];
        QCOMPARE(box.width, 32.0);
    }
    QCOMPARE(counts.size(), std::size_t(5));
    for (const double x : {-8.0, -4.0, 0.0, 4.0, 8.0}) QVERIFY(std::abs(counts[x] - 1000) < 150);  // four source pixels an input pixel
}

void TestLoader::parametersAreRead() {
    const Value table = parseToml(
        "crop = 'random_resized'\ncrop_scale = [0.3, 0.9]\nflip = 0.25\njitter = { probability = 1.0, brightness = 0.4, hue = 0.1 }\n"
        "grey = 0.2\nblur = 0.1\nblur_sigma = [0.5, 1.5]\nshift = 3\ncrop_ratio = [1.0, 1.0]",
        "recipe.toml");
    ParamReader reader(table, "train.augmentation", "the augmentation");
    const auto params = Augmentation::Params::read(reader);
    reader.finish();
    QVERIFY(params.crop == Augmentation::Crop::RandomResized);
    QCOMPARE(params.minScale, 0.3);
    QCOMPARE(params.maxScale, 0.9);
    QCOMPARE(params.flip, 0.25);
    QCOMPARE(params.jitter, 1.0);
    QCOMPARE(params.brightness, 0.4);
    QCOMPARE(params.saturation, 0.0);
    QCOMPARE(params.hue, 0.1);
    QCOMPARE(params.maxSigmaPx, 1.5);
    QCOMPARE(params.shiftPx, 3);
    ParamReader documenting = ParamReader::documenting();
    Augmentation::Params::read(documenting);
    QCOMPARE(documenting.docs().size(), std::size_t(11));
}

void TestLoader::badParametersAreNamed_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("unknown crop") << "crop = 'random'"
                                  << "is the text 'random', expected one of none";
    QTest::newRow("scale backwards") << "crop_scale = [0.9, 0.3]"
                                     << "crop_scale of the augmentation needs two numbers, the smaller first";
    QTest::newRow("scale of nothing") << "crop_scale = [0, 0.3]"
                                      << "is 0, expected 0 < x <= 1";
    QTest::newRow("flip above one") << "flip = 1.5"
                                    << "is 1.5, expected 0 <= x <= 1";
    QTest::newRow("unknown jitter") << "jitter = { brightnes = 1.0 }"
                                    << "jitter.brightnes is not a parameter of the colour jitter; did you mean 'brightness'?";
}

void TestLoader::badParametersAreNamed() {
    QFETCH(QString, text);
    QFETCH(QString, expected);
    const Value table = parseToml(text.toStdString(), "recipe.toml");
    ParamReader reader(table, "augmentation", "the augmentation");
    try {
        Augmentation::Params::read(reader);
        QFAIL("no error");
    } catch (const RecipeError& error) {
        QVERIFY2(QString(error.what()).contains(expected), error.what());
    }
}

void TestLoader::colorChangesReachThePixels() {
    const auto data = noiseSet(1, 8, 3);
    const ImageInput input = inputOf(8, 3);
    const InputWriter writer(input);
    AugmentationDraw draw{.imageWidth = 8, .imageHeight = 8, .box = {0, 0, 8, 8}};
    std::vector<float> plain(writer.values()), changed(writer.values());
    writer.write(wholeWindow(data->read(0)), draw, plain.data());
    draw.jitter.brightness = 0.5F;
    writer.write(wholeWindow(data->read(0)), draw, changed.data());
    for (std::size_t i = 0; i < plain.size(); ++i) QVERIFY(std::abs((changed[i] * 0.25F + 0.5F) - 0.5F * (plain[i] * 0.25F + 0.5F)) < 1e-5F);
    draw.jitter = {};
    draw.grey = true;
    writer.write(wholeWindow(data->read(0)), draw, changed.data());
    QCOMPARE(changed[5], changed[64 + 5]);
    draw.grey = false;
    draw.blurSigmaPx = 3;
    writer.write(wholeWindow(data->read(0)), draw, changed.data());
    const auto spread = [](const std::vector<float>& values) {
        return *std::max_element(values.begin(), values.end()) - *std::min_element(values.begin(), values.end());
    };
    QVERIFY(spread(changed) < 0.7F * spread(plain));
    const auto row = augmentationRow(draw);
    QCOMPARE(row[2], 1.0F);
    QCOMPARE(row[10], 3.0F);
}

MASKSCOPE_TEST(TestLoader)
#include "tst_loader.moc"
