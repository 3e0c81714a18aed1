#include "data/graphs/graph_svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>

namespace maskscope {
namespace {

constexpr double kSide = 640.0, kTop = 40.0, kLegend = 96.0;  // px: drawing, title, legend
// Eight colours that colour-blind people tell apart (Okabe & Ito, 2008), lightened so that black text stands out.
constexpr std::array<const char*, 8> kFills{"#f4c96b", "#9bd0f2", "#7fcfb5", "#f7f1a3", "#7fb3d9", "#eaa877", "#e0a8c8", "#cccccc"};
constexpr const char* kStyle =
    "text{font-family:sans-serif;font-size:11px;fill:#222;text-anchor:middle}"
    ".title{font-size:15px;text-anchor:start}.legend{font-size:12px;text-anchor:start}"
    ".edge{stroke:#666;stroke-width:1.6;fill:none}.dashed{stroke:#b00020;stroke-dasharray:6 4;stroke-width:2.2}"
    ".node{stroke:#333;stroke-width:1.4}.hidden{stroke:#b00020;stroke-width:2.4}.hatch{stroke:#555;stroke-width:1.3}"
    ".halo{stroke:#fff;stroke-width:3;stroke-linejoin:round}";

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (c == '"')
            safe += "&quot;";
        else
            safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return safe;
}

bool isRight(const auto& item) { return item.predicted == item.label; }

/// The shape of a node: a circle; with a prediction, a square where it is right and a triangle where it is wrong.
std::string shape(const GraphPicture::Node& node, double x, double y, double radius, const std::string& attributes) {
    if (node.predicted.empty()) return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" {}/>", x, y, radius, attributes);
    if (isRight(node))
        return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" {}/>", x - radius, y - radius, 2 * radius, 2 * radius,
                           attributes);
    const double wide = 1.25 * radius;
    return fmt::format("<polygon points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\" {}/>", x, y - wide, x - wide, y + radius, x + wide, y + radius,
                       attributes);
}

/// Diagonal lines inside a circle: told apart without colours, by any program that draws SVG.
std::string hatch(double x, double y, double radius) {
    std::string lines;
    const double gap = std::max(radius / 2.5, 2.0), diagonal = std::sqrt(0.5);
    for (int i = -3; i <= 3; ++i) {
        const double offset = i * gap, half = std::sqrt(std::max(radius * radius - offset * offset, 0.0));
        if (half < 1.0) continue;
        const double middleX = x + offset * diagonal, middleY = y + offset * diagonal, reach = half * diagonal;
        lines += fmt::format("<line class=\"hatch\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", middleX - reach, middleY + reach,
                             middleX + reach, middleY - reach);
    }
    return lines;
}

class Drawing {
public:
    explicit Drawing(const GraphPicture& picture) : picture_(picture) {
        for (const GraphPicture::Node& node : picture.nodes) fills_.emplace(node.label, nullptr);
        if (fills_.size() > 2 * kFills.size()) fills_.clear();  // numbers, not kinds
        chooseFills();
        radius_ = std::clamp(kSide / (5.0 * std::sqrt(static_cast<double>(std::max<std::size_t>(picture.nodes.size(), 1)))), 3.0, 17.0);
    }

    std::string svg(const std::string& title) {
        const auto out = std::back_inserter(text_);
        fmt::format_to(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\">\n",
                       kSide, kTop + kSide + kLegend);
        fmt::format_to(out, "<style>{}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", kStyle);
        fmt::format_to(out, "<text class=\"title\" x=\"16\" y=\"22\">{}</text>\n", escaped(title));
        for (const GraphPicture::Edge& edge : picture_.edges) addEdge(edge);
        for (std::size_t i = 0; i < picture_.nodes.size(); ++i) addNode(picture_.nodes[i], i);
        for (const GraphPicture::Edge& edge : picture_.edges) addEdgeWord(edge);
        for (const GraphPicture::Node& node : picture_.nodes) addNodeWords(node);
        addLegend();
        text_ += "</svg>\n";
        return std::move(text_);
    }

private:
    /// A kind keeps its colour from graph to graph wherever two do not want the same one.
    void chooseFills() {
        std::array<bool, kFills.size()> taken{};
        std::size_t given = 0;
        for (auto& [label, fill] : fills_) {
            std::size_t place = 0;
            for (const char c : label) place += static_cast<unsigned char>(c);
            for (place %= kFills.size(); given < kFills.size() && taken[place];) place = (place + 1) % kFills.size();
            taken[place] = true;
            ++given;
            fill = kFills[place];
        }
    }

    static double across(double x) { return x * kSide; }
    static double down(double y) { return kTop + y * kSide; }
    bool showsWords() const { return picture_.nodes.size() <= 120; }

