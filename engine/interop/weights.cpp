#include "interop/weights.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWholeName = "model.safetensors";
constexpr const char* kIndexName = "model.safetensors.index.json";

bool endsWith(const fs::path& path, std::string_view end) { return path.filename().string().ends_with(end); }

}  // namespace

std::map<std::string, std::string> readShardIndex(const fs::path& file) {
    const auto index = nlohmann::json::parse(readFile(file), nullptr, false);
    if (index.is_discarded() || !index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
        throw DataError(fmt::format("{}: no JSON object with a 'weight_map'; download it again", file.string()));
    std::map<std::string, std::string> shards;
    for (const auto& [name, shard] : index["weight_map"].items()) {
        if (!shard.is_string()) throw DataError(fmt::format("{}: the file of tensor '{}' is not a text", file.string(), name));
        const auto shardName = shard.get<std::string>();
        if (fs::path(shardName).filename() != shardName || shardName == ".." || shardName == ".")
            throw DataError(fmt::format("{}: tensor '{}' is in '{}', expected the name of a file beside the index", file.string(), name, shardName));
        shards[name] = shardName;
    }
    return shards;
}

void Weights::add(SafetensorsFile shard) {
    for (const std::string& name : shard.names()) {
        if (!shardOf_.emplace(name, shards_.size()).second)
            throw DataError(fmt::format("{}: tensor '{}' is in {} and in {}; remove one of the files", path_.string(), name,
                                        shards_[shardOf_.at(name)].path().filename().string(), shard.path().filename().string()));
        names_.push_back(name);
    }
    shards_.push_back(std::move(shard));
}

void Weights::addShards(const fs::path& indexFile) {
    const auto index = readShardIndex(indexFile);
    std::set<std::string> files;
    for (const auto& [name, file] : index) files.insert(file);
    for (const std::string& file : files) {
        const fs::path place = indexFile.parent_path() / file;
        std::error_code code;
        if (!fs::exists(place, code))
            throw FileError(fmt::format("{}: this shard of {} is missing; download it too", place.string(), indexFile.filename().string()));
        add(SafetensorsFile(place));
    }
    for (const auto& [name, file] : index)
        if (!has(name) || shard(name).path().filename() != file)
            throw DataError(fmt::format("{}: tensor '{}' is not in {}; download the files again", indexFile.string(), name, file));
}

const SafetensorsFile& Weights::shard(std::string_view name) const {
    const auto place = shardOf_.find(name);
    if (place == shardOf_.end())
        throw DataError(fmt::format("{}: there is no tensor '{}' among its {}{}", path_.string(), name, names_.size(), suggestion(name, names_)));
    return shards_[place->second];
}

const SafetensorsFile::Entry& Weights::entry(std::string_view name) const { return shard(name).entry(name); }
at::Tensor Weights::tensor(std::string_view name) const { return shard(name).tensor(name); }
at::Tensor Weights::view(std::string_view name) const { return shard(name).view(name); }

std::map<std::string, std::string> Weights::metadata() const {
    std::map<std::string, std::string> all;
    for (const SafetensorsFile& shard : shards_) all.insert(shard.metadata().begin(), shard.metadata().end());
    return all;
}

Weights openWeights(const fs::path& place) {
    Weights weights;
    weights.path_ = place;
    std::error_code code;
    if (endsWith(place, ".index.json"))
        weights.addShards(place);
    else if (!fs::is_directory(place, code))
        weights.add(SafetensorsFile(place));
    else if (fs::exists(place / kWholeName, code))
        weights.add(SafetensorsFile(place / kWholeName));
    else if (fs::exists(place / kIndexName, code))
        weights.addShards(place / kIndexName);
    else
        throw FileError(
            fmt::format("{}: neither {} nor {} is in this folder; choose the folder of a downloaded model", place.string(), kWholeName, kIndexName));
    return weights;
}

}  // namespace maskscope
