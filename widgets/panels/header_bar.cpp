#include "widgets/panels/header_bar.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include "widgets/panels/action_button.h"
#include "widgets/panels/segment_bar.h"
#include "widgets/panels/state_badge.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kWideSearchPx = 260, kNarrowSearchBelowPx = 1100, kPageWordsFromPx = 1040, kLeastPx = 620;

}  // namespace

HeaderBar::HeaderBar(QWidget* parent)
    : QFrame(parent),
      logo_(new QLabel(this)),
      menu_(new QToolButton(this)),
      name_(new QToolButton(this)),
      badge_(new StateBadge(this)),
      pages_(new SegmentBar(this)),
      search_(new ActionButton(this)),
      tools_(new QWidget(this)) {
    setProperty("role", "bar");
    setAccessibleName(tr("Top bar"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(12), 0, scaled(12), 0);
    row->setSpacing(scaled(8));
    for (QWidget* part : std::initializer_list<QWidget*>{logo_, menu_, name_, badge_}) row->addWidget(part);
    row->addStretch(1);
    row->addWidget(pages_);
    row->addStretch(1);
    row->addWidget(search_);
    row->addWidget(tools_);
    auto* toolRow = new QHBoxLayout(tools_);
    toolRow->setContentsMargins(0, 0, 0, 0);
    toolRow->setSpacing(scaled(6));

    menu_->setIcon(icon(QStringLiteral("menu")));
    menu_->setToolTip(tr("Menu"));
    menu_->setAccessibleName(tr("Menu"));
    menu_->setPopupMode(QToolButton::InstantPopup);
    name_->setProperty("role", "title");
    name_->setPopupMode(QToolButton::InstantPopup);
    name_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    name_->setLayoutDirection(Qt::RightToLeft);
    name_->setIcon(icon(QStringLiteral("chevron-down")));
    name_->setAccessibleName(tr("Run"));
    search_->setFace(QStringLiteral("search"), tr("Find any action or setting"), QStringLiteral("Ctrl+K"));
    connect(search_, &ActionButton::clicked, this, &HeaderBar::searchRequested);
    applyScale();
}

void HeaderBar::applyScale() {
    setFixedHeight(scaled(44));
    logo_->setPixmap(icon(QStringLiteral("maskscope")).pixmap(QSize(scaled(22), scaled(22)), devicePixelRatioF()));
    name_->setFont(maskscope::font(TextStyle::RunName));
    for (QToolButton* button : findChildren<QToolButton*>()) button->setIconSize(QSize(scaled(16), scaled(16)));
}

void HeaderBar::setRunName(const QString& name) {
    name_->setText(name);
    name_->setToolTip(tr("%1 — click to choose another run").arg(name));
}

void HeaderBar::setState(RunState state, const QString& detail) { badge_->setState(state, detail); }

void HeaderBar::setBare(bool bare) {
    badge_->setVisible(!bare);
    pages_->setVisible(!bare);
}

void HeaderBar::setMenus(QMenu* program, QMenu* runs) {
    menu_->setMenu(program);
    name_->setMenu(runs);
}

void HeaderBar::setActions(QAction* undo, QAction* redo, QAction* theme, QAction* help) {
    for (QAction* action : {undo, redo, theme, help}) tools_->layout()->addWidget(addIconButton(action));
    applyScale();
}

QToolButton* HeaderBar::addIconButton(QAction* action) {
    auto* button = new QToolButton(tools_);
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button->setAccessibleName(action->text());
    return button;
}

/// Words give way to icons before the window has to grow.
QSize HeaderBar::minimumSizeHint() const { return {scaled(kLeastPx), QFrame::minimumSizeHint().height()}; }

void HeaderBar::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const bool wide = width() >= scaled(kNarrowSearchBelowPx);
    search_->setFace(QStringLiteral("search"), wide ? tr("Find any action or setting") : tr("Find"), QStringLiteral("Ctrl+K"));
    search_->setMinimumWidth(wide ? scaled(kWideSearchPx) : 0);
    pages_->setWordsShown(width() >= scaled(kPageWordsFromPx));
}

void HeaderBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && tools_ != nullptr) applyScale();
    QFrame::changeEvent(event);
}

}  // namespace maskscope
