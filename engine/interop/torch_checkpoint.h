#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include "data/file_store.h"
#include "interop/named_tensors.h"
#include "interop/pickle.h"

namespace maskscope {

/// A file of torch.save (.pth, .pt, .bin) in the zip format of PyTorch 1.6 and later, read without executing or importing
/// anything: tensors and plain containers are built, objects of unknown classes (an argparse.Namespace in official MAE files)
/// stay inert records. For one thread.
class TorchCheckpoint {
public:
    /// What is known about a tensor without reading its values.
    struct Entry {
        std::string name;  // the keys on the way to it, joined by dots: "model.blocks.0.attn.qkv.weight"
        c10::ScalarType dtype;
        std::vector<std::int64_t> shape, stride;  // in elements
        std::int64_t offset = 0;                  // of the first element in its storage
        std::string storage;                      // its key in the archive
    };

    /// @throws FileError if it cannot be read; DataError if it is no such file (an older format says so), is cut off, or holds
    ///         tensors that reach beyond their storage
    explicit TorchCheckpoint(const std::filesystem::path& file);

    const std::vector<Entry>& entries() const { return entries_; }
    /// A tensor with memory of its own, on the CPU; tensors that share a storage are read apart.
    at::Tensor tensor(const Entry& entry) const;
    /// All tensors below a key ("model"; empty: all), named without it.
    NamedTensors tensors(const std::string& below = {}) const;
    /// Plain values beside the tensors, as people read them: "epoch" -> "1599", "args.norm_pix_loss" -> "true".
    const std::map<std::string, std::string>& values() const { return values_; }
    const std::filesystem::path& path() const { return path_; }

private:
    void refuseCompressed() const;
    void walk(const PickleNode& node, const std::string& name, int depth);
    void addTensor(const PickleNode& call, const std::string& name);
    [[noreturn]] void fail(const std::string& what) const;

    std::filesystem::path path_;
    std::unique_ptr<FileStore> archive_;
    std::map<std::string, std::size_t> members_;  // name below the archive's folder -> entry of the archive
    std::vector<Entry> entries_;
    std::map<std::string, std::string> values_;
};

}  // namespace maskscope