    void addEdge(const GraphPicture::Edge& edge) {
        const GraphPicture::Node &a = picture_.nodes[static_cast<std::size_t>(edge.from)], &b = picture_.nodes[static_cast<std::size_t>(edge.to)];
        fmt::format_to(std::back_inserter(text_),
                       "<line class=\"edge{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"><title>{}</title></line>\n",
                       edge.hidden ? " dashed" : "", across(a.x), down(a.y), across(b.x), down(b.y),
                       escaped(fmt::format("{} - {} {}", edge.from, edge.to, edge.label)));
    }

    void addEdgeWord(const GraphPicture::Edge& edge) {
        if (!edge.hidden || edge.predicted.empty() || !showsWords()) return;
        const GraphPicture::Node &a = picture_.nodes[static_cast<std::size_t>(edge.from)], &b = picture_.nodes[static_cast<std::size_t>(edge.to)];
        addWord((across(a.x) + across(b.x)) / 2, (down(a.y) + down(b.y)) / 2,
                isRight(edge) ? fmt::format("{} ✓", edge.label) : fmt::format("{}, not {}", edge.label, edge.predicted));
    }

    void addNode(const GraphPicture::Node& node, std::size_t number) {
        const double x = across(node.x), y = down(node.y);
        const std::string fill =
            fmt::format("class=\"node{}\" fill=\"{}\"", node.hidden ? " hidden" : "", fills_.empty() ? kFills.back() : fills_.at(node.label));
        std::string about = fmt::format("node {}: {}", number, node.label);
        if (!node.predicted.empty())
            about += fmt::format("; predicted {} ({}), loss {:.3f}", node.predicted, isRight(node) ? "right" : "wrong", node.loss);
        const double inside = node.predicted.empty() || isRight(node) ? radius_ : 0.7 * radius_;
        fmt::format_to(std::back_inserter(text_), "<g><title>{}</title>{}{}</g>\n", escaped(about), shape(node, x, y, radius_, fill),
                       node.hidden ? hatch(x, y, inside) : "");
    }

    void addNodeWords(const GraphPicture::Node& node) {
        if (!showsWords()) return;
        const double x = across(node.x), y = down(node.y);
        addWord(x, y, node.label);
        if (!node.predicted.empty()) addWord(x, y + radius_ + 8, isRight(node) ? "right" : fmt::format("wrong: {}", node.predicted));
    }

    void addWord(double x, double y, const std::string& word) {
        for (const char* look : {"halo", "word"})
            fmt::format_to(std::back_inserter(text_), "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", look, x, y + 4, escaped(word));
    }

    /// "5 hidden nodes (hatched): 3 right (square), 2 wrong (triangle)"
    static std::string counts(const auto& items, const char* what, const char* look, const char* right, const char* wrong) {
        std::int64_t hidden = 0, predicted = 0, rights = 0;
        for (const auto& item : items) {
            hidden += item.hidden ? 1 : 0;
            predicted += item.predicted.empty() ? 0 : 1;
            rights += !item.predicted.empty() && isRight(item) ? 1 : 0;
        }
        std::string line = fmt::format("{} of {} {}s hidden ({})", hidden, items.size(), what, look);
        if (predicted > 0) line += fmt::format(": {} right ({}), {} wrong ({})", rights, right, predicted - rights, wrong);
        return line;
    }

    void addLegend() {
        const double top = kTop + kSide + 16;
        const auto line = [&](double y, const std::string& words) {
            fmt::format_to(std::back_inserter(text_), "<text class=\"legend\" x=\"16\" y=\"{:.1f}\">{}</text>\n", y, escaped(words));
        };
        line(top, counts(picture_.nodes, "node", "hatched", "square", "triangle"));
        if (std::any_of(picture_.edges.begin(), picture_.edges.end(), [](const GraphPicture::Edge& edge) { return edge.hidden; }))
            line(top + 20, counts(picture_.edges, "edge", "dashed", "tick", "not"));
        double x = 16;
        for (const auto& [label, fill] : fills_) {
            if (x > kSide - 90) break;
            fmt::format_to(std::back_inserter(text_), "<circle class=\"node\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\" fill=\"{}\"/>\n", x + 7, top + 46,
                           fill);
            fmt::format_to(std::back_inserter(text_), "<text class=\"legend\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 19, top + 46,
                           escaped(label));
            x += 36 + 7.0 * static_cast<double>(label.size());
        }
    }

    const GraphPicture& picture_;
    std::map<std::string, const char*> fills_;
    double radius_ = 12;
    std::string text_;
};

}  // namespace

std::string graphSvg(const GraphPicture& picture, const std::string& title) { return Drawing(picture).svg(title); }

}  // namespace maskscope
