#include "families/model_weights.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"
#include "interop/torch_checkpoint.h"
#include "interop/weights.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

bool isTorchFile(const fs::path& file) {
    const std::string ending = file.extension().string();
    return ending == ".pth" || ending == ".pt" || ending == ".bin" || ending == ".ckpt" || file.string().ends_with(".bin.index.json");
}

/// The files of torch.save that a place stands for: itself, or the shards of an index.
std::vector<fs::path> torchFiles(const fs::path& place) {
    if (place.extension() != ".json") return {place};
    std::set<std::string> names;
    for (const auto& [tensor, file] : readShardIndex(place)) names.insert(file);
    std::vector<fs::path> files;
    for (const std::string& name : names) files.push_back(place.parent_path() / name);
    return files;
}

/// What in a folder holds weights in the format of torch.save; empty where safetensors are there, or nothing is.
fs::path torchFileIn(const fs::path& folder) {
    std::error_code code;
    for (const char* name : {"model.safetensors", "model.safetensors.index.json"})
        if (fs::exists(folder / name, code)) return {};
    for (const char* name : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
        if (fs::exists(folder / name, code)) return folder / name;
    return {};
}

}  // namespace

/// Where the tensors lie: exactly one of the three.
struct ModelWeights::Content {
    std::string subject;
    std::unique_ptr<Weights> mapped;
    std::vector<std::unique_ptr<TorchCheckpoint>> torchFiles;  // shards, mostly one
    std::map<std::string, at::Tensor> given;

    std::map<std::string, std::string, std::less<>> nameInFile;  // as asked for -> in the file
    std::map<std::string, at::Tensor, std::less<>> changed;      // values that are not as in the file, by the names as asked for
    struct TorchPlace {
        const TorchCheckpoint* file;
        const TorchCheckpoint::Entry* entry;
    };
    std::map<std::string, TorchPlace> torchEntries;
    std::set<std::string> taken;  // in the file
    std::vector<std::string> missing;
    std::int64_t takenCount = 0;
    std::map<std::string, std::string> noValues;
};

ModelWeights::ModelWeights(const fs::path& place) : content_(std::make_shared<Content>()) {
    Content& content = *content_;
    content.subject = place.string();
    std::error_code code;
    const bool folder = fs::is_directory(place, code);
    const fs::path torchFile = folder ? torchFileIn(place) : isTorchFile(place) ? place : fs::path();
    if (!torchFile.empty()) {
        for (const fs::path& file : torchFiles(torchFile)) {
            const auto& opened = content.torchFiles.emplace_back(std::make_unique<TorchCheckpoint>(file));
            for (const TorchCheckpoint::Entry& entry : opened->entries()) {
                if (!content.torchEntries.emplace(entry.name, Content::TorchPlace{opened.get(), &entry}).second)
                    throw DataError(fmt::format("{}: tensor '{}' is in two of its files; download them again", place.string(), entry.name));
                content.nameInFile.emplace(entry.name, entry.name);
            }
        }
    } else {
        content.mapped = std::make_unique<Weights>(openWeights(place));
        for (const std::string& name : content.mapped->names()) content.nameInFile.emplace(name, name);
    }
}

ModelWeights::ModelWeights(NamedTensors tensors, std::string subject) : content_(std::make_shared<Content>()) {
    content_->subject = std::move(subject);
    for (auto& [name, tensor] : tensors) {
        content_->nameInFile.emplace(name, name);
        content_->given.emplace(name, std::move(tensor));
    }
}

bool ModelWeights::dropPrefix(std::string_view prefix) {
    std::vector<std::pair<std::string, std::string>> shorter;
    for (const auto& [name, inFile] : content_->nameInFile)
        if (name.starts_with(prefix)) shorter.emplace_back(name.substr(prefix.size()), inFile);
    for (auto& [name, inFile] : shorter) content_->nameInFile.emplace(std::move(name), std::move(inFile));
    return !shorter.empty();
}

void ModelWeights::alias(const std::string& name, const std::string& known) {
    content_->nameInFile.emplace(name, find(known));
    if (const auto changed = content_->changed.find(known); changed != content_->changed.end()) content_->changed.emplace(name, changed->second);
}

void ModelWeights::alias(const std::string& name, const std::string& known, at::Tensor value) {
    content_->nameInFile.emplace(name, find(known));
    content_->changed.insert_or_assign(name, std::move(value));
}

bool ModelWeights::has(std::string_view name) const { return content_->nameInFile.find(name) != content_->nameInFile.end(); }

std::vector<std::string> ModelWeights::names() const {
    std::vector<std::string> all;
    for (const auto& [name, inFile] : content_->nameInFile) all.push_back(name);
    return all;
}

const std::string& ModelWeights::find(std::string_view name) const {
    const auto place = content_->nameInFile.find(name);
    if (place == content_->nameInFile.end())
        throw DataError(fmt::format("{}: there is no tensor '{}' among its {}{}; the file is incomplete or belongs to another config", subject(),
                                    name, content_->nameInFile.size(), suggestion(name, names())));
    return place->second;
}

std::vector<std::int64_t> ModelWeights::shape(std::string_view name) const {
    const std::string& inFile = find(name);
    if (const auto changed = content_->changed.find(name); changed != content_->changed.end()) return changed->second.sizes().vec();
    if (content_->mapped) return content_->mapped->entry(inFile).shape;
    if (!content_->torchFiles.empty()) return content_->torchEntries.at(inFile).entry->shape;
    return content_->given.at(inFile).sizes().vec();
}

at::Tensor ModelWeights::read(const std::string& name) const {
    if (content_->mapped) return content_->mapped->view(name);
    if (!content_->torchFiles.empty()) {
        const Content::TorchPlace& found = content_->torchEntries.at(name);
        return found.file->tensor(*found.entry);
    }
    return content_->given.at(name);
}

at::Tensor ModelWeights::take(std::string_view name) {
    const std::string& inFile = find(name);
    const auto changed = content_->changed.find(name);
    at::Tensor value = changed != content_->changed.end() ? changed->second : read(inFile);
    if (value.is_floating_point()) value = value.to(at::kFloat);
    if (content_->taken.insert(inFile).second) content_->takenCount += value.numel();
    return value;
}

at::Tensor ModelWeights::takeOptional(std::string_view name) {
    if (has(name)) return take(name);
    content_->missing.emplace_back(name);
    return {};
}

void ModelWeights::ignoreEnding(std::string_view ending) {
    for (const auto& [name, inFile] : content_->nameInFile)
        if (name.ends_with(ending)) content_->taken.insert(inFile);
}

void ModelWeights::ignore(std::string_view name) {
    if (has(name)) content_->taken.insert(find(name));
}

std::vector<std::string> ModelWeights::unexpected() const {
    std::set<std::string> left;
    for (const auto& [name, inFile] : content_->nameInFile)
        if (!content_->taken.contains(inFile)) left.insert(inFile);
    return {left.begin(), left.end()};
}

const std::vector<std::string>& ModelWeights::missing() const { return content_->missing; }
std::int64_t ModelWeights::takenCount() const { return content_->takenCount; }
const std::string& ModelWeights::subject() const { return content_->subject; }

const std::map<std::string, std::string>& ModelWeights::values() const {
    return content_->torchFiles.empty() ? content_->noValues : content_->torchFiles.front()->values();
}

}  // namespace maskscope
