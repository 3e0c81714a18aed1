#include "training/checkpoint_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include "core/error.h"
#include "core/files.h"
#include "interop/mapped_file.h"
#include "interop/safetensors.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kFormat = 1;

std::uint32_t checksum(std::span<const std::byte> bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Of the document without its own checksum.
std::string documentChecksum(Json document) {
    document.erase("crc32");
    const std::string text = document.dump();
    return fmt::format("{:08x}", checksum(std::as_bytes(std::span(text))));
}

[[noreturn]] void failState(const fs::path& file, const std::string& problem) {
    throw DataError(fmt::format("{}: {}; the checkpoint is incomplete or damaged, use an earlier one", file.string(), problem));
}

bool isDocument(const Json& document) {
    if (!document.is_object() || !document.contains("format") || !document["format"].is_number_integer()) return false;
    return document.value("step", Json()).is_number_integer() && document.value("files", Json()).is_object() &&
           document.value("state", Json()).is_object() && document.value("crc32", Json()).is_string();
}

void checkSizes(const fs::path& folder, const Json& files) {
    for (const auto& [name, facts] : files.items()) {
        std::error_code code;
        const std::uintmax_t bytes = fs::file_size(folder / name, code);
        const auto expected = facts.at("bytes").get<std::uint64_t>();
        if (code) failState(folder / name, fmt::format("missing ({}), expected {} bytes", code.message(), expected));
        if (bytes != expected) failState(folder / name, fmt::format("{} bytes, expected {}", bytes, expected));
    }
}

}  // namespace

std::uint64_t writeCheckpointFiles(const fs::path& folder, const Checkpoint& checkpoint) {
    const std::pair<const char*, const NamedTensors*> parts[] = {
        {kModelFile, &checkpoint.model}, {kEmaFile, &checkpoint.ema}, {kOptimizerFile, &checkpoint.optimizer}, {kSignalsFile, &checkpoint.signals}};
    std::uint64_t bytes = 0;
    Json files = Json::object();
    for (const auto& [name, tensors] : parts) {
        if (tensors->empty() && name != kModelFile) continue;
        const WrittenFile written = writeSafetensors(folder / name, *tensors, {{"format", "pt"}});
        Json names = Json::array();
        for (const auto& item : *tensors) names.push_back(item.first);
        files[name] = {{"bytes", written.bytes}, {"crc32", fmt::format("{:08x}", written.crc32)}, {"names", names}};
        bytes += written.bytes;
    }
    Json document{{"format", kFormat}, {"step", checkpoint.step}, {"files", files}, {"state", checkpoint.state}};
    document["crc32"] = documentChecksum(document);
    const std::string text = document.dump(1) + "\n";
    writeFileAtomically(folder / kStateFile, text);
    return bytes + text.size();
}

Json readCheckpointState(const fs::path& folder, std::int64_t step) {
    const fs::path file = folder / kStateFile;
    const Json document = Json::parse(readFile(file), nullptr, false);
    if (!isDocument(document)) failState(file, "not the JSON of a whole checkpoint");
    if (document["format"].get<int>() > kFormat)
        throw DataError(
            fmt::format("{}: format {}, this program reads up to {}; update Maskscope", file.string(), document["format"].get<int>(), kFormat));
    if (document["crc32"] != documentChecksum(document)) failState(file, "its checksum does not match its content");
    if (document["step"] != step) failState(file, fmt::format("step {}, expected {}", document["step"].get<std::int64_t>(), step));
    checkSizes(folder, document["files"]);
    return document;
}

void checkCheckpointFile(const fs::path& folder, const Json& document, const std::string& file) {
    const MappedFile map(folder / file);
    const auto expected = document.at("files").at(file).at("crc32").get<std::string>();
    const std::string found = fmt::format("{:08x}", checksum(map.bytes()));
    if (found != expected) failState(folder / file, fmt::format("checksum {}, expected {}", found, expected));
}

NamedTensors readCheckpointTensors(const fs::path& folder, const Json& document, const std::string& file, bool mapped) {
    const Json& files = document.at("files");
    if (!files.contains(file)) return {};
    const SafetensorsFile content(folder / file);
    NamedTensors tensors;
    for (const auto& name : files.at(file).at("names")) {
        const auto text = name.get<std::string>();
        tensors.emplace_back(text, mapped ? content.view(text) : content.tensor(text));
    }
    return tensors;
}

}  // namespace maskscope
