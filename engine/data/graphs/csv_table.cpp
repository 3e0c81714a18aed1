#include "data/graphs/csv_table.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

/// Where the cell that begins at `begin` ends: at the next comma outside of quotes, or at the line's end.
std::size_t cellEnd(std::string_view line, std::size_t begin) {
    bool quoted = false;
    for (std::size_t at = begin; at < line.size(); ++at) {
        if (line[at] == '"') quoted = !quoted;
        if (line[at] == ',' && !quoted) return at;
    }
    return line.size();
}

}  // namespace

std::string_view trimmedCell(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

CsvTable::CsvTable(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
    std::string_view rest = text_;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    for (std::int64_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        addLine(trimmedCell(rest.substr(0, end)), number);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (columns_.empty()) throw DataError(fmt::format("{}: the file is empty; expected a first line with the names of the columns", name_));
}

std::vector<std::string_view> CsvTable::cellsOf(std::string_view line) {
    std::vector<std::string_view> cells;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = cellEnd(line, begin);
        std::string_view cell = trimmedCell(line.substr(begin, end - begin));
        if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
            cell = cell.substr(1, cell.size() - 2);
            if (cell.find('"') != std::string_view::npos) {
                auto plain = std::make_unique<std::string>(cell);
                for (std::size_t at = 0; (at = plain->find("\"\"", at)) != std::string::npos; ++at) plain->erase(at, 1);
                cell = *unquoted_.emplace_back(std::move(plain));
            }
        }
        cells.push_back(cell);
        begin = end + 1;
    }
    return cells;
}

void CsvTable::addLine(std::string_view line, std::int64_t number) {
    if (line.empty()) return;
    const std::vector<std::string_view> cells = cellsOf(line);
    if (columns_.empty()) {
        for (const std::string_view cell : cells) {
            if (cell.empty() || has(cell))
                throw DataError(
                    fmt::format("{}:{}: column {} is called '{}'; every column needs a name of its own", name_, number, columns_.size() + 1, cell));
            columns_.emplace_back(cell);
        }
        return;
    }
    if (cells.size() != columns_.size())
        throw DataError(fmt::format("{}:{}: {} cells, expected {} ({})", name_, number, cells.size(), columns_.size(), join(columns_)));
    cells_.insert(cells_.end(), cells.begin(), cells.end());
    lines_.push_back(number);
}

std::ptrdiff_t CsvTable::find(std::string_view column) const {
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    return found == columns_.end() ? -1 : found - columns_.begin();
}

std::string CsvTable::place(std::size_t row) const { return fmt::format("{}:{}", name_, lines_[row]); }

std::size_t CsvTable::column(std::string_view wanted) const {
    const std::ptrdiff_t place = find(wanted);
    if (place < 0) throw DataError(fmt::format("{}: there is no column '{}' but {}; name it in the first line", name_, wanted, join(columns_)));
    return static_cast<std::size_t>(place);
}

std::int64_t CsvTable::integer(std::size_t row, std::size_t column) const {
    const std::string_view text = cell(row, column);
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size())
        throw DataError(fmt::format("{}: {} is '{}', expected a whole number", place(row), columns_[column], text));
    return number;
}

}  // namespace maskscope
