#include "widgets/pictures/probe_wall.h"

#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolButton>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/pictures/token_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kUsualSide = 64.0, kLeastSide = 44.0, kMostSide = 200.0, kGap = 8.0, kMargin = 9.0, kCaption = 14.0, kSwitchRow = 32.0,
                kSeam = 2.0;  // px
constexpr std::array kSwitchViews = {PictureView::Composite, PictureView::Masked, PictureView::Prediction, PictureView::Residual};
constexpr int kMostOfText = 6;  // squares
const double kUnknown = std::numeric_limits<double>::quiet_NaN();

double meanLoss(const Picture& picture) {
    if (const auto* image = std::get_if<ImagePicture>(&picture)) return meanHiddenLoss(*image);
    double sum = 0.0;
    std::int64_t count = 0;
    if (const auto* graph = std::get_if<GraphPicture>(&picture)) {
        for (const auto& node : graph->nodes)
            if (node.hidden && !node.predicted.empty()) sum += node.loss, ++count;
    } else {
        for (const auto& token : std::get<TokensPicture>(picture).tokens)  // cross-entropy in nats
            if (token.hidden && !token.guesses.empty()) sum -= std::log(std::max(token.trueProbability, 1e-12)), ++count;
    }
    return count > 0 ? sum / static_cast<double>(count) : kUnknown;
}

}  // namespace

/// Cells are some squares wide: the views of an image stand side by side in them, a text goes through.
struct ProbeWall::Metrics {
    int columns, squares, side, pitchX, pitchY, left, top;

    int cellWidth() const { return pitchX - scaled(kGap); }
    int covered() const { return squares * side * side; }
};

ProbeWall::ProbeWall(QWidget* parent) : QAbstractScrollArea(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Probe wall"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    switch_ = new QWidget(this);
    switch_->setProperty(kControlProperty, true);
    auto* row = new QHBoxLayout(switch_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (const PictureView view : kSwitchViews) {
        auto* button = new QToolButton(switch_);
        button->setText(pictureViewName(view));
        button->setToolTip(pictureViewHelp(view));
        button->setAccessibleName(pictureViewName(view));
        button->setCheckable(true);
        button->setAutoExclusive(true);
        button->setChecked(view == view_);
        button->setProperty("role", QStringLiteral("segment"));
        button->setProperty("end", view == kSwitchViews.front()  ? QStringLiteral("first")
                                   : view == kSwitchViews.back() ? QStringLiteral("last")
                                                                 : QString());
        connect(button, &QToolButton::clicked, this, [this, view] { setView(view); });
        row->addWidget(button);
    }
    stateLayer_ = new StateLayer(viewport());
    connect(stateLayer_, &StateLayer::actionTriggered, this, &ProbeWall::actionTriggered);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, viewport(), qOverload<>(&QWidget::update));
    setState(ViewState::empty(tr("Pinned images with pinned masks appear here."), tr("They come with the first step of a training.")));
}

void ProbeWall::setPictures(Pictures pictures, const QStringList& captions, qint64 step) {
    pictures_ = std::move(pictures);
    captions_ = captions;
    step_ = step;
    if (selected_ >= cellCount()) selected_ = -1;
    pinned_.resize(static_cast<std::size_t>(cellCount()), true);
    refreshLosses();
    atlasSide_ = 0;
    place();
    viewport()->update();
}

void ProbeWall::setState(const ViewState& state) { stateLayer_->setState(state); }

void ProbeWall::setView(PictureView view) {
    for (std::size_t i = 0; i < kSwitchViews.size(); ++i)
        static_cast<QToolButton*>(switch_->layout()->itemAt(static_cast<int>(i))->widget())->setChecked(kSwitchViews[i] == view);
    if (view == view_) return;
    view_ = view;
    atlasSide_ = 0;
    viewport()->update();
    Q_EMIT viewChanged();
}

void ProbeWall::setLeaking(bool leaking) {
    leaking_ = leaking;
    atlasSide_ = 0;
    viewport()->update();
}

void ProbeWall::setResidualHigh(double high) {
    residualHigh_ = high;
    atlasSide_ = 0;
    viewport()->update();
}

void ProbeWall::setSelected(int index) {
    selected_ = index >= 0 && index < cellCount() ? index : -1;
    if (selected_ >= 0) {
        const QRect cell = cellRect(selected_).adjusted(-scaled(kGap) / 2, -scaled(kGap) / 2, 0, scaled(kGap) / 2);
        if (cell.top() < 0) verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.top());
        if (cell.bottom() > viewport()->height()) verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.bottom() - viewport()->height());
    }
    viewport()->update();
}

