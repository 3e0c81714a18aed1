#include "widgets/attention/feature_colors.h"

#include <QEvent>
#include <QImage>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/attention/token_attention.h"
#include "widgets/attention/value_row.h"
#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

int channel(float unit) { return static_cast<int>(std::lround(255.0F * std::clamp(unit, 0.0F, 1.0F))); }

QColor colorOf(const float* rgb) { return std::isnan(rgb[0]) ? QColor(0, 0, 0, 0) : QColor(channel(rgb[0]), channel(rgb[1]), channel(rgb[2])); }

/// One pixel a patch; a patch that was not seen is transparent. Null where the colours do not fit the grid.
QImage colorImage(const FeatureRecord& features) {
    const auto patches = static_cast<std::size_t>(features.rows * features.columns);
    if (patches == 0 || features.colors.size() != 3 * patches) {
        return {};
    }
    QImage image(static_cast<int>(features.columns), static_cast<int>(features.rows), QImage::Format_ARGB32_Premultiplied);
    for (std::size_t i = 0; i < patches; ++i) {
        const auto columns = static_cast<std::size_t>(features.columns);
        image.setPixelColor(static_cast<int>(i % columns), static_cast<int>(i / columns), colorOf(features.colors.data() + 3 * i));
    }
    return image;
}

}  // namespace

FeatureColors::FeatureColors(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(2));
    title_ = new QLabel(tr("Features, PCA as RGB"), this);
    title_->setToolTip(
        tr("The three strongest directions in which the patch features differ, as red, green and blue. Alike colours are alike features."));
    picture_ = new PictureTile(this);
    graph_ = new GraphView(this);
    graph_->setAccessibleName(tr("Features of the nodes"));
    words_ = new TokenAttention(this);
    words_->setAccessibleName(tr("Features of the words"));
    variance_ = new ValueRow(tr("Variance shown"), tr("Share of all differences between the patch features that the three colours show."), this);
    rank_ =
        new ValueRow(tr("Rank"), tr("Effective rank: how many directions the features use. A rank near 1 means that all patches look alike."), this);
    layer_ = new ValueRow(tr("Layer"), tr("The layer whose features are shown."), this);
    layout->addWidget(title_);
    layout->addWidget(picture_, 1);
    layout->addWidget(graph_, 1);
    layout->addWidget(words_, 1);
    layout->addWidget(variance_);
    layout->addWidget(rank_);
    layout->addWidget(layer_);
    layout->addStretch(0);
    picture_->setAccessibleName(title_->text());
    picture_->setToolTip(tr("Click a patch to make it the query."));
    connect(picture_, &PictureTile::patchClicked, this, &FeatureColors::queryChanged);
    connect(picture_, &PictureTile::patchHovered, this, &FeatureColors::patchHovered);
    connect(words_, &TokenAttention::queryChanged, this, &FeatureColors::queryChanged);
    showKind();
    restyle();
    setFeatures(nullptr);
}

void FeatureColors::setFeatures(std::shared_ptr<const FeatureRecord> features) {
    features_ = std::move(features);
    const bool has = features_ && !features_->empty();
    const QImage image = has ? colorImage(*features_) : QImage();
    std::vector<std::uint8_t> missing;
    for (std::size_t i = 0; !image.isNull() && i < features_->colors.size(); i += 3) {
        missing.push_back(std::isnan(features_->colors[i]) ? 1 : 0);
    }
    picture_->setGrid(has ? PatchGrid{static_cast<int>(features_->rows), static_cast<int>(features_->columns)} : PatchGrid{});
    picture_->setImage(image, PictureTile::Scaling::Nearest);
    picture_->setNoValue(missing);
    std::vector<QColor> colors;
    for (std::size_t i = 0; !image.isNull() && i < features_->colors.size(); i += 3) colors.push_back(colorOf(features_->colors.data() + i));
    words_->setColors(colors);
    graph_->setNodeColors(std::move(colors));
    const QString none = QStringLiteral("—");
    const auto share = [&] { return features_->explainedVariance[0] + features_->explainedVariance[1] + features_->explainedVariance[2]; };
    variance_->setValue(has ? percent(share(), 1) : none);
    rank_->setValue(has ? tr("%1 of %2").arg(significant(features_->effectiveRank), exact(features_->width)) : none);
    layer_->setValue(has ? exact(features_->layer + 1) : none);
}

void FeatureColors::setGraph(std::shared_ptr<const GraphPicture> graph) {
    hasGraph_ = graph != nullptr;
    graph_->setPicture(std::move(graph));
    showKind();
}

void FeatureColors::setTokens(std::shared_ptr<const TokensPicture> tokens) {
    hasTokens_ = tokens != nullptr;
    words_->setPicture(std::move(tokens));
    showKind();
}

void FeatureColors::showKind() {
    graph_->setVisible(hasGraph_);
    words_->setVisible(hasTokens_ && !hasGraph_);
    picture_->setVisible(!hasGraph_ && !hasTokens_);
}

void FeatureColors::setQuery(std::optional<qint64> patch) {
    picture_->setQueryPatch(static_cast<int>(patch.value_or(-1)));
    words_->setQuery(static_cast<int>(patch.value_or(-1)));
}

void FeatureColors::setHoveredPatch(std::optional<qint64> patch) { picture_->setHoveredPatch(static_cast<int>(patch.value_or(-1))); }

QString FeatureColors::varianceText() const { return variance_->value(); }

QString FeatureColors::rankText() const { return rank_->value(); }

void FeatureColors::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        restyle();
    }
}

void FeatureColors::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    picture_->setMaximumHeight(std::max(scaled(24), picture_->heightForWidth(width())));
}

void FeatureColors::restyle() { title_->setFont(maskscope::font(TextStyle::AreaTitle)); }

}  // namespace maskscope
