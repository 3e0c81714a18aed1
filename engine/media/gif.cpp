#include "media/gif.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "media/color_palette.h"

namespace maskscope {
namespace {

constexpr int kCodeBits = 8;  // palettes are written with 256 entries
constexpr std::size_t kMostCodes = 4096, kBlockBytes = 255;

void putWord(std::string& out, int value) {
    out += static_cast<char>(value & 0xFF);
    out += static_cast<char>(value >> 8 & 0xFF);
}

/// Packs codes of growing width, low bits first, into blocks of at most 255 bytes.
class CodeBlocks {
public:
    explicit CodeBlocks(std::string& out) : out_(out) {}

    void put(std::uint32_t code, int bits) {
        buffer_ |= static_cast<std::uint64_t>(code) << filled_;
        for (filled_ += bits; filled_ >= 8; filled_ -= 8) {
            putByte(static_cast<char>(buffer_ & 0xFF));
            buffer_ >>= 8;
        }
    }

    void finish() {
        if (filled_ > 0) putByte(static_cast<char>(buffer_ & 0xFF));
        endBlock();
        out_ += '\0';
    }

private:
    void putByte(char byte) {
        block_ += byte;
        if (block_.size() == kBlockBytes) endBlock();
    }

    void endBlock() {
        if (block_.empty()) return;
        out_ += static_cast<char>(block_.size());
        out_ += block_;
        block_.clear();
    }

    std::string& out_;
    std::string block_;
    std::uint64_t buffer_ = 0;
    int filled_ = 0;
};

/// LZW with a table that is cleared when it is full (GIF89a specification, Appendix F).
void putPixels(std::string& out, const std::vector<std::uint8_t>& indices) {
    constexpr std::uint32_t kClear = 1U << kCodeBits, kEnd = kClear + 1;
    CodeBlocks blocks(out);
    std::unordered_map<std::uint32_t, std::uint32_t> table;  // (code of the words before << 8 | pixel) -> code
    std::uint32_t nextCode = kEnd + 1;
    int bits = kCodeBits + 1;
    out += static_cast<char>(kCodeBits);
    blocks.put(kClear, bits);
    std::uint32_t word = indices.front();
    for (std::size_t i = 1; i < indices.size(); ++i) {
        const std::uint32_t key = word << 8 | indices[i];
        if (const auto known = table.find(key); known != table.end()) {
            word = known->second;
            continue;
        }
        blocks.put(word, bits);
        if (nextCode == kMostCodes) {
            blocks.put(kClear, bits);
            table.clear();
            nextCode = kEnd + 1;
            bits = kCodeBits + 1;
        } else {
            if (nextCode == 1U << bits) ++bits;
            table.emplace(key, nextCode++);
        }
        word = indices[i];
    }
    blocks.put(word, bits);
    blocks.put(kEnd, bits);
    blocks.finish();
}

void putFrame(std::string& out, const Image& frame, int hundredths) {
    const PalettePicture picture = toPalette(frame);
    out += "\x21\xF9\x04";  // graphic control: how long it stands
    out += '\x04';          // leave it in place
    putWord(out, hundredths);
    out.append(2, '\0');
    out += '\x2C';  // image descriptor with a palette of its own
    for (const int value : {0, 0, frame.width, frame.height}) putWord(out, value);
    out += static_cast<char>(0x80 | (kCodeBits - 1));
    for (std::size_t i = 0; i < 1U << kCodeBits; ++i)
        for (std::size_t c = 0; c < 3; ++c) out += i < picture.palette.size() ? static_cast<char>(picture.palette[i][c]) : '\0';
    putPixels(out, picture.indices);
}

void checkFrames(std::span<const Image> frames) {
    if (frames.empty()) throw ShapeError("a film has no frames, expected at least one");
    for (const Image& frame : frames) {
        if (frame.width != frames.front().width || frame.height != frames.front().height)
            throw ShapeError(fmt::format("a frame of {} x {} pixels follows one of {} x {}; all frames of a film have one size", frame.width,
                                         frame.height, frames.front().width, frames.front().height));
        if (frame.empty() || (frame.channels != 1 && frame.channels != 3))
            throw ShapeError(fmt::format("a frame with {} channels, expected 1 or 3", frame.channels));
    }
}

}  // namespace

std::string encodeGif(std::span<const Image> frames, double frameSeconds) {
    checkFrames(frames);
    const int hundredths = std::max(2, static_cast<int>(std::lround(100.0 * frameSeconds)));
    std::string out = "GIF89a";
    putWord(out, frames.front().width);
    putWord(out, frames.front().height);
    out.append(3, '\0');                   // no shared palette
    out += "\x21\xFF\x0BNETSCAPE2.0\x03";  // repeats
    out += '\x01';
    putWord(out, 0);
    out += '\0';
    for (std::size_t i = 0; i < frames.size(); ++i) putFrame(out, frames[i], i + 1 < frames.size() ? hundredths : 4 * hundredths);
    out += '\x3B';
    return out;
}

void writeGif(const std::filesystem::path& file, std::span<const Image> frames, double frameSeconds) {
    writeFileAtomically(file, encodeGif(frames, frameSeconds));
}

}  // namespace maskscope