void ProbeWall::setPinned(const std::vector<bool>& pinned) {
    pinned_ = pinned;
    pinned_.resize(static_cast<std::size_t>(cellCount()), true);
    viewport()->update();
}

bool ProbeWall::isPinned(int index) const {
    return index >= 0 && static_cast<std::size_t>(index) < pinned_.size() && pinned_[static_cast<std::size_t>(index)];
}

double ProbeWall::lossOf(int index) const { return index >= 0 && index < cellCount() ? losses_[static_cast<std::size_t>(index)] : kUnknown; }

void ProbeWall::refreshLosses() {
    losses_.clear();
    worst_ = -1;
    int known = 0;
    for (int i = 0; i < cellCount(); ++i) {
        losses_.push_back(meanLoss((*pictures_)[static_cast<std::size_t>(i)]));
        if (std::isnan(losses_.back())) continue;
        ++known;
        if (worst_ < 0 || losses_.back() > losses_[static_cast<std::size_t>(worst_)]) worst_ = i;
    }
    if (known < 2) worst_ = -1;
}

/// The columns with which the pictures are largest while all are in sight; where single ones would be tiny, as many columns as fit at the usual
/// size, and the wall scrolls. Whole pixels a patch are the tile's business.
ProbeWall::Metrics ProbeWall::largest(int squares) const {
    const int gap = scaled(kGap), seams = (squares - 1) * scaled(kSeam), margin = scaled(kMargin), top = scaled(4);
    const int captions = 2 * scaled(kCaption) + scaled(2) + gap;
    const int across = viewport()->width() - 2 * margin + gap, down = viewport()->height() - top;
    const auto with = [&](int columns, int side) -> Metrics {
        return {columns, squares, side, squares * side + seams + gap, side + captions, margin, top};
    };
    Metrics best = with(1, 0);
    for (int columns = 1; columns <= std::max(1, cellCount()); ++columns) {
        const int rows = (cellCount() + columns - 1) / columns;
        const int side = std::min({(across / columns - gap - seams) / squares, down / std::max(1, rows) - captions, scaled(kMostSide)});
        if (side > best.side) best = with(columns, side);
    }
    if (squares > 1 || best.side >= scaled(kLeastSide)) return best;
    const int columns = std::max(1, across / (scaled(kUsualSide) + gap));
    return with(columns, std::clamp(across / columns - gap, scaled(24), scaled(2 * kUsualSide)));
}

/// As many squares as cover the most of the wall while they stay large enough: images of the usual size, texts of a few lines.
ProbeWall::Metrics ProbeWall::metrics() const {
    Metrics best = largest(1);
    const int least = scaled(showsTexts() ? kLeastSide : kUsualSide);
    for (int squares = 2; squares <= mostSquares(); ++squares) {
        const Metrics more = largest(squares);
        if (more.side >= least && more.covered() > best.covered()) best = more;
    }
    return best;
}

int ProbeWall::mostSquares() const {
    if (showsTexts()) return kMostOfText;
    if (!showsImages()) return 1;
    return view_ == PictureView::Masked ? 2 : 3;
}

bool ProbeWall::showsImages() const { return cellCount() > 0 && std::holds_alternative<ImagePicture>(pictures_->front()); }

bool ProbeWall::showsTexts() const { return cellCount() > 0 && std::holds_alternative<TokensPicture>(pictures_->front()); }

int ProbeWall::columns() const { return metrics().columns; }

std::vector<PictureView> ProbeWall::views() const {
    if (!showsImages()) return {view_};
    switch (metrics().squares) {
        case 1:
            return {view_};
        case 2:
            return {PictureView::Original, view_};
        default:
            return {PictureView::Original, PictureView::Masked, view_};
    }
}

int ProbeWall::cellCount() const { return pictures_ ? static_cast<int>(pictures_->size()) : 0; }

QRect ProbeWall::cellRect(int index) const {
    const Metrics m = metrics();
    return {m.left + index % m.columns * m.pitchX, m.top + index / m.columns * m.pitchY - verticalScrollBar()->value(), m.cellWidth(),
            m.pitchY - scaled(kGap)};
}

QString ProbeWall::cellName(int index) const {
    const QString given = captions_.value(index);
    if (!given.isEmpty()) return given;
    const Picture& picture = (*pictures_)[static_cast<std::size_t>(index)];
    return (std::holds_alternative<TokensPicture>(picture)  ? tr("text %1")
            : std::holds_alternative<GraphPicture>(picture) ? tr("graph %1")
                                                            : tr("image %1"))
        .arg(index + 1);
}

