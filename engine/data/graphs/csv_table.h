#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace maskscope {

/// A cell without white space at its ends.
std::string_view trimmedCell(std::string_view text);

/// A file of comma-separated values whose first line names the columns. Cells may stand in double quotes (a quote inside is
/// doubled); white space around cells, empty lines, a byte-order mark and CR LF do not count.
class CsvTable {
public:
    /// @param name  of the file, for messages
    /// @param text  its content
    /// @throws DataError if there is no header, a column has no name or the name of another, or a line has another number of cells
    CsvTable(std::string name, std::string text);
    CsvTable(const CsvTable&) = delete;
    CsvTable& operator=(const CsvTable&) = delete;

    const std::string& name() const { return name_; }
    const std::vector<std::string>& columns() const { return columns_; }
    std::size_t rows() const { return lines_.size(); }
    std::string_view cell(std::size_t row, std::size_t column) const { return cells_[row * columns_.size() + column]; }
    /// "nodes.csv:17"
    std::string place(std::size_t row) const;

    bool has(std::string_view column) const { return find(column) >= 0; }
    /// Where a column stands. @throws DataError naming those that there are
    std::size_t column(std::string_view name) const;
    /// A whole number. @throws DataError if it is something else
    std::int64_t integer(std::size_t row, std::size_t column) const;

private:
    std::ptrdiff_t find(std::string_view column) const;
    void addLine(std::string_view line, std::int64_t number);
    std::vector<std::string_view> cellsOf(std::string_view line);

    std::string name_, text_;
    std::vector<std::string> columns_;
    std::vector<std::string_view> cells_;
    std::vector<std::int64_t> lines_;
    std::vector<std::unique_ptr<std::string>> unquoted_;  // cells with doubled quotes
};

}  // namespace maskscope
