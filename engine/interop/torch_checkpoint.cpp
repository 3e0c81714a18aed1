#include "interop/torch_checkpoint.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr int kDeepest = 64;  // containers in containers; circles end here
constexpr std::size_t kMostEntries = 1'000'000;

const std::map<std::string, c10::ScalarType>& storageTypes() {
    static const std::map<std::string, c10::ScalarType> types{
        {"DoubleStorage", at::kDouble}, {"FloatStorage", at::kFloat}, {"HalfStorage", at::kHalf},   {"BFloat16Storage", at::kBFloat16},
        {"LongStorage", at::kLong},     {"IntStorage", at::kInt},     {"ShortStorage", at::kShort}, {"CharStorage", at::kChar},
        {"ByteStorage", at::kByte},     {"BoolStorage", at::kBool},   {"UntypedStorage", at::kByte}};
    return types;
}

const std::map<std::string, c10::ScalarType>& elementTypes() {
    static const std::map<std::string, c10::ScalarType> types{{"float64", at::kDouble},
                                                              {"float32", at::kFloat},
                                                              {"float16", at::kHalf},
                                                              {"bfloat16", at::kBFloat16},
                                                              {"int64", at::kLong},
                                                              {"int32", at::kInt},
                                                              {"int16", at::kShort},
                                                              {"int8", at::kChar},
                                                              {"uint8", at::kByte},
                                                              {"bool", at::kBool},
                                                              {"float8_e4m3fn", at::kFloat8_e4m3fn},
                                                              {"float8_e5m2", at::kFloat8_e5m2}};
    return types;
}

std::string firstBytes(const std::filesystem::path& file, std::size_t count) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw FileError(fmt::format("{}: cannot be read; check the path and its permissions", file.string()));
    std::string bytes(count, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(count));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    return bytes;
}

/// Whether a zip archive has its end: the record that is written last and lies, with a comment, in the last 64 KiB.
bool hasZipEnd(const std::filesystem::path& file) {
    constexpr std::streamoff kTail = 65'557;
    std::ifstream stream(file, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream.tellg();
    std::string tail(static_cast<std::size_t>(std::min(size, kTail)), '\0');
    stream.seekg(size - static_cast<std::streamoff>(tail.size()));
    stream.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    return tail.find("PK\x05\x06") != std::string::npos;
}

/// Says what a file is that is no zip archive.
std::string otherFormat(const std::string& start) {
    constexpr std::string_view kMagic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    constexpr const char* kRemedy = "load it once with PyTorch and save it again, which writes the current format";
    if (start.compare(0, kMagic.size(), kMagic) == 0) return fmt::format("a checkpoint in the format of PyTorch before 1.6; {}", kRemedy);
    if (start.size() > 262 && start.compare(257, 5, "ustar") == 0) return fmt::format("a tar archive, the format of PyTorch before 0.2; {}", kRemedy);
    if (!start.empty() && start[0] == '\x80') return "a bare pickle without tensors of PyTorch; expected a file of torch.save";
    return start.empty() ? "empty" : "no file of torch.save, which is a zip archive; the download may have gone wrong";
}

std::vector<std::int64_t> integersOf(const PickleNode& node) {
    std::vector<std::int64_t> numbers;
    const std::vector<PickleRef>* members = node.members();
    if (members == nullptr) return {-1};
    for (const PickleRef member : *members) {
        const auto* integer = member->as<PickleNode::Integer>();
        numbers.push_back(integer == nullptr || integer->beyond ? -1 : integer->value);
    }
    return numbers;
}

/// Elements from the storage's start to behind the tensor's last one; none for numbers that cannot be, and where elements
/// would be shown twice, so that a small file cannot ask for much memory.
std::optional<std::int64_t> reach(const TorchCheckpoint::Entry& entry) {
    if (entry.offset < 0 || entry.shape.size() != entry.stride.size()) return std::nullopt;
    std::int64_t last = entry.offset, count = 1;
    for (std::size_t i = 0; i < entry.shape.size(); ++i) {
        std::int64_t span = 0;
        if (entry.shape[i] < 0 || entry.stride[i] < 0 || __builtin_mul_overflow(count, entry.shape[i], &count)) return std::nullopt;
        if (__builtin_mul_overflow(std::max<std::int64_t>(entry.shape[i] - 1, 0), entry.stride[i], &span) ||
            __builtin_add_overflow(last, span, &last))
            return std::nullopt;
    }
    if (count == 0) return entry.offset;
    return count <= last + 1 - entry.offset ? std::optional(last + 1) : std::nullopt;
}

std::int64_t countOf(const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const std::int64_t side : shape) count *= side;
    return count;
}

