#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include "interop/named_tensors.h"

namespace maskscope {

class MappedFile;

/// A .safetensors file (https://github.com/huggingface/safetensors, format of 2023), opened for reading. Everything that
/// its header claims is checked on opening, before any tensor is made. Reading from several threads is allowed.
class SafetensorsFile {
public:
    /// Where a tensor lies. `begin` and `end` are bytes from the start of the file.
    struct Entry {
        std::string name;
        c10::ScalarType dtype;
        std::vector<std::int64_t> shape;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

    /// Maps the file; costs no memory for tensors that nobody asks for.
    /// @throws FileError if it cannot be read, DataError if it is not well formed: the header's length or JSON, a dtype,
    ///         shape or offsets that contradict each other, gaps, overlaps, bytes left over, names given twice
    explicit SafetensorsFile(const std::filesystem::path& file);

    /// The names in the order of the data.
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view name) const { return entries_.find(name) != entries_.end(); }
    /// @throws DataError naming the file and the nearest name if there is none of this name
    const Entry& entry(std::string_view name) const;

    /// A copy of its own, on the CPU. @throws DataError as entry()
    at::Tensor tensor(std::string_view name) const;
    /// The bytes of the file themselves where their alignment allows it (else a copy). Keeps the mapping alive by itself;
    /// writing into it changes memory, never the file. @throws DataError as entry()
    at::Tensor view(std::string_view name) const;

    /// The header's `__metadata__`.
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    const std::filesystem::path& path() const;

private:
    std::shared_ptr<const MappedFile> map_;
    std::vector<std::string> names_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::map<std::string, std::string> metadata_;
};

/// Size and CRC-32 (zlib's) of a file just written.
struct WrittenFile {
    std::uint64_t bytes = 0;
    std::uint32_t crc32 = 0;
};

/// Writes a .safetensors file that appears whole or not at all. Tensors may be strided and on any device; they are brought
/// to the CPU one after another. The data is ordered by falling element size, then by name, which aligns every tensor.
/// @throws DataError for a name given twice or a dtype that the format lacks, FileError if it cannot be written
WrittenFile writeSafetensors(const std::filesystem::path& file, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata = {});

}  // namespace maskscope
