#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <QString>
#include <QtGlobal>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "families/family.h"
#include "interop/safetensors.h"

namespace maskscope::testing {

inline NamedTensors tensorsOf(const std::filesystem::path& file) {
    const SafetensorsFile opened(file);
    NamedTensors tensors;
    for (const std::string& name : opened.names()) tensors.emplace_back(name, opened.tensor(name));
    return tensors;
}

/// A case of tests/parity.
inline std::filesystem::path keptCase(const std::string& name) {
    return std::filesystem::path(qgetenv("MASKSCOPE_SOURCE_DIR").toStdString()) / "tests/parity" / name;
}

/// Cases whose names begin so: those of tests/parity, those of ../shared where it is there, and those of the folder
/// MASKSCOPE_MORE_CASES.
inline std::vector<std::filesystem::path> casesOf(const std::vector<std::string>& beginnings) {
    std::vector<std::filesystem::path> found;
    for (const std::filesystem::path& root : {keptCase(""), std::filesystem::path(qgetenv("MASKSCOPE_SHARED").toStdString()) / "parity/cases",
                                              std::filesystem::path(qgetenv("MASKSCOPE_MORE_CASES").toStdString())}) {
        std::error_code code;
        if (!std::filesystem::is_directory(root, code)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(root)) {
            const std::string name = entry.path().filename().string();
            const bool isAsked = std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& start) { return name.starts_with(start); });
            const bool isKnown = std::any_of(found.begin(), found.end(), [&](const auto& other) { return other.filename() == name; });
            if (isAsked && !isKnown) found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// What keeps a tensor from being the expected one; empty: nothing.
inline QString difference(const at::Tensor& value, const at::Tensor& wanted, const nlohmann::json& spec) {
    if (value.sizes() != wanted.sizes()) return "another shape";
    const at::Tensor a = value.to(at::kDouble), b = wanted.to(at::kDouble);
    if (!a.isfinite().all().item<bool>()) return "not finite";
    const double most = a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>(), norm = b.norm().item<double>(),
                 apart = (a - b).norm().item<double>();
    if (spec["kind"] == "exact") return most == 0.0 ? QString() : QString("differs where it must not");
    if (most <= spec["tol_abs"].get<double>() && apart <= spec["tol_rel_l2"].get<double>() * norm) return {};
    return QString("off by %1, relative %2").arg(most).arg(norm > 0 ? apart / norm : apart);
}

/// Opens a case's model, asks it, and compares. @return what is wrong; empty: nothing
inline QString differencesFrom(const std::filesystem::path& place) {
    const OpenedModel opened = openFamilyModel(place / "model");
    const NamedTensors outputs = runForward(*opened.model, tensorsOf(place / "inputs.safetensors"));
    const auto specs = nlohmann::json::parse(readFile(place / "case.json"))["outputs"];
    QString bad;
    for (const auto& [name, wanted] : tensorsOf(place / "expected.safetensors")) {
        const auto same = [&, wantedName = name](const auto& output) { return output.first == wantedName; };
        const auto found = std::find_if(outputs.begin(), outputs.end(), same);
        const QString wrong = found == outputs.end() ? QString("missing") : difference(found->second, wanted, specs[name]);
        if (!wrong.isEmpty()) bad += QString("%1: %2; ").arg(name.c_str(), wrong);
    }
    for (const std::string& name : opened.card.unexpected) bad += QString("tensor %1 was not used; ").arg(name.c_str());
    return bad;
}

}  // namespace maskscope::testing