std::string joined(const std::string& above, const std::string& key) { return above.empty() ? key : above + "." + key; }

}  // namespace

void TorchCheckpoint::fail(const std::string& what) const { throw DataError(fmt::format("{}: {}", path_.string(), what)); }

TorchCheckpoint::TorchCheckpoint(const std::filesystem::path& file) : path_(file) {
    const std::string start = firstBytes(file, 512);
    if (start.compare(0, 4, "PK\x03\x04") != 0) fail(otherFormat(start));
    if (!hasZipEnd(file)) fail("cut off: the end of the archive is missing; fetch the file again");
    archive_ = openArchive(file, {});
    if (!archive_->problems().empty()) throw DataError(archive_->problems().front().reason);
    refuseCompressed();
    std::string folder;
    for (std::size_t i = 0; i < archive_->entries().size(); ++i) {
        const std::string& name = archive_->entries()[i].name;
        if (name == "data.pkl" || name.ends_with("/data.pkl")) folder = name.substr(0, name.size() - 8);
    }
    for (std::size_t i = 0; i < archive_->entries().size(); ++i) {
        const std::string& name = archive_->entries()[i].name;
        if (name.compare(0, folder.size(), folder) == 0) members_[name.substr(folder.size())] = i;
    }
    if (!members_.contains("data.pkl")) fail("a zip archive without data.pkl, so that it is no file of torch.save (or one that is cut off)");
    if (const auto order = members_.find("byteorder"); order != members_.end() && archive_->read(order->second, 16).compare(0, 3, "big") == 0)
        fail("written on a big-endian machine, which is not supported; save it again on another machine");
    const std::string bytes = archive_->read(members_.at("data.pkl"));
    const Pickle pickle(bytes, path_.string() + "/data.pkl");
    walk(pickle.root(), "", 0);
}

/// torch.save stores its members as they are: one that unfolds is not from there, and may unfold to anything.
void TorchCheckpoint::refuseCompressed() const {
    std::uint64_t unfolded = 0;
    const std::uint64_t size = std::filesystem::file_size(path_);
    for (const FileStore::Entry& entry : archive_->entries()) {
        unfolded += std::min(entry.bytes, size + 1);
        if (unfolded > size)
            fail(fmt::format(
                "a file of {} bytes whose members unfold to more, up to '{}' of {}; torch.save does not compress, so it is none of its files", size,
                entry.name, entry.bytes));
    }
}

void TorchCheckpoint::walk(const PickleNode& node, const std::string& name, int depth) {
    if (depth > kDeepest) fail(fmt::format("'{}': containers are nested more than {} deep", name.substr(0, 80), kDeepest));
    if (entries_.size() + values_.size() > kMostEntries) fail(fmt::format("more than {} values", kMostEntries));
    if (node.isCallOf("torch._utils", "_rebuild_tensor_v2") || node.isCallOf("torch._utils", "_rebuild_tensor_v3")) return addTensor(node, name);
    if (node.isCallOf("torch._utils", "_rebuild_parameter") || node.isCallOf("torch._utils", "_rebuild_parameter_with_state")) {
        const auto* arguments = node.as<PickleNode::Record>()->arguments->members();
        if (arguments == nullptr || arguments->empty()) fail(fmt::format("'{}': a parameter without data", name));
        return walk(*arguments->front(), name, depth + 1);
    }
    const auto walkItems = [&](const PickleItems& items) {
        for (const auto& [key, value] : items) {
            const auto* text = key->as<PickleNode::Text>();
            walk(*value, joined(name, text != nullptr ? text->value : key->describe()), depth + 1);
        }
    };
    if (const PickleItems* items = node.items()) return walkItems(*items);
    if (const auto* members = node.members()) {
        for (std::size_t i = 0; i < members->size(); ++i) walk(*(*members)[i], joined(name, std::to_string(i)), depth + 1);
        return;
    }
    const auto* record = node.as<PickleNode::Record>();
    if (record != nullptr && record->state != nullptr && record->state->items() != nullptr) {
        values_[name] = node.describe();
        return walkItems(*record->state->items());
    }
    values_[name] = node.describe();
}

