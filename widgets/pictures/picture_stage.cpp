#include "widgets/pictures/picture_stage.h"

#include <QKeyEvent>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/stage_canvas.h"
#include "widgets/pictures/stage_controls.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/pictures/token_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kUsualResidualHigh = 0.5;

/// The largest error in the picture, so that the map ends there; rounded up to two decimals.
double largestResidual(const ImagePicture& picture) {
    float largest = 0.0F;
    const PatchGrid grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)};
    for (const float value : residualValues(picture.original, picture.composite, grid, picture.hidden))
        if (!std::isnan(value)) largest = std::max(largest, value);
    return std::max(std::ceil(double{largest} * 100.0) / 100.0, 0.01);
}

}  // namespace

PictureStage::PictureStage(QWidget* parent) : QWidget(parent), brush_(nullptr) {
    setAccessibleName(tr("Stage"));
    setFocusPolicy(Qt::ClickFocus);
    header_ = new StageHeader(this);
    toolbar_ = new StageToolbar(this);
    for (QWidget* controls : {static_cast<QWidget*>(header_), static_cast<QWidget*>(toolbar_)}) controls->setProperty(kControlProperty, true);
    pages_ = new QStackedWidget(this);
    canvas_ = new StageCanvas(brush_, pages_);
    tokens_ = new TokenView(pages_);
    graph_ = new GraphView(pages_);
    for (QWidget* page : {static_cast<QWidget*>(canvas_), static_cast<QWidget*>(tokens_), static_cast<QWidget*>(graph_)}) pages_->addWidget(page);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(header_);
    column->addWidget(toolbar_);
    column->addWidget(pages_, 1);
    stateLayer_ = new StateLayer(pages_);
    connectParts();
    setState(ViewState::empty(tr("The picture that you select appears here."), tr("Start training, or select an image in the probe wall.")));
    refreshLayers();
}

void PictureStage::connectParts() {
    connect(header_, &StageHeader::leakingRequested, this, &PictureStage::setLeaking);
    connect(toolbar_, &StageToolbar::modeRequested, this, &PictureStage::setMode);
    connect(toolbar_, &StageToolbar::brushRequested, this, &PictureStage::setBrushEnabled);
    connect(toolbar_, &StageToolbar::toolRequested, this, [this](MaskBrush::Tool tool) {
        brush_.setTool(tool);
        toolbar_->setTool(tool);
    });
    connect(toolbar_, &StageToolbar::sizeRequested, &brush_, &MaskBrush::setSize);
    connect(toolbar_, &StageToolbar::invertRequested, &brush_, &MaskBrush::invert);
    connect(toolbar_, &StageToolbar::fillRequested, this, &PictureStage::fillRequested);
    connect(toolbar_, &StageToolbar::gridToggled, canvas_, &StageCanvas::setGridShown);
    connect(toolbar_, &StageToolbar::outlineToggled, canvas_, &StageCanvas::setOutlineShown);
    connect(toolbar_, &StageToolbar::colorMapRequested, this, [](ColorMap map) { setHeatMap(map); });
    connect(toolbar_, &StageToolbar::rescaleRequested, this, [this](bool toPicture) {
        const auto* image = picture_ ? std::get_if<ImagePicture>(picture_.get()) : nullptr;
        setResidualHigh(toPicture && image ? largestResidual(*image) : kUsualResidualHigh);
    });
    connect(canvas_, &StageCanvas::patchHovered, this, &PictureStage::patchHovered);
    connect(canvas_, &StageCanvas::patchClicked, this, &PictureStage::patchClicked);
    connect(canvas_, &StageCanvas::focusRequested, this, &PictureStage::setFocusedView);
    connect(tokens_, &TokenView::tokenHovered, this, &PictureStage::tokenHovered);
    connect(graph_, &GraphView::nodeHovered, this, &PictureStage::nodeHovered);
    connect(&brush_, &MaskBrush::maskEdited, this, [this](const std::vector<std::uint8_t>& hidden) {
        unanswered_ = true;
        Q_EMIT maskEdited(hidden);
    });
    connect(&brush_, &MaskBrush::strokeFinished, this, &PictureStage::strokeFinished);
    connect(stateLayer_, &StateLayer::actionTriggered, this, &PictureStage::actionTriggered);
}

