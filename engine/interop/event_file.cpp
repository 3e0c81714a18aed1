#include "interop/event_file.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>

#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "interop/append_file.h"
#include "interop/crc32c.h"
#include "interop/mapped_file.h"
#include "interop/protobuf_wire.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kVersion = "brain.Event:2";
constexpr std::size_t kHeadBytes = 12;  // length and its checksum
constexpr std::size_t kTailBytes = 4;   // checksum of the data

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum SummaryField { kValue = 1 };
enum ValueField { kTag = 1, kSimpleValue = 2, kImage = 4 };
enum ImageField { kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4 };

std::string encodeImage(const EventImage& image) {
    WireWriter writer;
    writer.integer(kHeight, image.height);
    writer.integer(kWidth, image.width);
    writer.integer(kColorspace, image.channels);
    writer.bytes(kEncoded, image.png);
    return writer.message();
}

std::string encode(const Event& event) {
    WireWriter summary;
    for (const auto& [tag, value] : event.scalars) {
        WireWriter item;
        item.bytes(kTag, tag);
        item.number32(kSimpleValue, value);
        summary.bytes(kValue, item.message());
    }
    for (const EventImage& image : event.images) {
        WireWriter item;
        item.bytes(kTag, image.tag);
        item.bytes(kImage, encodeImage(image));
        summary.bytes(kValue, item.message());
    }
    WireWriter writer;
    writer.number64(kWallTime, event.wallTime);
    writer.integer(kStep, event.step);
    if (!event.fileVersion.empty()) writer.bytes(kFileVersion, event.fileVersion);
    if (!summary.message().empty()) writer.bytes(kSummary, summary.message());
    return writer.message();
}

EventImage decodeImage(std::string_view message) {
    EventImage image;
    WireReader reader(message);
    while (const auto field = reader.next()) {
        if (field->number == kHeight) image.height = static_cast<int>(field->integer());
        if (field->number == kWidth) image.width = static_cast<int>(field->integer());
        if (field->number == kColorspace) image.channels = static_cast<int>(field->integer());
        if (field->number == kEncoded) image.png = field->bytes;
    }
    return image;
}

void decodeValue(std::string_view message, Event& event) {
    std::string tag;
    WireReader reader(message);
    while (const auto field = reader.next()) {
        if (field->number == kTag) tag = field->bytes;
        if (field->number == kSimpleValue) event.scalars.emplace_back(tag, field->number32());
        if (field->number == kImage) {
            event.images.push_back(decodeImage(field->bytes));
            event.images.back().tag = tag;
        }
    }
}

Event decode(std::string_view message) {
    Event event;
    WireReader reader(message);
    while (const auto field = reader.next()) {
        if (field->number == kWallTime) event.wallTime = field->number64();
        if (field->number == kStep) event.step = field->integer();
        if (field->number == kFileVersion) event.fileVersion = field->bytes;
        if (field->number != kSummary) continue;
        WireReader summary(field->bytes);
        while (const auto value = summary.next())
            if (value->number == kValue) decodeValue(value->bytes, event);
    }
    return event;
}