void TorchCheckpoint::addTensor(const PickleNode& call, const std::string& name) {
    const auto* arguments = call.as<PickleNode::Record>()->arguments->members();
    const auto* persistent = arguments != nullptr && arguments->size() >= 4 ? (*arguments)[0]->as<PickleNode::Persistent>() : nullptr;
    const auto* storage = persistent != nullptr ? persistent->id->members() : nullptr;
    if (storage == nullptr || storage->size() < 5) fail(fmt::format("'{}': a tensor without a storage", name));
    const auto* type = (*storage)[1]->as<PickleNode::Global>();
    const auto* key = (*storage)[2]->as<PickleNode::Text>();
    if (type == nullptr || key == nullptr) fail(fmt::format("'{}': a storage without type or name", name));
    const auto known = storageTypes().find(type->name);
    if (known == storageTypes().end()) fail(fmt::format("'{}': elements of the type {}, which is not supported", name, type->name));
    Entry entry{
        .name = name, .dtype = known->second, .shape = integersOf(*(*arguments)[2]), .stride = integersOf(*(*arguments)[3]), .storage = key->value};
    if (call.isCallOf("torch._utils", "_rebuild_tensor_v3")) {
        const auto* dtype = arguments->size() > 6 ? (*arguments)[6]->as<PickleNode::Global>() : nullptr;
        const auto named = dtype != nullptr ? elementTypes().find(dtype->name) : elementTypes().end();
        if (named == elementTypes().end()) fail(fmt::format("'{}': elements of a type that is not supported", name));
        entry.dtype = named->second;
    }
    const auto* offset = (*arguments)[1]->as<PickleNode::Integer>();
    entry.offset = offset == nullptr || offset->beyond ? -1 : offset->value;
    const auto member = members_.find("data/" + entry.storage);
    if (member == members_.end()) fail(fmt::format("'{}': its storage data/{} is missing; the file is cut off", name, entry.storage));
    const auto bytes = static_cast<std::int64_t>(archive_->entries()[member->second].bytes);
    const auto needed = reach(entry);
    const auto width = static_cast<std::int64_t>(c10::elementSize(entry.dtype));
    if (!needed || *needed > bytes / width)
        fail(fmt::format("'{}': a tensor that reaches beyond its storage of {} elements; the file is damaged", name, bytes / width));
    entries_.push_back(std::move(entry));
}

at::Tensor TorchCheckpoint::tensor(const Entry& entry) const {
    const std::int64_t count = countOf(entry.shape);
    const at::Tensor result = at::empty(entry.shape, at::TensorOptions().dtype(entry.dtype));
    if (count == 0) return result;
    const std::size_t width = c10::elementSize(entry.dtype);
    const std::int64_t needed = *reach(entry);
    const std::string bytes = archive_->read(members_.at("data/" + entry.storage), static_cast<std::uint64_t>(needed) * width);
    if (bytes.size() < static_cast<std::size_t>(needed) * width) fail(fmt::format("'{}': its storage is cut off", entry.name));
    const at::Tensor strided = at::empty_strided(entry.shape, entry.stride, at::TensorOptions().dtype(entry.dtype));
    std::memcpy(strided.mutable_data_ptr(), bytes.data() + static_cast<std::size_t>(entry.offset) * width,
                static_cast<std::size_t>(needed - entry.offset) * width);
    result.copy_(strided);
    return result;
}

NamedTensors TorchCheckpoint::tensors(const std::string& below) const {
    NamedTensors named;
    const std::string prefix = below.empty() ? "" : below + ".";
    for (const Entry& entry : entries_)
        if (entry.name.compare(0, prefix.size(), prefix) == 0) named.emplace_back(entry.name.substr(prefix.size()), tensor(entry));
    return named;
}

}  // namespace maskscope
