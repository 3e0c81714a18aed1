#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kCircle = 0, kTriangleUp = 1, kSquare = 2, kDiamond = 3, kTriangleDown = 4, kCross = 5, kPlus = 6, kHexagon = 7;

std::array<RunStyle, 8> runStyles(const std::array<const char*, 8>& colors) {
    return {{
        {QColor(colors[0]), {}, kCircle},
        {QColor(colors[1]), {9, 3}, kTriangleUp},
        {QColor(colors[2]), {2, 3}, kSquare},
        {QColor(colors[3]), {8, 3, 2, 3}, kDiamond},
        {QColor(colors[4]), {5, 3}, kTriangleDown},
        {QColor(colors[5]), {12, 4}, kCross},
        {QColor(colors[6]), {1, 4}, kPlus},
        {QColor(colors[7]), {8, 3, 2, 3, 2, 3}, kHexagon},
    }};
}

constexpr std::array<const char*, 8> kRunsOnDark = {"#56b4e9", "#e69f00", "#2fd0a0", "#f0e442", "#ff6f3c", "#d88cc4", "#9a8cff", "#d0d4da"};
constexpr std::array<const char*, 8> kRunsOnLight = {"#0069a8", "#c47700", "#00795a", "#6b6200", "#8c1d08", "#c0569a", "#4f46c8", "#30353d"};

ThemeTokens darkTokens() {
    return {
        .window = "#15171a",
        .panel = "#1c1e22",
        .raised = "#25282d",
        .hover = "#2e3238",
        .sel = "#213a5e",
        .well = "#0e0f11",
        .border = "#34383f",
        .grid = "#34383f",
        .ctlBorder = "#6c727d",
        .text = "#e9eaed",
        .text2 = "#b9bdc5",
        .text3 = "#9fa4ae",
        .disabled = "#90959f",
        .accent = "#6ea8ff",
        .textOnAccent = "#0b1526",
        .running = "#3fcf8e",
        .paused = "#e5b567",
        .warning = "#ff9d4d",
        .error = "#ff7b72",
        .leaks = "#ff8ad8",
        .live = "#5cc8d6",
        .textOnSemantic = "#101214",
        .runs = runStyles(kRunsOnDark),
        .lineWidth = 2.0,
    };
}

ThemeTokens lightTokens() {
    return {
        .window = "#e9ebee",
        .panel = "#fafbfc",
        .raised = "#f0f2f4",
        .hover = "#e2e6ea",
        .sel = "#d5e4fd",
        .well = "#d9dce1",
        .border = "#d0d4da",
        .grid = "#d0d4da",
        .ctlBorder = "#7c838e",
        .text = "#16181c",
        .text2 = "#454b55",
        .text3 = "#5a616c",
        .disabled = "#606772",
        .accent = "#1d5fd0",
        .textOnAccent = "#ffffff",
        .running = "#0b6e45",
        .paused = "#7d5400",
        .warning = "#a14300",
        .error = "#b3261e",
        .leaks = "#a01379",
        .live = "#0a6675",
        .textOnSemantic = "#ffffff",
        .runs = runStyles(kRunsOnLight),
        .lineWidth = 2.0,
    };
}

ThemeTokens highContrastTokens() {
    return {
        .window = "#000000",
        .panel = "#000000",
        .raised = "#0a0a0a",
        .hover = "#1f1f1f",
        .sel = "#00406b",
        .well = "#000000",
        .border = "#ffffff",
        .grid = "#565656",
        .ctlBorder = "#ffffff",
        .text = "#ffffff",
        .text2 = "#ffffff",
        .text3 = "#e0e0e0",
        .disabled = "#b0b0b0",
        .accent = "#57c7ff",
        .textOnAccent = "#000000",
        .running = "#4dffa6",
        .paused = "#ffd866",
        .warning = "#ffb066",
        .error = "#ff9a94",
        .leaks = "#ff9de2",
        .live = "#7ff0ff",
        .textOnSemantic = "#000000",
        .runs = runStyles(kRunsOnDark),
        .lineWidth = 2.5,
    };
}

}  // namespace

const ThemeTokens& themeTokens(ThemeKind kind) {
    static const std::array<ThemeTokens, 3> tokens = {darkTokens(), lightTokens(), highContrastTokens()};
    return tokens[static_cast<std::size_t>(kind)];
}

}  // namespace maskscope
