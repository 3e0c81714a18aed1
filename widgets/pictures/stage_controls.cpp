#include "widgets/pictures/stage_controls.h"

#include <QActionGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QResizeEvent>
#include <QSlider>
#include <QStyleOptionToolButton>
#include <QStylePainter>
#include <QToolButton>
#include <QWidgetAction>

#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr std::array kModes = {PictureStage::Mode::Focus, PictureStage::Mode::SideBySide, PictureStage::Mode::Wipe};
constexpr std::array kTools = {MaskBrush::Tool::Paint, MaskBrush::Tool::Erase, MaskBrush::Tool::Rectangle};

QToolButton* segment(QWidget* parent, const QString& text, const QString& iconName, const char* end) {
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setProperty("role", QStringLiteral("segment"));
    if (end) button->setProperty("end", QString::fromLatin1(end));
    button->setCheckable(true);
    button->setAccessibleName(text);
    if (!iconName.isEmpty()) button->setIcon(icon(iconName));
    button->setIconSize(QSize(scaled(16), scaled(16)));
    button->setToolButtonStyle(iconName.isEmpty() ? Qt::ToolButtonTextOnly : Qt::ToolButtonTextBesideIcon);
    return button;
}

QToolButton* toolButton(QWidget* parent, const QString& iconName, const QString& name, const QString& help, bool checkable) {
    auto* button = new QToolButton(parent);
    button->setIcon(icon(iconName));
    button->setIconSize(QSize(scaled(16), scaled(16)));
    button->setAccessibleName(name);
    button->setToolTip(help);
    button->setCheckable(checkable);
    return button;
}

QLabel* quietLabel(QWidget* parent, const QString& text) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("label"));
    return label;
}

}  // namespace

/// A segment with a filled LEAKS tag behind its text.
class LeakButton : public QToolButton {
public:
    using QToolButton::QToolButton;

    QSize sizeHint() const override {
        const QSize base = QToolButton::sizeHint();
        const int words = text().isEmpty() ? 0 : scaled(10) + fontMetrics().horizontalAdvance(text());
        return {scaled(16) + words + tagWidth(), base.height()};
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QStylePainter painter(this);
        QStyleOptionToolButton option;
        initStyleOption(&option);
        option.text.clear();
        painter.drawComplexControl(QStyle::CC_ToolButton, option);
        painter.setPen(isEnabled() ? theme().text : theme().disabled);
        painter.drawText(rect().adjusted(scaled(10), 0, -tagWidth(), 0), Qt::AlignLeft | Qt::AlignVCenter, text());
        const int height = scaled(14);
        const QRect tag(width() - tagWidth() - scaled(8), (this->height() - height) / 2, tagWidth(), height);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(isEnabled() ? Qt::NoPen : QPen(theme().disabled, 1.0, Qt::DashLine));
        painter.setBrush(isEnabled() ? QBrush(theme().leaks) : QBrush(Qt::NoBrush));
        painter.drawRoundedRect(tag, scaled(3), scaled(3));
        painter.setPen(isEnabled() ? theme().textOnSemantic : theme().disabled);
        painter.setFont(tagFont());
        painter.drawText(tag, Qt::AlignCenter, QStringLiteral("LEAKS"));
    }

private:
    static QFont tagFont() {
        QFont tag = maskscope::font(TextStyle::Tag);
        tag.setWeight(QFont::Bold);
        return tag;
    }
    static int tagWidth() { return QFontMetrics(tagFont()).horizontalAdvance(QStringLiteral("LEAKS")) + scaled(8); }
};

StageHeader::StageHeader(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(9), 0, scaled(9), 0);
    row->setSpacing(0);
    caption_ = quietLabel(this, {});
    caption_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    row->addWidget(caption_, 1);
    row->addSpacing(scaled(12));
    label_ = quietLabel(this, tr("Rebuilt from"));
    label_->setContentsMargins(0, 0, scaled(8), 0);
    row->addWidget(label_);
    honest_ = segment(this, tr("What it predicts"), {}, "first");
    leaking_ = new LeakButton(this);
    leaking_->setText(tr("True statistics"));
    leaking_->setProperty("role", QStringLiteral("segment"));
    leaking_->setProperty("end", QStringLiteral("last"));
    leaking_->setCheckable(true);
    leaking_->setAccessibleName(tr("True statistics, leaks"));
    honest_->setAccessibleName(tr("What it predicts"));
    honest_->setToolTip(tr("What it predicts: only the visible patches and the model's output are used."));
    row->addWidget(honest_);
    row->addWidget(leaking_);
    connect(honest_, &QToolButton::clicked, this, [this] { Q_EMIT leakingRequested(false); });
    connect(leaking_, &QToolButton::clicked, this, [this] { Q_EMIT leakingRequested(true); });
    setLeaking(false);
    setLeakAvailable(false);
}