void PictureStage::setPicture(std::shared_ptr<const Picture> picture, qint64 step) {
    picture_ = std::move(picture);
    step_ = step;
    if (!picture_) {
        refreshLayers();
        return;
    }
    if (const auto* tokens = std::get_if<TokensPicture>(picture_.get())) {
        tokens_->setPicture(std::shared_ptr<const TokensPicture>(picture_, tokens));
        pages_->setCurrentWidget(tokens_);
    } else if (const auto* graph = std::get_if<GraphPicture>(picture_.get())) {
        graph_->setPicture(std::shared_ptr<const GraphPicture>(picture_, graph));
        pages_->setCurrentWidget(graph_);
    } else {
        pages_->setCurrentWidget(canvas_);
    }
    refreshLayers();
}

void PictureStage::refreshLayers() {
    const auto* image = picture_ ? std::get_if<ImagePicture>(picture_.get()) : nullptr;
    auto layers = image ? std::make_unique<PictureLayers>(*image, heatMap(), residualHigh_) : nullptr;
    const bool keepsMask = image && keepsPaintedMask(*layers);
    std::swap(layers_, layers);  // the canvas keeps the old ones until it has the new
    canvas_->setLayers(layers_.get());
    if (!keepsMask) {
        unanswered_ = false;
        brush_.setMask(image ? layers_->grid : PatchGrid(), image ? layers_->hidden : std::vector<std::uint8_t>());
    }
    toolbar_->setVisible(image != nullptr || !picture_);
    header_->setSwitchShown(image != nullptr || !picture_);
    header_->setLeakAvailable(image && image->leaking.has_value());
    if (leaking_ && !(image && image->leaking)) setLeaking(false);
    canvas_->setHeading(step_ >= 0 ? (name_.isEmpty() ? tr("step %1").arg(exact(step_)) : tr("%1 · step %2").arg(name_, exact(step_))) : name_);
}

/// A painted mask stays while a stroke lasts, and until the model has answered it for the same image.
bool PictureStage::keepsPaintedMask(const PictureLayers& next) const {
    if (next.grid != brush_.grid()) return false;
    if (brush_.isStroking()) return true;
    return unanswered_ && next.hidden != brush_.hidden() && layers_ && next.original == layers_->original;
}

void PictureStage::setCaption(const QString& name, const QString& position) {
    name_ = name;
    header_->setCaption(position.isEmpty() ? name : position);
    canvas_->setHeading(step_ >= 0 ? tr("%1 · step %2").arg(name_, exact(step_)) : name_);
}

void PictureStage::setState(const ViewState& state) { stateLayer_->setState(state); }

void PictureStage::setNoAnswer(const ViewState& reason) {
    canvas_->setNoAnswer(reason);
    if (reason.coversContent() == lacksAnswers_) return;
    lacksAnswers_ = !lacksAnswers_;
    if (!lacksAnswers_ && viewWithAnswers_) return setFocusedView(*viewWithAnswers_);
    const PictureView before = focusedView();
    if (!lacksAnswers_ || before == PictureView::Original || before == PictureView::Masked) return;
    setFocusedView(PictureView::Masked);
    viewWithAnswers_ = before;
}

void PictureStage::setAnswerTime(double milliseconds) { toolbar_->setAnswerTime(milliseconds); }

PictureStage::Mode PictureStage::mode() const { return canvas_->mode(); }

void PictureStage::setMode(Mode mode) {
    if (mode == canvas_->mode()) return;
    canvas_->setMode(mode);
    toolbar_->setMode(mode);
    Q_EMIT modeChanged();
}

PictureView PictureStage::focusedView() const { return canvas_->focusedView(); }

void PictureStage::setFocusedView(PictureView view) {
    viewWithAnswers_.reset();  // whoever chose another view meanwhile keeps it
    viewBefore_.reset();
    if (view == canvas_->focusedView()) return;
    canvas_->setFocusedView(view);
    Q_EMIT focusedViewChanged();
}

