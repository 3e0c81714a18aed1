#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "core/random.h"

namespace maskscope::testing {

/// How a test's JPEG is stored.
struct JpegForm {
    int across = 2, down = 2;  // luma samples a chroma sample: 2, 2 is 4:2:0
    int channels = 3;          // 1: grey, 4: CMYK
    bool progressive = false;
    unsigned restartRows = 0;  // rows of blocks between restart markers; 0: none
};

/// A JPEG of colours that change both slowly and from pixel to pixel.
inline std::string madeJpeg(int width, int height, const JpegForm& form = {}, std::uint64_t seed = 1) {
    RandomStream random(seed, "made jpeg");
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < form.channels; ++c) pixels.push_back(static_cast<std::uint8_t>((x * (c + 1) + y * (3 - c)) / 2 + random.below(60)));
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    info.input_components = form.channels;
    info.in_color_space = form.channels == 1 ? JCS_GRAYSCALE : form.channels == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 90, TRUE);
    if (form.channels == 3) {
        info.comp_info[0].h_samp_factor = form.across;
        info.comp_info[0].v_samp_factor = form.down;
    }
    info.restart_in_rows = static_cast<int>(form.restartRows);
    if (form.progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = pixels.data() + static_cast<std::size_t>(info.next_scanline) * static_cast<std::size_t>(width * form.channels);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    std::string result(reinterpret_cast<const char*>(bytes), size);
    std::free(bytes);
    return result;
}

}  // namespace maskscope::testing
