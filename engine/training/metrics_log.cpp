#include "training/metrics_log.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "interop/append_file.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr double kWholeNumbers = 1e15;  // below it every whole number is written without an exponent

std::string cellText(MetricsCell cell) {
    if (!cell) return {};
    if (*cell == std::floor(*cell) && std::abs(*cell) < kWholeNumbers && !(*cell == 0.0 && std::signbit(*cell)))
        return fmt::format("{}", static_cast<std::int64_t>(*cell));
    return shortestNumber(*cell);
}

MetricsCell readCell(const std::string& text, const fs::path& file, std::size_t line) {
    if (text.empty()) return std::nullopt;
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw DataError(fmt::format("{}:{}: '{}' is not a number; repair or remove the line", file.string(), line, text));
    return value;
}

/// The lines that end with a line break, without it.
std::vector<std::string> wholeLines(const std::string& content) {
    std::vector<std::string> lines = split(content, '\n');
    lines.pop_back();  // what follows the last line break
    return lines;
}

std::vector<MetricsCell> readRow(const std::string& line, const MetricsTable& table, const fs::path& file, std::size_t number) {
    const std::vector<std::string> cells = split(line, ',');
    if (cells.size() != table.columns.size())
        throw DataError(
            fmt::format("{}:{}: {} cells, expected {}; repair or remove the line", file.string(), number, cells.size(), table.columns.size()));
    std::vector<MetricsCell> row;
    for (const std::string& cell : cells) row.push_back(readCell(cell, file, number));
    if (!row.front()) throw DataError(fmt::format("{}:{}: no step; repair or remove the line", file.string(), number));
    return row;
}

MetricsTable parse(const std::vector<std::string>& lines, const fs::path& file) {
    MetricsTable table;
    if (lines.empty()) throw DataError(fmt::format("{}: no header row; remove the file", file.string()));
    table.columns = split(lines.front(), ',');
    if (table.columns.front() != "step")
        throw DataError(fmt::format("{}: the first column is '{}', expected 'step'", file.string(), table.columns.front()));
    for (std::size_t i = 1; i < lines.size(); ++i) table.rows.push_back(readRow(lines[i], table, file, i + 1));
    return table;
}

/// Leaves `file` with whole lines only; @return its header, empty if there is none.
std::string repaired(const fs::path& file) {
    std::error_code code;
    if (!fs::exists(file, code)) return {};
    const std::string content = readFile(file);
    const std::size_t end = content.rfind('\n');
    const std::size_t kept = end == std::string::npos ? 0 : end + 1;
    if (kept != content.size()) writeFileAtomically(file, std::string_view(content).substr(0, kept));
    return content.substr(0, std::min(content.find('\n'), kept));
}

}  // namespace

std::size_t MetricsTable::column(std::string_view name) const {
    const auto place = std::find(columns.begin(), columns.end(), name);
    if (place == columns.end()) throw DataError(fmt::format("metrics.csv has no column '{}'{}", name, suggestion(name, columns)));
    return static_cast<std::size_t>(place - columns.begin());
}

MetricsLog::MetricsLog(const fs::path& file, std::vector<std::string> columns) : columns_(std::move(columns)) {
    const std::string header = join(columns_, ",");
    const std::string found = repaired(file);
    if (found.empty())
        writeFileAtomically(file, header + "\n");
    else if (header.starts_with(found + ","))
        columns_ = split(found, ',');
    else if (found != header)
        throw DataError(fmt::format("{}: the columns are {}, expected {}; start a new run", file.string(), found, header));
    file_ = std::make_unique<AppendFile>(file);
}

MetricsLog::~MetricsLog() = default;

void MetricsLog::append(std::span<const MetricsCell> cells) {
    if (cells.size() != columns_.size() || !cells.front())
        throw ShapeError(fmt::format("a row of metrics has {} cells, expected {} and a step first", cells.size(), columns_.size()));
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        line += cellText(cells[i]);
    }
    file_->append(line + "\n");
}

void MetricsLog::sync() { file_->sync(); }

MetricsTable MetricsLog::read(const fs::path& file) { return parse(wholeLines(readFile(file)), file); }

void MetricsLog::cutAfter(const fs::path& file, std::int64_t step) {
    std::error_code code;
    if (!fs::exists(file, code)) return;
    const std::string content = readFile(file);
    const std::vector<std::string> lines = wholeLines(content);
    if (lines.empty()) {  // torn in its first line: nothing to keep
        writeFileAtomically(file, "");
        return;
    }
    const MetricsTable table = parse(lines, file);
    std::string kept = lines.front() + "\n";
    for (std::size_t i = 0; i < table.rows.size(); ++i)
        if (*table.rows[i].front() <= static_cast<double>(step)) kept += lines[i + 1] + "\n";
    if (kept != content) writeFileAtomically(file, kept);
}

}  // namespace maskscope