void StageHeader::setCaption(const QString& text) {
    text_ = text;
    caption_->setToolTip(text);
    fit();
}

void StageHeader::setSwitchShown(bool shown) {
    switchShown_ = shown;
    honest_->setVisible(shown);
    leaking_->setVisible(shown);
    fit();
}

void StageHeader::setShort(bool isShort) {
    honest_->setText(isShort ? tr("Honest") : tr("What it predicts"));
    leaking_->setText(isShort ? QString() : tr("True statistics"));
    for (QToolButton* button : {honest_, leaking_}) button->setMinimumWidth(button->sizeHint().width());
}

/// Where the row is too narrow, the words before the switch go first, then the caption is cut, then the switch says less.
void StageHeader::fit() {
    setShort(false);
    const auto widthOfSwitch = [this] { return switchShown_ ? honest_->sizeHint().width() + leaking_->sizeHint().width() : 0; };
    if (widthOfSwitch() > width() - 2 * scaled(9)) setShort(true);
    const int switchWidth = widthOfSwitch();
    const int room = width() - 2 * scaled(9) - scaled(12) - switchWidth;
    const int wanted = caption_->fontMetrics().horizontalAdvance(text_) + scaled(2);
    const bool labelled = switchShown_ && wanted + label_->sizeHint().width() <= room;
    label_->setVisible(labelled);
    const int left = room - (labelled ? label_->sizeHint().width() : 0);
    caption_->setText(left < scaled(40) ? QString() : caption_->fontMetrics().elidedText(text_, Qt::ElideRight, left));
}

void StageHeader::resizeEvent(QResizeEvent*) { fit(); }

/// So narrow that the switch still fits in its short form.
QSize StageHeader::minimumSizeHint() const { return {scaled(40), QWidget::minimumSizeHint().height()}; }

void StageHeader::setLeaking(bool leaking) {
    honest_->setChecked(!leaking);
    leaking_->setChecked(leaking);
}

void StageHeader::setLeakAvailable(bool available) {
    leaking_->setEnabled(available);
    const QString why = available
                            ? tr("Each patch gets its true mean and spread back, which no model could know: sharper than what was learnt.")
                            : tr("This target is not normalised patch by patch, so there are no true statistics to put back and nothing leaks.");
    leaking_->setToolTip(why);
    leaking_->setAccessibleDescription(why);
}

StageToolbar::StageToolbar(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(9), scaled(4), scaled(9), scaled(4));
    row->setSpacing(scaled(2));
    addModes();
    addTools();
    addFill();
    row->addSpacing(scaled(6));
    answer_ = quietLabel(this, {});
    answer_->setToolTip(tr("Time from the last brush stroke to the model's answer."));
    row->addWidget(answer_);
    row->addStretch(1);
    addOverlays();
    setMode(PictureStage::Mode::Focus);
    refreshTools();
}

void StageToolbar::addModes() {
    auto* row = static_cast<QHBoxLayout*>(layout());
    const std::array texts = {tr("Focus"), tr("Side by side"), tr("Wipe")};
    const std::array icons = {QStringLiteral("focus"), QStringLiteral("side-by-side"), QStringLiteral("wipe")};
    const std::array help = {tr("One large view and four small ones; click a small one, or press 1 to 5."), tr("All five views alike."),
                             tr("The large view left of a line, the original right of it; drag the line, or press Shift and an arrow.")};
    auto* segments = new QHBoxLayout;
    segments->setSpacing(0);
    for (std::size_t i = 0; i < kModes.size(); ++i) {
        modes_[i] = segment(this, texts[i], icons[i], i == 0 ? "first" : i + 1 == kModes.size() ? "last" : nullptr);
        modes_[i]->setToolTip(help[i]);
        connect(modes_[i], &QToolButton::clicked, this, [this, i] {
            setMode(kModes[i]);
            Q_EMIT modeRequested(kModes[i]);
        });
        segments->addWidget(modes_[i]);
    }
    row->addLayout(segments);
    row->addSpacing(scaled(10));
}

