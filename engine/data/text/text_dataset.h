#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "data/dataset.h"

namespace maskscope {

/// Texts by number, each a window of a file. All functions are thread-safe.
class TextDataset : public Dataset {
public:
    /// The text of a sample, valid UTF-8 without NUL bytes; it lives as long as the data set.
    virtual std::string_view text(std::int64_t sample) const = 0;
};

/// Opens texts of any form: a text file, a folder of .txt files (any nesting, class = folder where there are two or more), the
/// same in .tar, .zip and their compressed kin (a part of an archive is written archive.tar/train or archive.tar:train). Each
/// file is cut into windows (cutWindows), named "hamlet.txt#17"; a byte order mark is left out and CR LF becomes LF. Files that
/// are empty, not UTF-8 or hold NUL bytes are left out and told in problems(). Texts are held in memory.
/// @param windowBytes  of a window at most
/// @throws DataError if nothing can be used, or the texts do not fit half of the available memory; FileError if the path cannot
///         be read; StoppedError
std::shared_ptr<TextDataset> openTexts(const std::filesystem::path& path, std::size_t windowBytes, const OpenOptions& options = {});

/// Whether there are texts to open: a .txt file, or a folder or archive half of whose files are such.
/// @throws FileError if the path cannot be read, DataError if an archive cannot
bool holdsTexts(const std::filesystem::path& path);

/// One text at hand as a data set, cut into windows as openTexts does. Its samples are named "text#0".
/// @param source  what messages call it
std::shared_ptr<TextDataset> makeTexts(const std::string& source, std::string text, std::size_t windowBytes);

/// The data set as texts. @throws DataError if it is of another domain
const TextDataset& asTexts(const Dataset& dataset);

}  // namespace maskscope
