#include "own_process.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope::cli {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

std::string readToEnd(int descriptor) {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(descriptor, part.data(), part.size())) > 0 || (got < 0 && errno == EINTR);)
        if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

}  // namespace

std::string outputOfSelf(const std::vector<std::string>& arguments) {
    const std::string command = "maskscope-cli " + join(arguments, " ");
    std::vector<std::string> words{"maskscope-cli"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw Error(fmt::format("{}: cannot be started: {}", command, std::strerror(errno)));
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe[0]);
    posix_spawn_file_actions_addclose(&actions, pipe[1]);
    pid_t child = 0;
    const int failure = ::posix_spawn(&child, kSelf, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    const std::string text = failure == 0 ? readToEnd(pipe[0]) : std::string();
    ::close(pipe[0]);
    if (failure != 0) throw Error(fmt::format("{}: cannot be started: {}", command, std::strerror(failure)));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw Error(fmt::format("{}: ended with {} {}, expected status 0; run it alone to see why", command, WIFEXITED(status) ? "status" : "signal",
                                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    return text;
}

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const std::size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    return "unknown";
}

}  // namespace maskscope::cli
