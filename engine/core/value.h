#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace maskscope {

/// Where a value was written: a file (or a name such as "--set") and its line, 0 where there is none.
struct SourceLine {
    std::shared_ptr<const std::string> file;
    int line = 0;

    /// "recipes/mae/mae.toml:7: ", "--set: ", or an empty string.
    std::string prefix() const;
};

/// A configuration tree (what TOML can say) that remembers where each value was written. Tables keep their order.
class Value {
public:
    using Array = std::vector<Value>;
    using Table = std::vector<std::pair<std::string, Value>>;

    Value() = default;
    Value(bool value) : data_(value) {}
    Value(int value) : data_(static_cast<std::int64_t>(value)) {}
    Value(std::int64_t value) : data_(value) {}
    Value(double value) : data_(value) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(Array value) : data_(std::move(value)) {}
    Value(Table value) : data_(std::move(value)) {}

    bool isNone() const { return std::holds_alternative<std::monostate>(data_); }
    bool isTable() const { return std::holds_alternative<Table>(data_); }
    bool isArray() const { return std::holds_alternative<Array>(data_); }
    bool isString() const { return std::holds_alternative<std::string>(data_); }
    bool isBool() const { return std::holds_alternative<bool>(data_); }
    bool isInteger() const { return std::holds_alternative<std::int64_t>(data_); }
    bool isNumber() const { return isInteger() || std::holds_alternative<double>(data_); }

    bool asBool() const { return std::get<bool>(data_); }
    std::int64_t asInteger() const { return std::get<std::int64_t>(data_); }
    double asNumber() const { return isInteger() ? static_cast<double>(asInteger()) : std::get<double>(data_); }
    const std::string& asString() const { return std::get<std::string>(data_); }
    const Array& asArray() const { return std::get<Array>(data_); }
    Array& asArray() { return std::get<Array>(data_); }
    const Table& asTable() const { return std::get<Table>(data_); }
    Table& asTable() { return std::get<Table>(data_); }

    /// "a table", "the number 0.75", "the text 'x'": for error messages.
    std::string describe() const;

    /// The member `key` of a table, or null (also when this is no table).
    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    /// Sets a member of a table; a value that is no table becomes one.
    Value& set(std::string_view key, Value value);
    void erase(std::string_view key);

    const SourceLine& source() const { return source_; }
    void setSource(SourceLine source) { source_ = std::move(source); }

    /// Equal content; source lines and the order of a table's keys do not count. An integer equals the same number written
    /// as a float.
    friend bool operator==(const Value& a, const Value& b);

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table> data_;
    SourceLine source_;
};

/// Lays `over` on `base`: tables merge key by key; arrays of tables merge by the members' `name` or `id` where they have
/// one and by position otherwise; everything else is replaced. A table whose `kind` or `strategy` changes starts afresh:
/// keys that belonged to the former kind are dropped.
Value merged(const Value& base, const Value& over);

/// Sets the value at a dotted path ("train.batch", "objective.0.target.normalize"), making tables on the way. Where a path
/// steps into an array of tables without a number, it means the only member.
/// @throws RecipeError if the path steps into something that has no members
void setPath(Value& root, std::string_view path, Value value);

}  // namespace maskscope
