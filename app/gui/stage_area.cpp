#include "app/gui/stage_area.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "snapshot/filled_in.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/over_time_strip.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kStripPx = 58, kStageFromPx = 520;
constexpr std::size_t kFewestFrames = 2;  // one is no course

}  // namespace

StageArea::StageArea() : stage_(new PictureStage), side_(new QWidget(this)), strip_(new OverTimeStrip(side_)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(stage_, 1);
    row->addWidget(side_);
    auto* column = new QVBoxLayout(side_);
    column->setContentsMargins(0, scaled(4), scaled(6), scaled(4));
    column->setSpacing(scaled(2));
    auto* title = new QLabel(tr("Over time"), side_);
    title->setProperty("role", "label");
    column->addWidget(title, 0, Qt::AlignHCenter);
    column->addWidget(strip_, 1);
    side_->hide();
    connect(strip_, &OverTimeStrip::stepSelected, this, &StageArea::stepSelected);
}

void StageArea::setOverTime(const std::vector<std::shared_ptr<const ReconstructionRecord>>& answers) {
    std::vector<OverTimeStrip::Frame> frames;
    for (const auto& answer : answers)
        if (const auto* image = std::get_if<ImagePicture>(&answer->picture)) frames.push_back({answer->step, toQImage(filledIn(*image))});
    frames_ = frames.size();
    strip_->setFrames(std::move(frames));
    showStrip();
}

void StageArea::setCurrentStep(qint64 step) { strip_->setCurrentStep(step); }

void StageArea::showStrip() {
    side_->setFixedWidth(scaled(kStripPx) + scaled(6));
    side_->setVisible(frames_ >= kFewestFrames && width() >= scaled(kStageFromPx + kStripPx));
}

void StageArea::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    showStrip();
}

}  // namespace maskscope
