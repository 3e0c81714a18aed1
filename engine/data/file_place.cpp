#include "data/file_place.h"

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {

namespace fs = std::filesystem;

FilePlace locateFiles(const std::filesystem::path& path) {
    std::error_code code;
    if (fs::exists(path, code)) return {path, {}};
    const std::string text = path.string();
    for (std::size_t at = 1; at < text.size(); ++at)
        if ((text[at] == '/' || text[at] == ':') && fs::is_regular_file(text.substr(0, at), code)) return {text.substr(0, at), text.substr(at + 1)};
    // A folder's part may be written with a colon, too.
    if (const std::size_t colon = text.rfind(':'); colon != std::string::npos && fs::is_directory(text.substr(0, colon), code))
        return {text.substr(0, colon), text.substr(colon + 1)};
    throw FileError(fmt::format("{}: there is no such file or folder; check the path", text));
}

}  // namespace maskscope
