#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "interop/named_tensors.h"

namespace maskscope {

class TorchCheckpoint;
class Weights;

/// The tensors of a model of another program, by its names: from safetensors (one file, shards, mapped and not copied) or a file
/// of torch.save. Remembers what was taken; what nobody takes is "unexpected". For one thread; copies share what was taken.
class ModelWeights {
public:
    /// A folder (model.safetensors, pytorch_model.bin, or the index of one of them) or a file (.safetensors, .index.json, .pth, .pt, .bin).
    /// @throws FileError, DataError
    explicit ModelWeights(const std::filesystem::path& place);
    /// Tensors from elsewhere. @param subject  what messages call them
    ModelWeights(NamedTensors tensors, std::string subject);

    /// Lets every tensor called PREFIX... be asked for without the prefix. @return whether there is any
    bool dropPrefix(std::string_view prefix);

    /// Lets a tensor be asked for under another name as well.
    void alias(const std::string& name, const std::string& known);
    /// The same, with another value: the tensor brought into another form.
    void alias(const std::string& name, const std::string& known, at::Tensor value);

    bool has(std::string_view name) const;
    /// Names as they can be asked for.
    std::vector<std::string> names() const;
    /// @throws DataError as take()
    std::vector<std::int64_t> shape(std::string_view name) const;
    /// The tensor as float32 where it holds real numbers (BF16, F16, F64 are converted), as it is otherwise. May share memory
    /// with the mapped file: not to be written to.
    /// @throws DataError naming the file, the tensor and the nearest name if there is none
    at::Tensor take(std::string_view name);
    /// Names a tensor that the model could use; where it is absent, the card lists it as missing. @return undefined if absent
    at::Tensor takeOptional(std::string_view name);
    /// Marks tensors whose names end so as known and not needed (position_ids, num_batches_tracked).
    void ignoreEnding(std::string_view ending);
    /// Marks a tensor as known and not needed.
    void ignore(std::string_view name);

    std::vector<std::string> unexpected() const;
    const std::vector<std::string>& missing() const;
    /// Numbers in all tensors that were taken.
    std::int64_t takenCount() const;
    /// Plain values beside the tensors of a file of torch.save ("args.norm_pix_loss" -> "true"); empty elsewhere.
    const std::map<std::string, std::string>& values() const;
    /// The file or folder.
    const std::string& subject() const;

private:
    struct Content;
    const std::string& find(std::string_view name) const;
    at::Tensor read(const std::string& name) const;

    std::shared_ptr<Content> content_;
};

}  // namespace maskscope
