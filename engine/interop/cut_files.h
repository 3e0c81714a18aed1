#pragma once

#include <cstddef>
#include <filesystem>

namespace maskscope {

/// Watches over a mapped file. Where another program cuts the file short while it is mapped, a touch of what is gone would end this
/// program (SIGBUS); while a guard lives, such bytes read as 0 instead and the file counts as cut.
class CutGuard {
public:
    /// @param data  begin of the mapping, which must stay until the guard is gone. At most 256 mappings are guarded; more are not.
    CutGuard(const std::byte* data, std::size_t size, const std::filesystem::path& file);
    ~CutGuard();
    CutGuard(const CutGuard&) = delete;
    CutGuard& operator=(const CutGuard&) = delete;

private:
    int slot_ = -1;
};

/// For whoever is about to give out what was computed from mapped files. Any thread.
/// @throws FileError naming a file that is still mapped and was cut short
void refuseCutFiles();

}  // namespace maskscope
