#include "analysis/mask_lab.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "masks/mask_statistics.h"
#include "masks/mask_strategy.h"
#include "recipes/strategy_text.h"

namespace maskscope {
namespace {

constexpr std::size_t kBins = 16;

/// One row of the sheet.
struct Setting {
    std::optional<double> ratio;
    std::uint64_t seed = 0;
};

/// Counts that come one by one, and their histogram once all are there.
class Counted {
public:
    void add(double value) { values_.push_back(value); }

    MaskHistogram histogram(double low) const {
        MaskHistogram result{.low = low, .high = low + 1.0, .counts = std::vector<std::int64_t>(kBins, 0), .mean = 0.0};
        if (values_.empty()) return result;
        result.high = std::max(low + static_cast<double>(kBins) / 4, *std::max_element(values_.begin(), values_.end()));
        const double width = (result.high - low) / static_cast<double>(kBins);
        for (const double value : values_) {
            const auto bin = static_cast<std::size_t>(std::max(0.0, (value - low) / width));
            ++result.counts[std::min(bin, kBins - 1)];
            result.mean += value / static_cast<double>(values_.size());
        }
        return result;
    }

private:
    std::vector<double> values_;
};

class Laboratory {
public:
    Laboratory(const MaskLabRequest& request, const Geometry& geometry, const std::stop_token& stop)
        : request_(request), geometry_(geometry), stop_(stop), registry_(makeMaskRegistry()) {}

    std::vector<Setting> rows() const {
        std::vector<Setting> rows;
        for (const std::uint64_t seed : request_.seeds)
            for (const double ratio : request_.ratios) rows.push_back({ratio, seed});
        return rows;
    }

    MaskLabSheet::Strategy draw(const std::string& text) const {
        MaskLabSheet::Strategy strategy;
        strategy.name = text;
        try {
            for (const Setting& row : rows()) strategy.masks.push_back(bitsOf(sample(text, row, 1)[0]));
            describe(strategy, sample(text, {request_.ratios[request_.ratios.size() / 2], request_.seeds.front()}, request_.draws));
        } catch (const Error& error) {
            strategy.masks.clear();
            strategy.problem = error.what();
        }
        return strategy;
    }

private:
    /// @return [count, N] float on the CPU
    at::Tensor sample(const std::string& text, const Setting& setting, std::int64_t count) const {
        Value table = parseStrategy(text);
        const auto documents = registry_.document(registry_.find(table.find("strategy")->asString()));
        const bool hasRatio = std::any_of(documents.begin(), documents.end(), [](const ParamDoc& doc) { return doc.name == "ratio"; });
        if (hasRatio && setting.ratio && table.find("ratio") == nullptr) table.set("ratio", *setting.ratio);
        Geometry geometry = geometry_;
        geometry.batch = count;
        MaskDraw draw{.seed = setting.seed, .purpose = "mask", .step = 0, .samples = {}};
        for (std::int64_t i = 0; i < count; ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
        return registry_.make(table, "mask", "strategy")->sample(geometry, Signals(), draw).front().hidden;
    }

    static std::vector<std::uint8_t> bitsOf(const at::Tensor& hidden) {
        const at::Tensor bytes = hidden.gt(0.5).to(at::kByte).contiguous();
        return {bytes.const_data_ptr<std::uint8_t>(), bytes.const_data_ptr<std::uint8_t>() + bytes.numel()};
    }

    void describe(MaskLabSheet::Strategy& strategy, const at::Tensor& masks) const {
        const at::Tensor probability = hiddenProbability(masks).contiguous();
        strategy.hiddenProbability.assign(probability.const_data_ptr<float>(), probability.const_data_ptr<float>() + probability.numel());
        Counted clusters, distances;
        for (std::int64_t i = 0; i < masks.size(0) && !stop_.stop_requested(); ++i) {
            const MaskStatistics statistics = maskStatistics(masks[i], geometry_);
            strategy.hiddenRatio += statistics.hiddenRatio / static_cast<double>(masks.size(0));
            for (const std::int64_t size : statistics.clusterSizes) clusters.add(static_cast<double>(size));
            for (const double distance : statistics.visibleDistances)
                if (std::isfinite(distance)) distances.add(distance);
        }
        strategy.clusterSize = clusters.histogram(1.0);
        strategy.visibleDistance = distances.histogram(1.0);
    }

    const MaskLabRequest& request_;
    const Geometry& geometry_;
    const std::stop_token& stop_;
    MaskRegistry registry_;
};

std::vector<std::string> rowNames(const MaskLabRequest& request) {
    std::vector<std::string> names;
    for (const std::uint64_t seed : request.seeds)
        for (const double ratio : request.ratios)
            names.push_back(request.ratios.size() > 1 ? fmt::format("{:.0f} %", 100 * ratio) : fmt::format("seed {}", seed));
    return names;
}

}  // namespace

std::optional<MaskLabSheet> drawMaskLab(const MaskLabRequest& request, const Geometry& geometry, const std::stop_token& stop) {
    if (geometry.kind == GeometryKind::Set || geometry.kind == GeometryKind::Graph || geometry.shape.empty() || geometry.shape.size() > 2)
        throw ShapeError("the mask laboratory draws on a plane or a row of patches; this input has none");
    MaskLabSheet sheet;
    sheet.gridRows = geometry.shape.size() == 2 ? geometry.shape[0] : 1;
    sheet.gridColumns = geometry.shape.back();
    sheet.draws = request.draws;
    if (request.ratios.empty() || request.seeds.empty() || request.draws < 1) return sheet;
    sheet.rowNames = rowNames(request);
    const Laboratory laboratory(request, geometry, stop);
    for (const std::string& text : request.strategies) {
        sheet.strategies.push_back(laboratory.draw(text));
        if (stop.stop_requested()) return std::nullopt;
    }
    return sheet;
}

}  // namespace maskscope
