#include "data/images/image_views.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

namespace maskscope {
namespace {

View emptyView(const std::string& name, const ImageInput& input, std::int64_t batch) {
    View view;
    view.name = name;
    view.tensors["pixels"] = at::empty({batch, input.channels, input.height, input.width}, at::TensorOptions().dtype(at::kFloat));
    view.augmentation = at::empty({batch, static_cast<std::int64_t>(kAugmentationValues)}, at::TensorOptions().dtype(at::kFloat));
    view.geometry = Geometry::grid(batch, {input.gridRows(), input.gridColumns()});
    view.sampleIds.resize(static_cast<std::size_t>(batch));
    return view;
}

void writeSample(View& view, std::size_t row, const InputWriter& writer, const PictureWindow& window, const AugmentationDraw& draw,
                 std::int64_t sample) {
    writer.write(window, draw, view.tensors.at("pixels").data_ptr<float>() + row * writer.values());
    const auto drawn = augmentationRow(draw);
    std::copy(drawn.begin(), drawn.end(), view.augmentation.data_ptr<float>() + row * kAugmentationValues);
    view.sampleIds[row] = sample;
}

void checkInput(const ImageInput& input) {
    const bool sides = input.channels > 0 && input.height > 0 && input.width > 0 && input.patchHeight > 0 && input.patchWidth > 0;
    if (!sides || input.height % input.patchHeight != 0 || input.width % input.patchWidth != 0)
        throw ShapeError(fmt::format("an input of {} x {} x {} with patches of {} x {}: expected sides above 0 that the patches divide",
                                     input.channels, input.height, input.width, input.patchHeight, input.patchWidth));
}

std::vector<InputWriter> makeWriters(const std::vector<ImageLook>& looks) {
    std::vector<InputWriter> writers;
    for (const ImageLook& look : looks) {
        checkInput(look.input);
        writers.emplace_back(look.input);
    }
    return writers;
}

}  // namespace

ImageViews::ImageViews(std::shared_ptr<const ImageDataset> dataset, std::vector<std::int64_t> samples, std::vector<ImageLook> looks)
    : dataset_(std::move(dataset)),
      samples_(std::move(samples)),
      looks_(std::move(looks)),
      writers_(makeWriters(looks_)),
      source_(*dataset_, samples_, writers_) {
    for (const ImageLook& look : looks_) streams_.push_back("augment/" + look.name);
}

std::vector<View> ImageViews::make(std::uint64_t seed, std::span<const SampleSlot> slots) const {
    std::vector<View> views;
    for (const ImageLook& look : looks_) views.push_back(emptyView(look.name, look.input, static_cast<std::int64_t>(slots.size())));
    std::vector<AugmentationDraw> draws(looks_.size());
    for (std::size_t row = 0; row < slots.size(); ++row) {
        const auto drawAll = [&](int width, int height) {
            PictureRegion region;
            for (std::size_t v = 0; v < looks_.size(); ++v) {
                RandomStream random(seed, streams_[v], static_cast<std::uint64_t>(slots[row].step), static_cast<std::uint64_t>(slots[row].slot));
                draws[v] = looks_[v].augmentation.draw(random, width, height, looks_[v].input);
                const PictureRegion needed = looks_[v].augmentation.neededRegion(draws[v], looks_[v].input);
                region = v == 0 ? needed : united(region, needed);
            }
            return region;
        };
        const auto read = source_.read(slots[row].place, drawAll);
        for (std::size_t v = 0; v < looks_.size(); ++v) writeSample(views[v], row, writers_[v], read.window, draws[v], read.sample);
    }
    return views;
}

View evaluationImages(const ImageDataset& dataset, const std::vector<std::int64_t>& samples, const ImageInput& input, const std::stop_token& stop) {
    checkInput(input);
    const InputWriter writer(input);
    View view = emptyView("main", input, static_cast<std::int64_t>(samples.size()));
    std::size_t row = 0;
    std::string first;
    for (const std::int64_t sample : samples) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while pictures were read", dataset.path()));
        try {
            const DecodedImage image = dataset.read(sample);
            writeSample(view, row, writer, wholeWindow(image), evaluationDraw(image.width(), image.height(), input), sample);
            ++row;
        } catch (const DataError& error) {
            dataset.report({dataset.sampleName(sample), error.what()});
            if (first.empty()) first = error.what();
        }
    }
    if (row == 0) throw DataError(fmt::format("{}: none of {} pictures can be used; the first problem: {}", dataset.path(), samples.size(), first));
    for (at::Tensor* tensor : {&view.tensors.at("pixels"), &view.augmentation}) *tensor = tensor->narrow(0, 0, static_cast<std::int64_t>(row));
    view.sampleIds.resize(row);
    view.geometry.batch = static_cast<std::int64_t>(row);
    return view;
}

View imageBatch(const std::vector<DecodedImage>& images, const ImageInput& input) {
    checkInput(input);
    const InputWriter writer(input);
    View view = emptyView("main", input, static_cast<std::int64_t>(images.size()));
    for (std::size_t row = 0; row < images.size(); ++row)
        writeSample(view, row, writer, wholeWindow(images[row]), evaluationDraw(images[row].width(), images[row].height(), input),
                    static_cast<std::int64_t>(row));
    return view;
}

}  // namespace maskscope
