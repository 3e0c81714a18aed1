// OpenMP's threads wait for each other by spinning, a millisecond by default; beside any other busy thread that makes a step many
// times slower. How long they spin is read when libgomp is loaded, so a program that links this file starts itself again with a
// shorter time, unless the environment (OMP_WAIT_POLICY, GOMP_SPINCOUNT) chose already.
//
// It does so in .preinit_array, before the constructors of any library: those of LibTorch take a fifth of a second and would run
// twice. Nothing of the C library is ready there but plain system calls; sanitizers are not either.

#include <climits>
#include <cstddef>

#include <sys/syscall.h>
#include <unistd.h>

namespace {

#define MASKSCOPE_BEFORE_ALL __attribute__((no_sanitize("address", "undefined", "thread")))

MASKSCOPE_BEFORE_ALL bool begins(const char* text, const char* with) {
    for (; *with != '\0'; ++text, ++with)
        if (*text != *with) return false;
    return true;
}

MASKSCOPE_BEFORE_ALL void startWithShortSpins(int, char** arguments, char** environment) {
    constexpr std::size_t kMost = 4096;
    static char shortSpins[] = "GOMP_SPINCOUNT=1000";
    static char* extended[kMost + 2];
    std::size_t count = 0;
    for (; environment[count] != nullptr; ++count) {
        if (count == kMost || begins(environment[count], "OMP_WAIT_POLICY=") || begins(environment[count], "GOMP_SPINCOUNT=")) return;
        extended[count] = environment[count];
    }
    extended[count] = shortSpins;
    static char self[PATH_MAX + 1];  // zeros; not the link itself, whose name `top` would show
    if (syscall(SYS_readlink, "/proc/self/exe", self, PATH_MAX) <= 0) return;
    syscall(SYS_execve, self, arguments, extended);  // returns only where it is not possible; then it goes on as it is
}

__attribute__((section(".preinit_array"), used)) void (*const kBeforeAll)(int, char**, char**) = startWithShortSpins;

}  // namespace
