#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"

namespace maskscope {

/// What the property editor, `components --json` and the reference know about one parameter.
struct ParamDoc {
    std::string name;
    std::string type;    // integer, number, flag, text, choice, integers, numbers, section
    Value defaultValue;  // none: must be given, or is derived from other settings (then `help` says how)
    std::string range;   // "0 < x < 1", or the choices
    std::vector<std::string> choices;
    std::string help;
};

/// Allowed values of a number; bounds are part of the range unless marked open.
struct Range {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool openMin = false;
    bool openMax = false;

    bool contains(double x) const;
    /// "0 < x <= 1", "x >= 1", or empty.
    std::string text() const;

    static Range atLeast(double min) { return {.min = min}; }
    static Range positive() { return {.min = 0.0, .openMin = true}; }
    static Range between(double min, double max) { return {.min = min, .max = max}; }
    /// Both bounds excluded.
    static Range inside(double min, double max) { return {.min = min, .max = max, .openMin = true, .openMax = true}; }
};

/// Reads the settings of one component. One call reads a value, checks its type and range, and documents it; `finish`
/// refuses keys that nobody read. Made by `documenting`, it reads nothing and only collects the documentation.
class ParamReader {
public:
    /// @param table    the component's table (kept by reference); none counts as an empty table
    /// @param path     dotted place in the recipe, "mask" or "objective.0.head"
    /// @param subject  how messages call it, "mask 'random'"
    ParamReader(const Value& table, std::string path, std::string subject);

    /// A reader that returns defaults and fills docs().
    static ParamReader documenting();

    std::int64_t integer(std::string_view key, std::int64_t defaultValue, Range range, std::string_view help);
    double number(std::string_view key, double defaultValue, Range range, std::string_view help);
    bool flag(std::string_view key, bool defaultValue, std::string_view help);
    std::string text(std::string_view key, std::string_view defaultValue, std::string_view help);
    std::string choice(std::string_view key, std::string_view defaultValue, std::vector<std::string> choices, std::string_view help);
    std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> defaultValue, Range range, std::string_view help);
    std::vector<double> numbers(std::string_view key, std::vector<double> defaultValue, Range range, std::string_view help);
    std::vector<std::string> texts(std::string_view key, std::vector<std::string> defaultValue, std::string_view help);

    /// Values without a default: absent where the key is not given (the caller derives it; `help` says how).
    std::optional<std::int64_t> optionalInteger(std::string_view key, Range range, std::string_view help);
    std::optional<double> optionalNumber(std::string_view key, Range range, std::string_view help);

    /// A nested table or list that another reader will read; null where it is not given.
    const Value* section(std::string_view key, std::string_view help);
    /// Marks a key as read by somebody else (`kind`, `strategy`, `name`).
    void skip(std::string_view key);

    /// @throws RecipeError for the first key that nobody read, with the nearest key that exists
    void finish() const;

    /// An error about one key of this table, with its source line.
    [[noreturn]] void fail(std::string_view key, std::string_view reason) const;

    const std::string& path() const { return path_; }
    const std::string& subject() const { return subject_; }
    const Value& table() const { return *table_; }
    bool isDocumenting() const { return documenting_; }
    const std::vector<ParamDoc>& docs() const { return docs_; }

private:
    ParamReader() = default;
    const Value* take(std::string_view key, const char* type, Value defaultValue, std::string range, std::string_view help,
                      std::vector<std::string> choices = {});
    std::int64_t checkedInteger(std::string_view key, const Value& value, const Range& range) const;
    double checkedNumber(std::string_view key, const Value& value, const Range& range) const;
    std::string keyPath(std::string_view key) const;

    const Value* table_ = nullptr;
    std::string path_;
    std::string subject_;
    bool documenting_ = false;
    std::vector<ParamDoc> docs_;
    std::vector<std::string> skipped_;
};

}  // namespace maskscope
