#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "core/files.h"
#include "media/picture.h"

/// Files that the tests of data/ make for themselves.
namespace maskscope::testing {

using NamedFiles = std::vector<std::pair<std::string, std::string>>;

/// A PNG of one colour. @param channels 1 or 3
inline std::string plainPng(int side, int channels, std::uint8_t value) {
    return encodePng({side, side, channels, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * channels), value)});
}

inline void writeFiles(const std::filesystem::path& folder, const NamedFiles& files) {
    for (const auto& [name, content] : files) {
        makeFolder((folder / name).parent_path());
        writeFileAtomically(folder / name, content);
    }
}

/// @param format  of libarchive: "pax", "ustar", "zip"; @param filter "none", "gzip"; @param options  "compression=store"
inline void writeArchive(const std::filesystem::path& file, const char* format, const char* filter, const NamedFiles& files,
                         const char* options = nullptr) {
    archive* writer = archive_write_new();
    archive_write_set_format_by_name(writer, format);
    if (std::string(filter) != "none") archive_write_add_filter_by_name(writer, filter);
    if (options != nullptr) archive_write_set_options(writer, options);
    archive_write_open_filename(writer, file.c_str());
    for (const auto& [name, content] : files) {
        archive_entry* entry = archive_entry_new();
        archive_entry_copy_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_write_header(writer, entry);
        archive_write_data(writer, content.data(), content.size());
        archive_entry_free(entry);
    }
    archive_write_close(writer);
    archive_write_free(writer);
}

inline std::string gzipped(const std::string& bytes) {
    std::string result(bytes.size() + 1000, '\0');
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    deflate(&stream, Z_FINISH);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    return result;
}

/// @param shape  "2, 3, 3"
inline std::string npyFile(const std::string& type, const std::string& shape, const std::string& data) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.resize(128 - 10, ' ');
    header.back() = '\n';
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + data;
}

template <typename T>
std::string bytesOf(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// One record; the red plane is filled with `red`, green with `red` + 1, blue with `red` + 2.
inline std::string cifarRecord(const std::vector<int>& labels, int red) {
    std::string record;
    for (const int label : labels) record += static_cast<char>(label);
    for (int c = 0; c < 3; ++c) record += std::string(1024, static_cast<char>(red + c));
    return record;
}

inline std::string idxFile(const std::vector<std::uint32_t>& shape, const std::string& data) {
    std::string bytes{0, 0, 8, static_cast<char>(shape.size())};
    for (const std::uint32_t side : shape)
        for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(side >> shift & 0xFF);
    return bytes + data;
}

}  // namespace maskscope::testing
