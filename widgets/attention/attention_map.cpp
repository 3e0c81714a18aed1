#include "widgets/attention/attention_map.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/attention/scale_bar.h"
#include "widgets/attention/token_attention.h"
#include "widgets/attention/value_row.h"
#include "widgets/pictures/color_map.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

double ofHead(const std::vector<float>& values, const AttentionRecord& attention, qint64 layer, qint64 head) {
    const std::size_t index = attention.headIndex(layer, head);
    return index < values.size() ? static_cast<double>(values[index]) : std::nan("");
}

QString withUnit(double value, const QString& unit) { return std::isnan(value) ? QStringLiteral("—") : significant(value) + QChar(kThinGap) + unit; }

}  // namespace

AttentionMap::AttentionMap(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(2));
    title_ = new QLabel(this);
    picture_ = new PictureTile(this);
    words_ = new TokenAttention(this);
    scale_ = new ScaleBar(this);
    entropy_ = new ValueRow(tr("Entropy"),
                            tr("How spread out this head looks, mean over all queries: 0 bit is one place, each bit more doubles the number."), this);
    distance_ = new ValueRow(tr("Distance"), tr("How far away this head looks, attention-weighted, mean over all queries."), this);
    layout->addWidget(title_);
    layout->addWidget(picture_, 1);
    layout->addWidget(words_, 1);
    layout->addWidget(scale_);
    layout->addWidget(entropy_);
    layout->addWidget(distance_);
    layout->addStretch(0);
    picture_->setAccessibleName(tr("Attention map"));
    connect(picture_, &PictureTile::patchClicked, this, &AttentionMap::queryChanged);
    connect(words_, &TokenAttention::queryChanged, this, &AttentionMap::queryChanged);
    connect(picture_, &PictureTile::patchHovered, this, &AttentionMap::patchHovered);
    restyle();
    showValues();
}

void AttentionMap::setAttention(std::shared_ptr<const AttentionRecord> attention) {
    attention_ = std::move(attention);
    showValues();
}

void AttentionMap::setTokens(std::shared_ptr<const TokensPicture> tokens) {
    tokens_ = std::move(tokens);
    words_->setPicture(tokens_);
    showValues();
}

bool AttentionMap::showsWords() const { return tokens_ && attention_ && attention_->rows == 1; }

void AttentionMap::setHead(qint64 layer, qint64 head) {
    layer_ = layer;
    head_ = head;
    showValues();
}

void AttentionMap::setRollout(bool on) {
    rollout_ = on;
    showValues();
}

void AttentionMap::setQuery(std::optional<qint64> patch) {
    picture_->setQueryPatch(static_cast<int>(patch.value_or(-1)));
    words_->setQuery(static_cast<int>(patch.value_or(-1)));
}

void AttentionMap::setHoveredPatch(std::optional<qint64> patch) {
    const int number = static_cast<int>(patch.value_or(-1));
    picture_->setHoveredPatch(number);
    const std::vector<float> values = shownValues();
    const bool has = patch && *patch >= 0 && static_cast<std::size_t>(*patch) < values.size();
    picture_->setToolTip(has ? patchName(picture_->grid(), number) + QLatin1Char('\n') +
                                   tr("attention %1").arg(significant(static_cast<double>(values[static_cast<std::size_t>(*patch)])))
                             : tr("Click a patch to make it the query."));
}

bool AttentionMap::showsRollout() const { return rollout_ && attention_ && !attention_->rollout.empty(); }

std::vector<float> AttentionMap::shownValues() const {
    if (!attention_ || attention_->empty() || layer_ >= attention_->layers || head_ >= attention_->heads) {
        return {};
    }
    if (showsRollout()) {
        return attention_->rollout;
    }
    const float* first = attention_->head(layer_, head_);
    return {first, first + attention_->patches()};
}

void AttentionMap::showValues() {
    const std::vector<float> values = shownValues();
    top_ = 0.0;
    std::vector<std::uint8_t> missing;
    for (const float value : values) {
        missing.push_back(std::isnan(value) ? 1 : 0);
        top_ = std::max(top_, std::isnan(value) ? 0.0 : static_cast<double>(value));
    }
    const int rows = attention_ ? static_cast<int>(attention_->rows) : 0;
    const int columns = attention_ ? static_cast<int>(attention_->columns) : 0;
    picture_->setVisible(!showsWords());
    words_->setVisible(showsWords());
    words_->setWeights(values, top_);
    words_->setQuery(attention_ && attention_->query ? static_cast<int>(*attention_->query) : -1);
    picture_->setGrid({rows, columns});
    picture_->setImage(mapImage(values, rows, columns, heatMap(), 0.0, top_ > 0.0 ? top_ : 1.0), PictureTile::Scaling::Nearest);
    picture_->setNoValue(missing);
    picture_->setQueryPatch(attention_ && attention_->query ? static_cast<int>(*attention_->query) : -1);
    scale_->setScale(heatMap(), 0.0, top_);
    setHoveredPatch(std::nullopt);
    showNumbers();
}

void AttentionMap::showNumbers() {
    const bool has = attention_ && !attention_->empty() && layer_ < attention_->layers && head_ < attention_->heads;
    title_->setText(showsRollout() ? tr("Rollout, all layers") : has ? tr("Layer %1, head %2").arg(layer_ + 1).arg(head_ + 1) : tr("No head chosen"));
    picture_->setDescription(title_->text());
    const bool ofOneHead = has && !showsRollout();
    const double none = std::nan("");
    entropy_->setValue(withUnit(ofOneHead ? ofHead(attention_->entropyBits, *attention_, layer_, head_) : none, tr("bit")));
    distance_->setValue(withUnit(ofOneHead ? ofHead(attention_->meanDistance, *attention_, layer_, head_) : none,
                                 partsWord(showsWords() ? SampleKind::Text : SampleKind::Image)));
    const double given = ofOneHead ? ofHead(attention_->prefixWeights, *attention_, layer_, head_) : none;
    if (!std::isnan(given)) {
        scale_->setToolTip(tr("Attention from %1 to %2; %3 more goes to the class token and registers, not to patches.")
                               .arg(scaleEnd(0.0), scaleEnd(top_), percent(given, 1)));
    }
    entropy_->setVisible(!showsRollout());
    distance_->setVisible(!showsRollout());
}

QString AttentionMap::entropyText() const { return entropy_->value(); }

QString AttentionMap::distanceText() const { return distance_->value(); }

void AttentionMap::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        restyle();
        showValues();
    }
}

/// The numbers stay close to the picture, the rest is left below.
void AttentionMap::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    picture_->setMaximumHeight(std::max(scaled(24), picture_->heightForWidth(width())));
}

void AttentionMap::restyle() { title_->setFont(maskscope::font(TextStyle::AreaTitle)); }

}  // namespace maskscope