void PictureStage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && toolbar_ != nullptr) {
        toolbar_->setColorMap(heatMap());
        refreshResidual();
    }
    QWidget::changeEvent(event);
}

void PictureStage::setResidualHigh(double high) {
    residualHigh_ = std::clamp(high, 1e-3, 1.0);
    refreshResidual();
}

/// New colours for the same picture; the mask being painted stays.
void PictureStage::refreshResidual() {
    canvas_->setResidualScale(heatMap(), residualHigh_);
    const auto* image = picture_ ? std::get_if<ImagePicture>(picture_.get()) : nullptr;
    if (!image) return;
    auto layers = std::make_unique<PictureLayers>(*image, heatMap(), residualHigh_);
    std::swap(layers_, layers);
    canvas_->setLayers(layers_.get());
}

void PictureStage::setGridShown(bool shown) { toolbar_->setGridShown(shown); }

void PictureStage::setOutlineShown(bool shown) { toolbar_->setOutlineShown(shown); }

void PictureStage::setLeaking(bool leaking) {
    const auto* image = picture_ ? std::get_if<ImagePicture>(picture_.get()) : nullptr;
    const bool allowed = leaking && image && image->leaking;
    const bool changed = allowed != leaking_;
    leaking_ = allowed;
    header_->setLeaking(allowed);
    canvas_->setLeaking(allowed);
    if (changed) Q_EMIT leakingChanged(allowed);
}

void PictureStage::setHoveredPatch(int patch) { canvas_->setHoveredPatch(patch); }

void PictureStage::setSelectedPatch(int patch) { canvas_->setSelectedPatch(patch); }

void PictureStage::setQueryPatch(int patch) { canvas_->setQueryPatch(patch); }

int PictureStage::selectedPatch() const { return canvas_->selectedPatch(); }

void PictureStage::setBrushEnabled(bool enabled) {
    canvas_->setBrushEnabled(enabled);
    toolbar_->setBrushEnabled(enabled);
}

bool PictureStage::isBrushEnabled() const { return canvas_->isBrushEnabled(); }

void PictureStage::setHidden(const std::vector<std::uint8_t>& hidden) {
    unanswered_ = true;
    brush_.setMask(brush_.grid(), hidden);
}

void PictureStage::setFillStrategies(const QStringList& names) { toolbar_->setFillStrategies(names); }

QWidget* PictureStage::headerWidget() const { return header_; }

void PictureStage::toggleGroundTruth() {
    if (pages_->currentWidget() == tokens_)
        tokens_->setText(tokens_->text() == TokenText::Guess ? TokenText::Truth : TokenText::Guess);
    else
        toggleView(PictureView::Original);
}

void PictureStage::toggleError() { toggleView(PictureView::Residual); }

void PictureStage::toggleBrush() { setBrushEnabled(!isBrushEnabled()); }

/// To the view, and back to what was large before it.
void PictureStage::toggleView(PictureView view) {
    const PictureView now = focusedView();
    if (now == view) {
        setFocusedView(viewBefore_.value_or(PictureView::Composite));
        return;
    }
    const PictureView before = viewBefore_.value_or(now);
    setFocusedView(view);
    viewBefore_ = before;
}

void PictureStage::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return QWidget::keyPressEvent(event);
    const int shown = static_cast<int>(kPictureViews.size()) + (layers_ ? static_cast<int>(layers_->extras.size()) : 0);
    if (key >= Qt::Key_1 && key < Qt::Key_1 + shown)
        setFocusedView(static_cast<PictureView>(key - Qt::Key_1));
    else if (key == Qt::Key_G)
        toggleGroundTruth();
    else if (key == Qt::Key_O)
        toggleError();
    else if (key == Qt::Key_B)
        toggleBrush();
    else
        QWidget::keyPressEvent(event);
}

QSize PictureStage::minimumSizeHint() const { return {scaled(420), scaled(300)}; }

QSize PictureStage::sizeHint() const { return {scaled(620), scaled(360)}; }

}  // namespace maskscope
