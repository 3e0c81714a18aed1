#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "interop/safetensors.h"
#include "interop/safetensors_dtype.h"

namespace maskscope {
namespace {

constexpr std::size_t kAlignment = 8;

std::vector<const NamedTensor*> inDataOrder(const std::filesystem::path& file, const NamedTensors& tensors) {
    std::vector<const NamedTensor*> order;
    std::set<std::string_view> names;
    for (const NamedTensor& item : tensors) {
        const auto& [name, tensor] = item;
        if (name == "__metadata__" || !names.insert(name).second)
            throw DataError(
                fmt::format("{}: the tensor name '{}' is {}; rename it", file.string(), name, name == "__metadata__" ? "reserved" : "given twice"));
        if (!tensor.defined()) throw DataError(fmt::format("{}: tensor '{}' is not defined; leave it out", file.string(), name));
        if (tensor.layout() != at::kStrided || wordOfDtype(tensor.scalar_type()).empty())
            throw DataError(fmt::format("{}: tensor '{}' has type {}, which safetensors cannot hold; convert it to a dense float32 tensor",
                                        file.string(), name, tensor.toString()));
        order.push_back(&item);
    }
    std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
        const auto sizeA = a->second.element_size(), sizeB = b->second.element_size();
        return sizeA != sizeB ? sizeA > sizeB : a->first < b->first;
    });
    return order;
}

/// Length and JSON, padded with spaces so that the data begins at a multiple of 8 bytes.
std::string headerBytes(const std::filesystem::path& file, const std::vector<const NamedTensor*>& order,
                        const std::map<std::string, std::string>& metadata) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::size_t place = 0;
    for (const NamedTensor* item : order) {
        const at::Tensor& tensor = item->second;
        header[item->first] = {
            {"dtype", wordOfDtype(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}, {"data_offsets", {place, place + tensor.nbytes()}}};
        place += tensor.nbytes();
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        throw DataError(fmt::format("{}: a tensor name or a metadata text is not UTF-8; rename it", file.string()));
    }
    text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
    const std::uint64_t length = text.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + text;
}

}  // namespace

WrittenFile writeSafetensors(const std::filesystem::path& file, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
    const std::vector<const NamedTensor*> order = inDataOrder(file, tensors);
    const std::string header = headerBytes(file, order, metadata);
    WrittenFile written;
    writeFileAtomically(file, [&](const auto& write) {
        const auto put = [&](std::span<const std::byte> bytes) {
            write(bytes);
            written.bytes += bytes.size();
            written.crc32 = static_cast<std::uint32_t>(crc32_z(written.crc32, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
        };
        put(std::as_bytes(std::span(header)));
        for (const NamedTensor* item : order) {
            const at::Tensor dense = item->second.detach().cpu().contiguous().resolve_conj().resolve_neg();
            if (dense.numel() > 0) put({static_cast<const std::byte*>(dense.const_data_ptr()), dense.nbytes()});
        }
    });
    return written;
}

}  // namespace maskscope
