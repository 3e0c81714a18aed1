#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace maskscope {

/// Height and width.
struct Sides {
    std::int64_t height = 0, width = 0;
    bool operator==(const Sides&) const = default;
};

/// The config.json of a model, read key by key. Whatever is asked for must have the right type; whatever nobody asked for must
/// be without effect on the answers of a model that is not trained, or refuseUnread() refuses it. Copies share what was read.
class ModelConfig {
public:
    /// @throws FileError, DataError if it is no JSON object
    explicit ModelConfig(const std::filesystem::path& file);
    /// A config that comes from elsewhere. @param subject  what messages call it
    ModelConfig(nlohmann::json object, std::string subject);

    /// Whether the key is there and not null. Does not count as reading.
    bool has(std::string_view key) const;
    /// Whether its value is a list. Does not count as reading.
    bool isList(std::string_view key) const;
    /// Whether the key is there and null, or true or false. Does not count as reading.
    bool isNull(std::string_view key) const;
    bool isFlag(std::string_view key) const;
    /// T: bool, std::int64_t, double, std::string, or a std::vector of one of them. null counts as missing.
    /// @throws DataError naming key and value if the type is another
    template <typename T>
    T get(std::string_view key, T standard);
    /// The same for a key that must be there.
    template <typename T>
    T require(std::string_view key);
    /// One number for both sides, or [height, width].
    Sides sides(std::string_view key, Sides standard);
    /// @throws DataError with the choices
    std::string choice(std::string_view key, std::string_view standard, const std::vector<std::string>& choices);
    /// An activation by its Hugging Face name ("gelu_new", "quick_gelu") as `activate` calls it. @throws DataError
    std::string activation(std::string_view key, std::string_view standard);
    /// A nested config; missing or null: an empty one. Its keys are part of what refuseUnread() looks at.
    ModelConfig section(std::string_view key);

    /// Another JSON file of the same folder; none if it is not there or the config is no file. Its unread keys do not matter.
    std::optional<ModelConfig> beside(std::string_view fileName) const;

    /// "architectures": what the model is used for, such as ViTForMaskedImageModeling; empty if it does not say.
    std::string className();
    /// For families with one class alone. @throws DataError if the file says another
    void expectClass(const std::string& name);

    /// Keys that this family may have and that change nothing of what a model answers outside of training.
    void ignore(const std::vector<std::string>& keys);
    /// The same for every key of this section.
    void ignoreRest();
    /// @throws DataError "FILE: KEY is VALUE, expected ..."
    [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;
    /// @throws DataError for the first key that nobody read: "... cannot be honoured"
    void refuseUnread() const;
    /// The file, or what messages call the config.
    const std::string& subject() const;

private:
    struct Content;
    ModelConfig(std::shared_ptr<Content> content, const nlohmann::json* table, std::string path);
    const nlohmann::json* find(std::string_view key) const;
    const nlohmann::json* read(std::string_view key);
    std::string pathOf(std::string_view key) const;

    std::shared_ptr<Content> content_;
    const nlohmann::json* table_;  // in content_
    std::string path_;             // of a nested config: "vision_config."
};

}  // namespace maskscope
