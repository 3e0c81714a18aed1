#include <charconv>
#include <cstdio>
#include <cstring>

#include "core/error.h"
#include "sample_data/sample_data.h"

namespace {

constexpr const char* kUsage =
    "usage: maskscope-sample-data FOLDER [TRAIN_IMAGES [TEST_IMAGES [SIDE_PX]]]\n"
    "example: maskscope-sample-data ~/maskscope/shapes 3000 600 64\n";

bool readNumber(const char* text, int& number) {
    const auto [end, code] = std::from_chars(text, text + std::strlen(text), number);
    return code == std::errc() && *end == '\0';
}

}  // namespace

/// Writes the sample data; exit 0 done, 1 failed, 2 bad usage.
int main(int argc, char** argv) {
    maskscope::SampleDataOptions options;
    int* const numbers[] = {&options.trainImages, &options.testImages, &options.sidePx};
    bool usable = argc >= 2 && argc <= 5 && argv[1][0] != '-';
    for (int i = 2; usable && i < argc; ++i) usable = readNumber(argv[i], *numbers[i - 2]);
    if (!usable) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    try {
        const auto result = maskscope::generateSampleData(argv[1], options);
        std::printf("%d pictures written, %d were there\n", result.written, result.kept);
        return 0;
    } catch (const maskscope::UsageError& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 2;
    } catch (const maskscope::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
