#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "interop/safetensors.h"

namespace maskscope {

/// The tensors of a model, from one .safetensors file or from several that an index joins.
class Weights {
public:
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view name) const { return shardOf_.find(name) != shardOf_.end(); }
    /// @throws DataError naming the folder or file and the nearest name if there is none of this name
    const SafetensorsFile::Entry& entry(std::string_view name) const;
    /// As SafetensorsFile::tensor and ::view.
    at::Tensor tensor(std::string_view name) const;
    at::Tensor view(std::string_view name) const;
    /// The metadata of the files together; the first file that has a key wins.
    std::map<std::string, std::string> metadata() const;
    /// The file or folder that was opened.
    const std::filesystem::path& path() const { return path_; }

private:
    friend Weights openWeights(const std::filesystem::path& place);
    void add(SafetensorsFile shard);
    void addShards(const std::filesystem::path& indexFile);
    const SafetensorsFile& shard(std::string_view name) const;

    std::filesystem::path path_;
    std::vector<SafetensorsFile> shards_;
    std::vector<std::string> names_;
    std::map<std::string, std::size_t, std::less<>> shardOf_;
};

/// Opens a .safetensors file, an index (.safetensors.index.json), or a folder that holds model.safetensors or
/// model.safetensors.index.json.
/// @throws FileError if nothing of that kind is there or a shard is missing, DataError if a file is not well formed or the
///         index and its shards contradict each other
Weights openWeights(const std::filesystem::path& place);

/// What an index says: the name of each tensor, and of the file beside the index that holds it.
/// @throws FileError, DataError for another format, and for files elsewhere than beside the index
std::map<std::string, std::string> readShardIndex(const std::filesystem::path& file);

}  // namespace maskscope