void StageToolbar::addTools() {
    auto* row = static_cast<QHBoxLayout*>(layout());
    const std::array icons = {QStringLiteral("brush"), QStringLiteral("eraser"), QStringLiteral("rectangle")};
    const std::array names = {tr("Paint hidden patches"), tr("Erase: make patches visible"), tr("Hide a rectangle")};
    const std::array help = {tr("Mask brush (B): paint what is hidden from the model. Shift or the right button makes visible."),
                             tr("Eraser: make patches visible again."), tr("Rectangle: hide all patches between two corners.")};
    for (std::size_t i = 0; i < kTools.size(); ++i) {
        tools_[i] = toolButton(this, icons[i], names[i], help[i], true);
        connect(tools_[i], &QToolButton::clicked, this, [this, i] {
            const bool on = !brushEnabled_ || tool_ != kTools[i];
            Q_EMIT toolRequested(kTools[i]);
            Q_EMIT brushRequested(on);
        });
        row->addWidget(tools_[i]);
    }
    invert_ = toolButton(this, QStringLiteral("invert"), tr("Invert the mask"),
                         tr("Invert: what is hidden becomes visible, and the other way round."), false);
    connect(invert_, &QToolButton::clicked, this, &StageToolbar::invertRequested);
    row->addWidget(invert_);
}

void StageToolbar::addFill() {
    auto* row = static_cast<QHBoxLayout*>(layout());
    fill_ = toolButton(this, QStringLiteral("fill"), tr("Fill by a strategy"), tr("Let a strategy draw the mask at the chosen ratio."), false);
    fill_->setPopupMode(QToolButton::InstantPopup);
    fillMenu_ = new QMenu(fill_);
    fill_->setMenu(fillMenu_);
    row->addWidget(fill_);
    setFillStrategies({});

    sizeLabel_ = quietLabel(this, tr("Size"));
    size_ = new QSlider(Qt::Horizontal, this);
    size_->setRange(1, MaskBrush::kMaxSize);
    size_->setFixedWidth(scaled(64));
    size_->setAccessibleName(tr("Brush size in patches"));
    connect(size_, &QSlider::valueChanged, this, [this](int value) {
        size_->setToolTip(tr("Brush size: %1 × %1 patches").arg(value));
        Q_EMIT sizeRequested(value);
    });
    size_->setToolTip(tr("Brush size: %1 × %1 patches").arg(1));
    row->addSpacing(scaled(6));
    row->addWidget(sizeLabel_);
    row->addSpacing(scaled(4));
    row->addWidget(size_);
}

void StageToolbar::setFillStrategies(const QStringList& names) {
    fillMenu_->clear();
    auto* holder = new QWidget(fillMenu_);
    auto* row = new QHBoxLayout(holder);
    row->setContentsMargins(scaled(12), scaled(4), scaled(12), scaled(4));
    ratio_ = new QSlider(Qt::Horizontal, holder);
    ratio_->setRange(5, 95);
    ratio_->setValue(75);
    ratio_->setMinimumWidth(scaled(96));
    ratio_->setAccessibleName(tr("Share of hidden patches"));
    ratioLabel_ = new QLabel(percent(0.75), holder);
    ratioLabel_->setMinimumWidth(ratioLabel_->fontMetrics().horizontalAdvance(percent(0.95)) + scaled(4));
    row->addWidget(quietLabel(holder, tr("Ratio")));
    row->addWidget(ratio_, 1);
    row->addWidget(ratioLabel_);
    connect(ratio_, &QSlider::valueChanged, ratioLabel_, [this](int value) { ratioLabel_->setText(percent(value / 100.0)); });
    auto* action = new QWidgetAction(fillMenu_);
    action->setDefaultWidget(holder);
    fillMenu_->addAction(action);
    for (const QString& name : names)
        connect(fillMenu_->addAction(name), &QAction::triggered, this, [this, name] { Q_EMIT fillRequested(name, ratio_->value() / 100.0); });
    fill_->setEnabled(!names.isEmpty());
    fill_->setToolTip(names.isEmpty() ? tr("No mask strategy is known here, so none can fill the mask.")
                                      : tr("Let a strategy draw the mask at the chosen ratio."));
}