QString ProbeWall::cellDescription(int index) const {
    QStringList parts;
    for (const PictureView view : views()) parts << pictureViewName(view);
    if (!std::isnan(lossOf(index))) parts << tr("loss %1").arg(significant(lossOf(index)));
    if (index == worst_) parts << tr("the worst of all");
    parts << (isPinned(index) ? tr("pinned") : tr("not pinned"));
    return parts.join(QStringLiteral(", "));
}

void ProbeWall::activateCell(int index) {
    if (index < 0 || index >= cellCount()) return;
    setSelected(index);
    Q_EMIT imageSelected(index);
}

int ProbeWall::cellAt(const QPoint& point) const {
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).contains(point)) return i;
    return -1;
}

void ProbeWall::refreshScroll() {
    const Metrics m = metrics();
    const int rows = (cellCount() + m.columns - 1) / m.columns;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(m.pitchY / 2);
    verticalScrollBar()->setRange(0, std::max(0, m.top + rows * m.pitchY - viewport()->height()));
}

void ProbeWall::resizeEvent(QResizeEvent*) { place(); }

void ProbeWall::place() {
    const bool isImages = cellCount() == 0 || showsImages();
    switch_->setVisible(isImages);  // texts and graphs have one picture each
    setViewportMargins(0, isImages ? scaled(kSwitchRow) : scaled(kGap), 0, 0);
    switch_->setGeometry(scaled(kMargin), scaled(2), std::min(width() - 2 * scaled(kMargin), switch_->sizeHint().width()), scaled(26));
    refreshScroll();
}

void ProbeWall::togglePin(int index) {
    if (index < 0 || index >= cellCount()) return;
    pinned_[static_cast<std::size_t>(index)] = !isPinned(index);
    viewport()->update();
    Q_EMIT pinToggled(index, isPinned(index));
}

void ProbeWall::mousePressEvent(QMouseEvent* event) {
    const int index = cellAt(event->position().toPoint());
    if (index >= 0 && event->button() == Qt::LeftButton) activateCell(index);
}

void ProbeWall::mouseMoveEvent(QMouseEvent* event) {
    const int index = cellAt(event->position().toPoint());
    if (index == hovered_) return;
    hovered_ = index;
    viewport()->setToolTip(index < 0 ? QString() : cellName(index) + QChar(u'\n') + cellDescription(index));
    viewport()->update();
}

bool ProbeWall::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave && hovered_ >= 0) {
        hovered_ = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void ProbeWall::contextMenuEvent(QContextMenuEvent* event) {
    const bool byKeyboard = event->reason() == QContextMenuEvent::Keyboard;
    const int index = byKeyboard ? selected_ : cellAt(viewport()->mapFromGlobal(event->globalPos()));
    if (index < 0) return;
    QMenu menu(this);
    connect(menu.addAction(tr("Show on the stage")), &QAction::triggered, this, [this, index] { activateCell(index); });
    connect(menu.addAction(isPinned(index) ? tr("Unpin") : tr("Pin")), &QAction::triggered, this, [this, index] { togglePin(index); });
    menu.exec(byKeyboard ? viewport()->mapToGlobal(cellRect(index).center()) : event->globalPos());
}

void ProbeWall::keyPressEvent(QKeyEvent* event) {
    const int key = event->key(), across = columns();
    const int step = key == Qt::Key_Right ? 1 : key == Qt::Key_Left ? -1 : key == Qt::Key_Down ? across : key == Qt::Key_Up ? -across : 0;
    if (step != 0) {
        const int next = selected_ < 0 ? 0 : selected_ + step;
        if (next >= 0 && next < cellCount()) activateCell(next);
    } else if (key == Qt::Key_Home)
        activateCell(0);
    else if (key == Qt::Key_End)
        activateCell(cellCount() - 1);
    else if (key == Qt::Key_P)
        togglePin(selected_);
    else if (key == Qt::Key_Return || key == Qt::Key_Enter)
        activateCell(selected_);
    else
        QAbstractScrollArea::keyPressEvent(event);
}

void ProbeWall::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        atlasSide_ = 0;
        place();
        viewport()->update();
    }
    QAbstractScrollArea::changeEvent(event);
}

