#include "media/jpeg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <jpeglib.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// libjpeg's decoder of one thread, used again for each picture.
class JpegDecoder {
public:
    JpegDecoder() {
        info_.err = jpeg_std_error(&errors_.base);
        errors_.base.error_exit = [](j_common_ptr info) { std::longjmp(reinterpret_cast<Errors*>(info->err)->escape, 1); };
        errors_.base.emit_message = [](j_common_ptr, int) {};  // what can be decoded is decoded
        jpeg_create_decompress(&info_);
    }
    ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    jpeg_decompress_struct& info() { return info_; }

    /// Runs calls of libjpeg. Nothing with a destructor may be made in `calls`: an error leaves it by a long jump.
    /// @return whether all went well
    template <typename Calls>
    [[gnu::noinline]] bool run(const Calls& calls) {
        if (setjmp(errors_.escape) != 0) return false;
        calls();
        return true;
    }
    std::string message() {
        std::array<char, JMSG_LENGTH_MAX> text{};
        errors_.base.format_message(reinterpret_cast<j_common_ptr>(&info_), text.data());
        return text.data();
    }
    void stop() { jpeg_abort_decompress(&info_); }

private:
    struct Errors {
        jpeg_error_mgr base{};
        std::jmp_buf escape{};
    } errors_;
    jpeg_decompress_struct info_{};
};

/// Ends the picture that a decoder works on, whatever happens.
class OnePicture {
public:
    explicit OnePicture(JpegDecoder& decoder) : decoder_(decoder) {}
    ~OnePicture() { decoder_.stop(); }
    OnePicture(const OnePicture&) = delete;
    OnePicture& operator=(const OnePicture&) = delete;

private:
    JpegDecoder& decoder_;
};

/// Scales an edge of a region, outwards.
int scaledDown(int place, int from, int to) { return static_cast<int>(static_cast<std::int64_t>(place) * to / from); }
int scaledUp(int place, int from, int to) { return static_cast<int>((static_cast<std::int64_t>(place) * to + from - 1) / from); }

void setScale(jpeg_decompress_struct& info, int eighths) {
    info.scale_num = static_cast<unsigned>(eighths);
    info.scale_denom = 8;
    jpeg_calc_output_dimensions(&info);
}

/// The eighths at which `shrink` pixels still are at least one; those that libjpeg has fast code for.
int eighthsFor(int eighths, double shrink) {
    while (eighths > 1 && eighths % 2 == 0 && shrink >= 2) {
        eighths /= 2;
        shrink /= 2;
    }
    return eighths;
}

/// Columns beside the region that are decoded too: at the edge of what is decoded, colours are not interpolated as inside.
int marginOf(const jpeg_decompress_struct& info) { return info.max_h_samp_factor * 8; }

/// Decodes rows [top, bottom) and columns [left, right) of what `info` is set up for. Only C inside, for the long jump.
void readRegion(jpeg_decompress_struct& info, const PictureRegion& region, std::uint8_t* line, std::uint8_t* pixels) {
    jpeg_start_decompress(&info);
    const auto channels = static_cast<std::size_t>(info.output_components);
    const bool oneScan = info.comps_in_scan == info.num_components && info.progressive_mode == FALSE;
    const int margin = marginOf(info);
    JDIMENSION first = 0;
    if (oneScan && (region.left > margin || region.right + margin < static_cast<int>(info.output_width))) {
        first = static_cast<JDIMENSION>(std::max(region.left - margin, 0));
        JDIMENSION width = std::min(static_cast<JDIMENSION>(region.right + margin), info.output_width) - first;
        jpeg_crop_scanline(&info, &first, &width);
    }
    int row = 0;
    if (oneScan && region.top > 0) row = static_cast<int>(jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(region.top)));
    const std::size_t offset = (static_cast<std::size_t>(region.left) - first) * channels,
                      count = static_cast<std::size_t>(region.right - region.left) * channels;
    for (; row < region.bottom; ++row) {
        JSAMPROW place = line;
        jpeg_read_scanlines(&info, &place, 1);
        if (row < region.top) continue;
        std::memcpy(pixels, line + offset, count);
        pixels += count;
    }
}

}  // namespace

std::optional<PictureWindow> decodeJpeg(std::string_view bytes, const std::string& name, int eighths, const RegionChooser& choose) {
    thread_local JpegDecoder decoder;
    const OnePicture onePicture(decoder);
    jpeg_decompress_struct& info = decoder.info();
    const auto require = [&](bool fine) {
        if (!fine) throw DataError(fmt::format("{}: damaged, its pixels cannot be decoded ({}); replace the file", name, decoder.message()));
    };
    require(decoder.run([&] {
        jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        jpeg_read_header(&info, TRUE);
        setScale(info, eighths);
    }));
    if (info.num_components != 1 && info.num_components != 3) return std::nullopt;
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;

    const int width = static_cast<int>(info.output_width), height = static_cast<int>(info.output_height);
    PictureRegion region = choose(width, height);
    if (const int fewer = eighthsFor(eighths, region.shrink); fewer != eighths) {
        require(decoder.run([&] { setScale(info, fewer); }));
        const int smallWidth = static_cast<int>(info.output_width), smallHeight = static_cast<int>(info.output_height);
        region = {scaledDown(region.left, width, smallWidth), scaledDown(region.top, height, smallHeight), scaledUp(region.right, width, smallWidth),
                  scaledUp(region.bottom, height, smallHeight), 1};
    }
    PictureWindow window{{}, region.left, region.top, static_cast<int>(info.output_width), static_cast<int>(info.output_height)};
    const int partWidth = region.right - region.left, partHeight = region.bottom - region.top, channels = info.num_components;
    const auto values = static_cast<std::size_t>(partWidth) * static_cast<std::size_t>(partHeight) * static_cast<std::size_t>(channels);
    std::vector<std::uint8_t> pixels(values), line(static_cast<std::size_t>(window.fullWidth) * static_cast<std::size_t>(channels));
    require(decoder.run([&] { readRegion(info, region, line.data(), pixels.data()); }));
    window.image = DecodedImage(partWidth, partHeight, channels, std::move(pixels));
    return window;
}

}  // namespace maskscope