template <typename T>
std::string littleEndian(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string framed(const std::string& message) {
    const std::string length = littleEndian(static_cast<std::uint64_t>(message.size()));
    return length + littleEndian(maskedCrc32c(length)) + message + littleEndian(maskedCrc32c(message));
}

/// The message of the record that `bytes` begins with; an empty view with a null pointer if it is torn or damaged.
std::string_view recordMessage(std::string_view bytes) {
    std::uint64_t length = 0;
    std::uint32_t check = 0;
    if (bytes.size() < kHeadBytes + kTailBytes) return {};
    std::memcpy(&length, bytes.data(), sizeof length);
    std::memcpy(&check, bytes.data() + sizeof length, sizeof check);
    if (check != maskedCrc32c(bytes.substr(0, sizeof length)) || length > bytes.size() - kHeadBytes - kTailBytes) return {};
    const std::string_view message = bytes.substr(kHeadBytes, length);
    std::memcpy(&check, bytes.data() + kHeadBytes + length, sizeof check);
    return check == maskedCrc32c(message) ? message : std::string_view();
}

/// Calls `visit` with each whole record and its event. @return the number of bytes that whole records take
std::size_t forEachRecord(const MappedFile& map, const std::function<void(std::string_view record, Event event)>& visit) {
    const std::string_view all(reinterpret_cast<const char*>(map.data()), map.size());
    std::size_t place = 0;
    while (true) {
        const std::string_view message = recordMessage(all.substr(place));
        if (message.data() == nullptr) return place;
        const std::size_t size = kHeadBytes + message.size() + kTailBytes;
        visit(all.substr(place, size), decode(message));
        place += size;
    }
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string hostName() {
    std::string name(256, '\0');
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    name.resize(std::strlen(name.c_str()));
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; }, '-');
    return name.empty() ? "localhost" : name;
}

/// The time in a file's name, 0 if there is none.
std::int64_t timeInName(const fs::path& file) { return std::strtoll(file.filename().string().substr(kPrefix.size()).c_str(), nullptr, 10); }

fs::path nextName(const fs::path& folder) {
    const std::vector<fs::path> existing = eventFiles(folder);
    auto time = static_cast<std::int64_t>(now());
    if (!existing.empty()) time = std::max(time, timeInName(existing.back()) + 1);
    return folder / fmt::format("{}{:010}.{}.{}", kPrefix, time, hostName(), existing.size());
}

}  // namespace

EventFile::EventFile(const fs::path& folder) {
    makeFolder(folder);
    const fs::path file = nextName(folder);
    Event first;
    first.wallTime = now();
    first.fileVersion = kVersion;
    writeFileAtomically(file, framed(encode(first)));
    file_ = std::make_unique<AppendFile>(file);
}

EventFile::~EventFile() = default;

void EventFile::add(const Event& event, double wallTime) {
    Event stamped = event;
    stamped.wallTime = wallTime != 0.0 ? wallTime : now();
    file_->append(framed(encode(stamped)));
}

void EventFile::addScalars(std::int64_t step, std::span<const EventScalar> scalars, double wallTime) {
    add({.step = step, .fileVersion = {}, .scalars = {scalars.begin(), scalars.end()}, .images = {}}, wallTime);
}

void EventFile::addScalar(std::int64_t step, const std::string& tag, float value, double wallTime) {
    const EventScalar scalar{tag, value};
    addScalars(step, {&scalar, 1}, wallTime);
}

void EventFile::addImage(std::int64_t step, const EventImage& image, double wallTime) {
    add({.step = step, .fileVersion = {}, .scalars = {}, .images = {image}}, wallTime);
}

void EventFile::sync() { file_->sync(); }

const fs::path& EventFile::path() const { return file_->path(); }

std::vector<fs::path> eventFiles(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    for (const auto& item : fs::directory_iterator(folder, code)) {
        const std::string name = item.path().filename().string();
        if (name.starts_with(kPrefix) && !name.ends_with(".tmp")) files.push_back(item.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<Event> readEvents(const fs::path& file) {
    std::vector<Event> events;
    forEachRecord(MappedFile(file), [&](std::string_view, Event event) { events.push_back(std::move(event)); });
    return events;
}

void cutEventsAfter(const fs::path& folder, std::int64_t step) {
    for (const fs::path& file : eventFiles(folder)) {
        const MappedFile map(file);
        std::vector<std::string_view> kept;
        std::size_t keptBytes = 0;
        forEachRecord(map, [&](std::string_view record, const Event& event) {
            if (event.step > step) return;
            kept.push_back(record);
            keptBytes += record.size();
        });
        if (keptBytes == map.size()) continue;
        writeFileAtomically(file, [&](const auto& write) {
            for (const std::string_view record : kept) write(std::as_bytes(std::span(record)));
        });
    }
}

}  // namespace maskscope
