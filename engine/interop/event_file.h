#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskscope {

class AppendFile;

/// A PNG for a TensorBoard event.
struct EventImage {
    std::string tag;
    int width = 0;     // pixels
    int height = 0;    // pixels
    int channels = 3;  // 1 grey, 3 RGB, 4 RGBA
    std::string png;
};

using EventScalar = std::pair<std::string, float>;  // tag, value

/// What stands in one record of an event file.
struct Event {
    double wallTime = 0.0;  // seconds since 1970
    std::int64_t step = 0;
    std::string fileVersion;  // only in the first record
    std::vector<EventScalar> scalars;
    std::vector<EventImage> images;
};

/// A TensorBoard event file (TFRecord framing, protobuf Event records), growing. Each call writes one whole record that
/// readers see at once. One thread at a time.
class EventFile {
public:
    /// Starts `events.out.tfevents.<time>.<host>.<n>` in `folder`, sorted behind the event files that are there already, as
    /// TensorBoard wants it. @throws FileError
    explicit EventFile(const std::filesystem::path& folder);
    ~EventFile();

    /// Times are seconds since 1970; 0 means now. @throws FileError; then the file is as before
    void addScalars(std::int64_t step, std::span<const EventScalar> scalars, double wallTime = 0.0);
    void addScalar(std::int64_t step, const std::string& tag, float value, double wallTime = 0.0);
    void addImage(std::int64_t step, const EventImage& image, double wallTime = 0.0);
    /// Waits until the disk has everything. @throws FileError
    void sync();

    const std::filesystem::path& path() const;

private:
    void add(const Event& event, double wallTime);
    std::unique_ptr<AppendFile> file_;
};

/// The event files of a folder, oldest first.
std::vector<std::filesystem::path> eventFiles(const std::filesystem::path& folder);

/// Reads an event file up to its end or to the first record that is torn or damaged. @throws FileError
std::vector<Event> readEvents(const std::filesystem::path& file);

/// Removes the events of steps beyond `step` from all event files of a folder, and what is torn or damaged; files that
/// need no change stay untouched, others are replaced as a whole. @throws FileError
void cutEventsAfter(const std::filesystem::path& folder, std::int64_t step);

}  // namespace maskscope
