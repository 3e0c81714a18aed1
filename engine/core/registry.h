#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "core/text.h"

namespace maskscope {

/// The components of one family ("mask", "loss", ...) by name. A plain object: made once by the family's `*_list.cpp` and
/// handed to whoever composes recipes.
///
/// A component is a class with a nested `Params`, read by `static Params Params::read(ParamReader&)`, and a constructor
/// taking (const Params&, Context...). Context is what the family's components are told besides their own settings.
///
/// @tparam Made  what a factory returns: std::unique_ptr<Interface> or std::shared_ptr<Interface>
template <typename Made, typename... Context>
class Registry {
public:
    struct Entry {
        std::string name;
        std::string help;  // one line
        char category;     // the letter of the survey's category code that it stands for, '-' for none
        std::function<Made(ParamReader&, Context...)> make;
        std::function<void(ParamReader&)> document;
    };

    /// @param family  the word in messages: "mask", "encoder"
    explicit Registry(std::string family) : family_(std::move(family)) {}

    template <typename Component>
    void add(std::string name, char category, std::string help) {
        entries_.push_back({std::move(name), std::move(help), category,
                            [](ParamReader& reader, Context... context) -> Made {
                                const auto params = Component::Params::read(reader);
                                reader.finish();
                                return Made(new Component(params, context...));
                            },
                            [](ParamReader& reader) { Component::Params::read(reader); }});
    }

    const std::string& family() const { return family_; }
    const std::vector<Entry>& entries() const { return entries_; }

    /// @throws RecipeError naming the nearest component if there is none of this name
    const Entry& find(std::string_view name, const std::string& where = {}) const {
        for (const Entry& entry : entries_)
            if (entry.name == name) return entry;
        std::vector<std::string> names;
        for (const Entry& entry : entries_) names.push_back(entry.name);
        const std::string hint = suggestion(name, names);
        throw RecipeError(
            fmt::format("{}there is no {} '{}'{}", where, family_, name, hint.empty() ? fmt::format("; there are {}", join(names)) : hint));
    }

    /// Makes the component that `table` describes; `kindKey` ("kind" or "strategy") holds its name.
    Made make(const Value& table, const std::string& path, std::string_view kindKey, Context... context) const {
        const Value* kind = table.find(kindKey);
        if (kind == nullptr || !kind->isString())
            throw RecipeError(fmt::format("{}{} needs {} = \"...\", the name of a {}", table.source().prefix(), path, kindKey, family_));
        const Entry& entry = find(kind->asString(), fmt::format("{}{}.{}: ", kind->source().prefix(), path, kindKey));
        ParamReader reader(table, path, fmt::format("{} '{}'", family_, entry.name));
        reader.skip(kindKey);
        return entry.make(reader, context...);
    }

    std::vector<ParamDoc> document(const Entry& entry) const {
        ParamReader reader = ParamReader::documenting();
        entry.document(reader);
        return reader.docs();
    }

private:
    std::string family_;
    std::vector<Entry> entries_;
};

}  // namespace maskscope