void StageToolbar::addOverlays() {
    auto* row = static_cast<QHBoxLayout*>(layout());
    gridButton_ = toolButton(this, QStringLiteral("grid"), tr("Patch grid"), tr("Show the patch grid over all views."), true);
    outlineButton_ = toolButton(this, QStringLiteral("overlay"), tr("Outline of hidden regions"), tr("Show where the hidden regions end."), true);
    connect(gridButton_, &QToolButton::toggled, this, &StageToolbar::gridToggled);
    connect(outlineButton_, &QToolButton::toggled, this, &StageToolbar::outlineToggled);
    more_ = toolButton(this, QStringLiteral("more"), tr("More"), tr("Colours of the residual and their range."), false);
    more_->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(more_);
    auto* maps = new QActionGroup(menu);
    const auto addMap = [&](const QString& name, ColorMap map) {
        QAction* action = menu->addAction(name);
        action->setCheckable(true);
        action->setChecked(map == heatMap());
        action->setData(static_cast<int>(map));
        maps->addAction(action);
        connect(action, &QAction::triggered, this, [this, map] { Q_EMIT colorMapRequested(map); });
    };
    addMap(tr("Colours: viridis"), ColorMap::Viridis);
    addMap(tr("Colours: cividis"), ColorMap::Cividis);
    menu->addSeparator();
    for (QToolButton* button : {gridButton_, outlineButton_}) {  // where the row has no room for them
        QAction* action = menu->addAction(button->accessibleName());
        action->setCheckable(true);
        connect(action, &QAction::toggled, button, &QToolButton::setChecked);
        connect(button, &QToolButton::toggled, action, &QAction::setChecked);
    }
    menu->addSeparator();
    connect(menu->addAction(tr("Fit residual range to this picture")), &QAction::triggered, this, [this] { Q_EMIT rescaleRequested(true); });
    connect(menu->addAction(tr("Residual range 0 to 0.5")), &QAction::triggered, this, [this] { Q_EMIT rescaleRequested(false); });
    more_->setMenu(menu);
    for (QToolButton* button : {gridButton_, outlineButton_, more_}) row->addWidget(button);
    setOutlineShown(true);
}

void StageToolbar::setMode(PictureStage::Mode mode) {
    for (std::size_t i = 0; i < kModes.size(); ++i) modes_[i]->setChecked(kModes[i] == mode);
}

void StageToolbar::setBrushEnabled(bool enabled) {
    brushEnabled_ = enabled;
    refreshTools();
}

void StageToolbar::setTool(MaskBrush::Tool tool) {
    tool_ = tool;
    refreshTools();
}

void StageToolbar::refreshTools() {
    for (std::size_t i = 0; i < kTools.size(); ++i) tools_[i]->setChecked(brushEnabled_ && kTools[i] == tool_);
    dropToFit();
}

void StageToolbar::setBrushSize(int patches) { size_->setValue(patches); }

void StageToolbar::setAnswerTime(double milliseconds) {
    answer_->setText(milliseconds < 0.0 ? QString() : tr("answer %1").arg(timeSpan(milliseconds / 1000.0)));
    dropToFit();
}

void StageToolbar::setGridShown(bool shown) { gridButton_->setChecked(shown); }

void StageToolbar::setOutlineShown(bool shown) { outlineButton_->setChecked(shown); }

void StageToolbar::setColorMap(ColorMap map) {
    for (QAction* action : more_->menu()->actions())
        if (action->isCheckable() && action->data().isValid()) action->setChecked(action->data().toInt() == static_cast<int>(map));
}

/// Where the row is too narrow: first the answer's label goes, then the size, then the modes' words, then the overlays, into the menu.
void StageToolbar::dropToFit() {
    const bool sizeMatters = brushEnabled_ && tool_ != MaskBrush::Tool::Rectangle;
    const auto show = [this, sizeMatters](bool words, bool size, bool answer, bool overlays = true) {
        for (QToolButton* button : {gridButton_, outlineButton_}) button->setVisible(overlays);
        for (QToolButton* mode : modes_) mode->setToolButtonStyle(words ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
        sizeLabel_->setVisible(size && sizeMatters);
        size_->setVisible(size && sizeMatters);
        answer_->setVisible(answer && !answer_->text().isEmpty());
        return neededWidth() <= width() + scaled(12);  // what the padding of buttons can give
    };
    if (show(true, true, true) || show(false, true, true) || show(false, true, false)) return;
    if (!show(false, false, false)) show(false, false, false, false);
}

/// Of what is shown, from its contents: a style sheet lets buttons shrink until their words are cut.
int StageToolbar::neededWidth() const {
    int needed = 2 * scaled(9) + scaled(22);  // margins and fixed gaps
    for (const QWidget* child : findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
        if (!child->isHidden() && !child->isWindow()) needed += child->sizeHint().width() + scaled(2);
    if (!size_->isHidden()) needed += size_->width() - size_->sizeHint().width();
    return needed;
}

void StageToolbar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::StyleChange && size_) {  // another theme or scale
        for (QToolButton* button : findChildren<QToolButton*>()) button->setIconSize(QSize(scaled(16), scaled(16)));
        size_->setFixedWidth(scaled(64));
    }
    QWidget::changeEvent(event);
}

void StageToolbar::resizeEvent(QResizeEvent*) { dropToFit(); }

QSize StageToolbar::minimumSizeHint() const { return {scaled(260), layout()->minimumSize().height()}; }

}  // namespace maskscope
