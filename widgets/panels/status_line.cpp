#include "widgets/panels/status_line.h"

#include <QActionGroup>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include "widgets/pictures/color_map.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {

StatusLine::StatusLine(QWidget* parent)
    : QFrame(parent),
      mark_(new QLabel(this)),
      message_(new QLabel(this)),
      device_(new QLabel(this)),
      watching_(new QLabel(this)),
      scale_(new QToolButton(this)),
      colors_(new QToolButton(this)) {
    setProperty("role", "foot");
    setAccessibleName(tr("Status"));
    setProperty("helpPage", "status");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(12), 0, scaled(12), 0);
    row->setSpacing(scaled(8));
    row->addWidget(mark_);
    row->addWidget(message_, 1);
    for (QLabel* label : {watching_, device_}) {
        row->addSpacing(scaled(10));
        row->addWidget(label);
        label->setProperty("role", "label");
    }
    row->addSpacing(scaled(10));
    row->addWidget(colors_);
    row->addWidget(scale_);
    addColorMaps();
    message_->setProperty("role", "label");
    message_->setAccessibleName(tr("Newest message"));
    message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    // Long messages end in the tooltip instead of making the window wider.
    message_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    scale_->setProperty("role", "title");
    scale_->setToolTip(tr("Size of everything in the window (Ctrl+Plus, Ctrl+Minus, Ctrl+0)"));
    scale_->setAccessibleName(tr("Scale"));
    watching_->setToolTip(tr("The share of training time that goes into what only this window wants. Above 2 % the window looks less often."));
    connect(scale_, &QToolButton::clicked, this, &StatusLine::scaleClicked);
    setScale(themeScalePercent());
    showMark();
}

void StatusLine::addColorMaps() {
    colors_->setProperty("role", "title");
    colors_->setIcon(icon(QStringLiteral("eye")));
    colors_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    colors_->setPopupMode(QToolButton::InstantPopup);
    colors_->setToolTip(tr("Colours of residuals, attention and probabilities; cividis looks alike to people who confuse red and green"));
    auto* menu = new QMenu(colors_);
    auto* group = new QActionGroup(menu);
    for (const auto& [name, map] :
         {std::pair(QStringLiteral("viridis"), ColorMap::Viridis), std::pair(QStringLiteral("cividis"), ColorMap::Cividis)}) {
        QAction* action = menu->addAction(name);
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setData(static_cast<int>(map));
        connect(action, &QAction::triggered, this, [this, map = map] {
            setHeatMap(map);
            Q_EMIT colorMapChanged();
        });
    }
    colors_->setMenu(menu);
}

void StatusLine::showMessage(const QString& text, Tone tone) {
    tone_ = tone;
    message_->setText(text);
    message_->setToolTip(text);
    message_->setAccessibleDescription(text);
    showMark();
}

QString StatusLine::message() const { return message_->text(); }

void StatusLine::setDevice(const QString& text, const QString& path) {
    const qsizetype reason = path.indexOf(u'(');  // "general path (why)": the reason stands in the tip
    device_->setText(path.isEmpty() ? text : tr("%1 · %2").arg(text, path.left(reason).trimmed()));
    device_->setToolTip(path);
}

void StatusLine::setObservingShare(double share) { watching_->setText(share < 0 ? QString() : tr("watching costs %1").arg(percent(share, 1))); }

void StatusLine::setScale(int percentOfNormal) { scale_->setText(tr("%1 %").arg(percentOfNormal)); }

void StatusLine::showMark() {
    setFixedHeight(scaled(22));
    const QFont small = maskscope::font(TextStyle::Label);
    for (QLabel* label : {message_, device_, watching_}) label->setFont(small);
    scale_->setFont(small);
    scale_->setFixedHeight(scaled(20));
    colors_->setFont(small);
    colors_->setFixedHeight(scaled(20));
    colors_->setIconSize(QSize(scaled(13), scaled(13)));
    const QString name = heatMap() == ColorMap::Cividis ? QStringLiteral("cividis") : QStringLiteral("viridis");
    colors_->setText(QChar(0x2009) + name);  // Fusion leaves hardly any room between icon and text
    colors_->setAccessibleName(tr("Colours: %1").arg(name));
    for (QAction* action : colors_->menu()->actions()) action->setChecked(action->data().toInt() == static_cast<int>(heatMap()));
    const char* const names[] = {"", "check", "warning", "error"};
    const QColor colors[] = {theme().text2, theme().text2, theme().warning, theme().error};
    const auto index = static_cast<std::size_t>(tone_);
    mark_->setPixmap(icon(QLatin1String(names[index]), colors[index]).pixmap(QSize(scaled(13), scaled(13)), devicePixelRatioF()));
    mark_->setVisible(tone_ != Tone::Plain);
}

void StatusLine::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && colors_ != nullptr) showMark();
    QFrame::changeEvent(event);
}

}  // namespace maskscope
