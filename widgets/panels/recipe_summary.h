#pragma once

#include <QImage>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <optional>
#include <vector>

#include "widgets/pictures/patch_grid.h"
#include "widgets/plots/sample_kind.h"

namespace maskscope {

/// One setting as a card's list shows it.
struct SettingRow {
    QString key;    // "mask.ratio", as in the recipe file
    QString value;  // as the recipe file writes it
    QString range;  // "0 < x < 1", or the choices
    QString help;
    bool live = false;  // may change while a run goes on
};

/// What a card of the recipe column says.
struct CardSummary {
    QString title;      // "Pixels, normalised"
    QStringList lines;  // two short ones
    std::vector<SettingRow> settings;
};

/// A network as the small drawing shows it.
struct NetworkShape {
    qint64 encoderDepth = 0, encoderWidth = 0, headDepth = 0, headWidth = 0;
    bool operator==(const NetworkShape&) const = default;
};

/// A recipe in the order in which it is read.
struct RecipeSummary {
    QString name;  // "MAE"
    SampleKind kind = SampleKind::Image;
    QString summary;  // two sentences
    CardSummary mask, encoder, target, head, schedule;
    QStringList strategies;
    QStringList modelStrategies;  // of these, the ones that choose by what a model says
    QString strategy;             // empty: nothing is hidden
    std::optional<double> ratio;  // 0..1; none: the strategy has none
    NetworkShape network;
    std::vector<double> learningRates;  // at evenly spaced steps from 0 to `steps`
    double steps = 0.0, warmupSteps = 0.0;
};

/// The data of a run, as found so far.
struct DataSummary {
    CardSummary card;
    std::vector<QImage> thumbnails;
    QString problem;  // why it cannot be used; empty: it can
};

/// The chosen image under the recipe's mask.
struct MaskPreview {
    QImage image, target;  // target: what the loss compares with; null where it is not a picture
    PatchGrid grid;
    std::vector<std::uint8_t> hidden;  // 1 = hidden
};

}  // namespace maskscope
