#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskscope {

class AppendFile;

using MetricsCell = std::optional<double>;  // none: an empty cell

/// The content of a metrics.csv.
struct MetricsTable {
    std::vector<std::string> columns;            // the first is "step"
    std::vector<std::vector<MetricsCell>> rows;  // each as long as `columns`

    /// @throws DataError if there is no such column
    std::size_t column(std::string_view name) const;
};

/// metrics.csv: a header row, then one row an entry, in numbers that read back exactly. Readers may read while it grows.
/// One writing thread.
class MetricsLog {
public:
    /// Starts the file with its header row, or goes on with one that has the same columns, or those of them that older programs knew (the first
    /// ones). A torn last line is cut off.
    /// @param columns  the first must be "step"
    /// @throws FileError, DataError if the file has other columns
    MetricsLog(const std::filesystem::path& file, std::vector<std::string> columns);
    ~MetricsLog();

    /// Adds a whole row with one write(2). @param cells  one a column
    /// @throws FileError; then no part of the row is in the file. ShapeError if the count is wrong
    void append(std::span<const MetricsCell> cells);
    /// Waits until the disk has everything. @throws FileError
    void sync();

    /// Those of the file.
    const std::vector<std::string>& columns() const { return columns_; }

    /// Reads a file, without a last line that is still being written.
    /// @throws FileError, DataError naming the line that is not a row of numbers
    static MetricsTable read(const std::filesystem::path& file);

    /// Removes the rows of steps beyond `step` and a torn last line, in one replacement of the file; the other lines stay
    /// byte for byte. A missing file stays missing. Not while a MetricsLog has it open. @throws FileError, DataError
    static void cutAfter(const std::filesystem::path& file, std::int64_t step);

private:
    std::vector<std::string> columns_;
    std::unique_ptr<AppendFile> file_;
};

}  // namespace maskscope
