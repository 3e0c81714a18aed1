#include "data/images/image_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/fingerprint.h"
#include "media/decode.h"
#include "media/image_header.h"

namespace maskscope {
namespace {

/// Enough of a file for its header, also behind an embedded profile or thumbnail.
constexpr std::uint64_t kHeaderBytes = 1 << 17;

class ImageFiles : public ImageDataset {
public:
    ImageFiles(std::unique_ptr<FileStore> store, FileSelection selection, std::string form, const OpenOptions& options)
        : store_(std::move(store)), selection_(std::move(selection)), decoding_{options.usedSidePx} {
        about_.path = store_->path();
        about_.form = std::move(form);
        about_.classNames = selection_.classNames;
        for (const std::string& notice : selection_.notices) notify(notice);
        for (const DataProblem& problem : store_->problems()) report(problem);
        about_.fingerprint = computeFingerprint(options);
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(selection_.files.size()); }
    std::string sampleName(std::int64_t sample) const override { return selection_.names[static_cast<std::size_t>(sample)]; }
    std::int64_t label(std::int64_t sample) const override { return selection_.labels[static_cast<std::size_t>(sample)]; }

    DecodedImage read(std::int64_t sample) const override {
        return readRegion(sample, PictureRegion::whole).image;
    }
    PictureWindow readRegion(std::int64_t sample, const RegionChooser& choose) const override {
        const std::size_t entry = selection_.files.at(static_cast<std::size_t>(sample));
        PictureWindow window = decodeRegion(store_->read(entry), store_->fullName(entry), decoding_, choose);
        if (window.image.alphaComposed()) notify("pictures with transparency are laid over the mean colour of their opaque pixels");
        return window;
    }

    std::int64_t decodedBytes(std::int64_t sample) const override {
        try {
            const ImageHeader header = readImageHeader(store_->read(selection_.files[static_cast<std::size_t>(sample)], kHeaderBytes));
            if (header.width > kMaxImagePixels || header.height > kMaxImagePixels || header.width * header.height > kMaxImagePixels) return 0;
            return header.width * header.height * std::max(header.channels, 1) * std::max(header.bits, 8) / 8;
        } catch (const Error&) {
            return 0;  // read() will say what is wrong
        }
    }

private:
    std::string computeFingerprint(const OpenOptions& options) const {
        std::vector<std::uint64_t> sizes;
        for (const std::size_t file : selection_.files) sizes.push_back(store_->entries()[file].bytes);
        const auto content = [&](std::size_t i, std::uint64_t limit) {
            if (options.stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while being opened", about_.path));
            try {
                return store_->read(selection_.files[i], limit);
            } catch (const Error&) {
                return std::string();  // found again, and named, when it is read
            }
        };
        return fingerprintOf(selection_.names, sizes, content);
    }

    std::unique_ptr<FileStore> store_;
    FileSelection selection_;
    DecodeOptions decoding_;
};

}  // namespace

std::shared_ptr<ImageDataset> makeImageFiles(std::unique_ptr<FileStore> store, FileSelection selection, std::string form,
                                             const OpenOptions& options) {
    return std::make_shared<ImageFiles>(std::move(store), std::move(selection), std::move(form), options);
}

}  // namespace maskscope
