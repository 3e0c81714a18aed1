#include "sample_data/sample_data.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/toml.h"
#include "media/picture.h"
#include "sample_data/scene.h"
#include "sample_data/shapes.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 1;  // of the pictures: raise it when they change
constexpr std::int64_t kClasses = static_cast<std::int64_t>(sample_data::kShapeNames.size());

struct Task {
    fs::path file;
    int shape = 0;
    std::uint64_t sample = 0;
    const char* purpose = "";
};

void addTasks(std::vector<Task>& tasks, const fs::path& folder, const char* part, const char* purpose, int images) {
    for (int i = 0; i < images; ++i) {
        const int shape = i % static_cast<int>(kClasses);
        const char* name = sample_data::kShapeNames[static_cast<std::size_t>(shape)];
        tasks.push_back({folder / part / name / fmt::format("{:04}.png", i / kClasses), shape, static_cast<std::uint64_t>(i), purpose});
    }
}

/// Whether the file is there with its end.
bool isCompletePng(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string end(8, '\0');
    return stream.seekg(-8, std::ios::end) && stream.read(end.data(), 8) && end.starts_with("IEND");
}

/// Appears whole or not at all. Unlike writeFileAtomically it leaves flushing to one call at the end: thousands of
/// small flushes take minutes.
void writeUnflushed(const fs::path& file, const std::string& content) {
    const fs::path temporary = file.string() + ".tmp";
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    stream.close();
    std::error_code code;
    if (stream) fs::rename(temporary, file, code);
    if (stream && !code) return;
    fs::remove(temporary, code);
    throw FileError(fmt::format("{}: cannot be written; check free space and permissions, or choose another folder", file.string()));
}

/// Makes everything written so far durable.
void flushAll(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::syncfs(descriptor);
    ::close(descriptor);
}

Value manifestOf(const SampleDataOptions& options) {
    Value manifest;
    manifest.set("generator", "maskscope sample data");
    manifest.set("version", kVersion);
    manifest.set("seed", static_cast<std::int64_t>(options.seed));
    manifest.set("side_px", options.sidePx);
    manifest.set("train_images", options.trainImages);
    manifest.set("test_images", options.testImages);
    return manifest;
}

enum class State { Complete, Incomplete, Other };

/// Compares what a folder says about itself with what is wanted.
State stateOf(const fs::path& folder, const Value& wanted) {
    std::error_code code;
    for (const char* name : {"manifest.toml", "manifest.partial.toml"}) {
        if (!fs::exists(folder / name, code)) continue;
        try {
            if (!(readToml(folder / name) == wanted)) return State::Other;
            return std::string_view(name) == "manifest.toml" ? State::Complete : State::Incomplete;
        } catch (const RecipeError&) {
            return State::Other;
        }
    }
    return State::Other;
}

/// Removes pictures of another set, but only where a manifest of ours says that they are.
void clear(const fs::path& folder) {
    std::error_code code;
    if (!fs::exists(folder / "manifest.toml", code) && !fs::exists(folder / "manifest.partial.toml", code)) return;
    fs::remove(folder / "manifest.toml", code);
    for (const char* part : {"train", "test"})
        for (const char* name : sample_data::kShapeNames) fs::remove_all(folder / part / name, code);
}

/// Shares the tasks among threads. @throws the first failure
SampleDataResult runTasks(const std::vector<Task>& tasks, const SampleDataOptions& options,
                          const std::function<void(std::int64_t, std::int64_t)>& progress, const std::stop_token& stop) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    SampleDataResult result;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t i = next++; i < tasks.size() && !stop.stop_requested(); i = next++) {
                const Task& task = tasks[i];
                const bool there = isCompletePng(task.file);
                if (!there)
                    writeUnflushed(task.file, encodePng(sample_data::renderScene(task.shape, options.sidePx,
                                                                                 RandomStream(options.seed, task.purpose, 0, task.sample))));
                const std::lock_guard lock(mutex);
                ++(there ? result.kept : result.written);
                if (progress) progress(result.kept + result.written, static_cast<std::int64_t>(tasks.size()));
            }
        } catch (...) {  // thrown again below
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            next = tasks.size();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (int i = 1; i < options.threads; ++i) workers.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
    result.stopped = result.kept + result.written < static_cast<int>(tasks.size());
    return result;
}

}  // namespace

SampleDataResult generateSampleData(const fs::path& folder, const SampleDataOptions& options,
                                    const std::function<void(std::int64_t, std::int64_t)>& progress, std::stop_token stop) {
    if (options.trainImages < 1 || options.testImages < 0 || options.sidePx < 8 || options.sidePx > 1024)
        throw UsageError(fmt::format("sample data of {} + {} pictures of {} pixels: expected at least one picture of 8 to 1024 pixels",
                                     options.trainImages, options.testImages, options.sidePx));
    const Value manifest = manifestOf(options);
    const State state = stateOf(folder, manifest);
    if (state == State::Complete) return {.kept = options.trainImages + options.testImages};
    makeFolder(folder);
    if (state == State::Other) clear(folder);
    writeFileAtomically(folder / "manifest.partial.toml", writeToml(manifest));

    std::vector<Task> tasks;
    addTasks(tasks, folder, "train", "sample-data/train", options.trainImages);
    addTasks(tasks, folder, "test", "sample-data/test", options.testImages);
    for (const Task& task : tasks)
        if (task.sample < static_cast<std::uint64_t>(kClasses)) makeFolder(task.file.parent_path());
    const SampleDataResult result = runTasks(tasks, options, progress, stop);
    if (result.stopped) return result;
    flushAll(folder);
    writeFileAtomically(folder / "manifest.toml", writeToml(manifest));
    std::error_code code;
    fs::remove(folder / "manifest.partial.toml", code);
    return result;
}

}  // namespace maskscope