/// One image that holds every picture at the size it is shown; made anew when pictures, view or size change.
void ProbeWall::refreshAtlas(const Metrics& metrics) {
    const qreal ratio = devicePixelRatioF();
    const int pixels = qRound(metrics.side * ratio);
    const QSize size(qRound(metrics.cellWidth() * ratio), cellCount() * pixels);
    if (atlasSide_ == pixels && atlas_.size() == size) return;
    atlasSide_ = pixels;
    atlas_ = QImage(size, QImage::Format_ARGB32_Premultiplied);
    atlas_.setDevicePixelRatio(ratio);
    atlas_.fill(Qt::transparent);
    QPainter painter(&atlas_);
    const QSizeF row(size.width() / ratio, pixels / ratio);
    for (int i = 0; i < cellCount(); ++i) paintPictures(painter, (*pictures_)[static_cast<std::size_t>(i)], {QPointF(0.0, i * row.height()), row});
}

void ProbeWall::paintPictures(QPainter& painter, const Picture& picture, const QRectF& row) const {
    if (const auto* tokens = std::get_if<TokensPicture>(&picture)) return TokenView::paintThumbnail(painter, row, *tokens);
    if (const auto* graph = std::get_if<GraphPicture>(&picture)) return GraphView::paintThumbnail(painter, row, *graph);
    QRectF square(row.topLeft(), QSizeF(row.height(), row.height()));
    for (const PictureView view : views()) {
        paintImageCell(painter, std::get<ImagePicture>(picture), view, square);
        square.translate(row.height() + scaled(kSeam), 0.0);
    }
}

void ProbeWall::paintImageCell(QPainter& painter, const ImagePicture& picture, PictureView view, const QRectF& cell) const {
    const qreal ratio = painter.device()->devicePixelRatioF();
    const PatchGrid grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)};
    const bool fillsNothingIn = view == PictureView::Composite && picture.composite.empty();
    const QImage image = viewImage(picture, fillsNothingIn ? PictureView::Prediction : view, leaking_, heatMap(), residualHigh_);
    if (image.isNull()) return paintNoValue(painter, cell);
    const QRectF area = alignedPictureRect(cell, image.size(), grid, ratio);
    if (view == PictureView::Residual) painter.fillRect(area, theme().well);
    paintImage(painter, area, image.scaled((area.size() * ratio).toSize(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation), false);
    if (view == PictureView::Masked && !picture.seenWhole) {
        paintHatch(painter, area, grid, regionArea(grid, picture.hidden));
        paintOutline(painter, area, grid, regionOutline(grid, picture.hidden), OutlineWeight::Light);
    }
    const bool rebuilt = view == PictureView::Composite || view == PictureView::Residual;
    if (leaking_ && rebuilt && picture.leaking) paintLeaks(painter, area);
}

void ProbeWall::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(event->rect(), theme().panel);
    if (cellCount() == 0) return;
    const Metrics m = metrics();
    refreshAtlas(m);
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).adjusted(-4, -4, 4, 4).intersects(event->rect())) paintCell(painter, i, m);
}

void ProbeWall::paintCell(QPainter& painter, int index, const Metrics& metrics) const {
    const QRect cell = cellRect(index);
    const QRectF picture(cell.topLeft(), QSizeF(cell.width(), metrics.side));
    painter.drawImage(picture, atlas_, QRectF(0, index * atlasSide_, atlas_.width(), atlasSide_));
    if (index == selected_) {
        paintChosenFrame(painter, picture);
        if (hasFocus()) paintFocusRing(painter, picture.adjusted(-4, -4, 4, 4));
    } else if (index == hovered_) {
        paintHoveredPatch(painter, picture);
    }
    if (!isPinned(index)) paintCornerLabel(painter, picture, Qt::BottomLeftCorner, tr("unpinned"), theme().text2);
    QRect line(cell.left(), cell.top() + metrics.side + scaled(3), cell.width(), scaled(kCaption));
    QFont caption = maskscope::font(TextStyle::Label);
    if (index == selected_) caption.setWeight(QFont::DemiBold);
    painter.setFont(caption);
    painter.setPen(index == selected_ ? theme().text : theme().text2);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(cellName(index), Qt::ElideRight, line.width()));
    if (std::isnan(lossOf(index))) return;
    line.translate(0, scaled(kCaption));
    const QString number = significant(lossOf(index));
    painter.setPen(index == worst_ ? theme().warning : theme().text);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, number);
    if (index != worst_) return;
    const int mark = scaled(12), x = line.left() + painter.fontMetrics().horizontalAdvance(number) + scaled(4);
    icon(QStringLiteral("warning"), theme().warning).paint(&painter, QRect(x, line.center().y() - mark / 2 + 1, mark, mark));
}

QSize ProbeWall::minimumSizeHint() const { return {scaled(220), scaled(160)}; }

QSize ProbeWall::sizeHint() const { return {scaled(290), scaled(260)}; }

}  // namespace maskscope
