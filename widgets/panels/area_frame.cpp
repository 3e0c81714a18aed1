#include "widgets/panels/area_frame.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/panels/area_tree.h"
#include "widgets/panels/segment_bar.h"
#include "widgets/theme/theme.h"

namespace maskscope {

AreaFrame::AreaFrame(AreaTree* tree, const QStringList& ids) : tree_(tree), column_(new QVBoxLayout(this)) {
    setProperty("role", "area");
    column_->setContentsMargins(1, 1, 1, 1);
    column_->setSpacing(0);
    buildHeader();
    setIds(ids);
}

void AreaFrame::buildHeader() {
    header_ = new QFrame(this);
    header_->setProperty("role", "area-header");
    headerRow_ = new QHBoxLayout(header_);
    headerRow_->setContentsMargins(scaled(6), 0, scaled(4), 0);
    headerRow_->setSpacing(scaled(4));
    title_ = new QToolButton(header_);
    title_->setProperty("role", "title");
    title_->setPopupMode(QToolButton::InstantPopup);
    title_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    title_->setLayoutDirection(Qt::RightToLeft);
    title_->setIcon(icon(QStringLiteral("chevron-down")));
    title_->setToolTip(tr("Show another view here"));
    auto* views = new QMenu(title_);
    connect(views, &QMenu::aboutToShow, this, [this, views] { fillMenu(views); });
    title_->setMenu(views);
    headerRow_->addWidget(title_);
    extra_ = new QWidget(header_);
    extraRow_ = new QHBoxLayout(extra_);
    extraRow_->setContentsMargins(0, 0, 0, 0);
    headerRow_->addWidget(extra_, 1);
    split_ = new QToolButton(header_);
    split_->setIcon(icon(QStringLiteral("split")));
    split_->setToolTip(tr("Split: another view beside this one"));
    split_->setAccessibleName(tr("Split this area"));
    connect(split_, &QToolButton::clicked, this, [this] { tree_->split(this, Qt::Horizontal); });
    more_ = new QToolButton(header_);
    more_->setIcon(icon(QStringLiteral("more")));
    more_->setPopupMode(QToolButton::InstantPopup);
    more_->setToolTip(tr("More about this area"));
    more_->setAccessibleName(tr("More about this area"));
    auto* more = new QMenu(more_);
    connect(more, &QMenu::aboutToShow, this, [this, more] { fillMore(more); });
    more_->setMenu(more);
    headerRow_->addWidget(split_);
    headerRow_->addWidget(more_);
    column_->addWidget(header_);
}

void AreaFrame::setIds(const QStringList& ids) {
    ids_ = ids;
    setCurrent(ids.contains(current_) ? current_ : ids.value(0));
}

void AreaFrame::setCurrent(const QString& id) {
    release();
    current_ = id;
    setProperty("helpPage", id);
    const AreaTree::View* view = tree_->find(id);
    if (view != nullptr) {
        body_ = view->widget;
        column_->addWidget(body_, 1);
        body_->show();
        if (view->header != nullptr) {
            const bool isSmall = view->header->sizePolicy().horizontalPolicy() == QSizePolicy::Fixed;
            extraRow_->addWidget(view->header, 0, isSmall ? Qt::AlignRight | Qt::AlignVCenter : Qt::Alignment());
            view->header->show();
        }
        setAccessibleName(view->title);
    }
    refreshHeader();
}

void AreaFrame::release() {
    const AreaTree::View* view = tree_->find(current_);
    if (view == nullptr || body_ == nullptr) return;
    // Another area may have taken them already.
    if (view->widget->parentWidget() == this) {
        column_->removeWidget(view->widget);
        view->widget->setParent(tree_->parking_);
    }
    if (view->header != nullptr && view->header->parentWidget() == extra_) view->header->setParent(tree_->parking_);
    body_ = nullptr;
}

void AreaFrame::refreshHeader() {
    header_->setFixedHeight(scaled(30));
    delete tabs_;
    tabs_ = nullptr;
    const AreaTree::View* view = tree_->find(current_);
    title_->setText(view == nullptr ? tr("Choose a view") : view->title);
    title_->setAccessibleName(tr("View: %1").arg(title_->text()));
    title_->setVisible(ids_.size() < 2);
    if (ids_.size() < 2) return;
    tabs_ = new SegmentBar(header_);
    for (const QString& id : ids_) {
        const AreaTree::View* tab = tree_->find(id);
        if (tab != nullptr) tabs_->add(tab->title, {}, tab->help);
    }
    tabs_->setCurrent(static_cast<int>(ids_.indexOf(current_)));
    headerRow_->insertWidget(0, tabs_);
    // Deferred: the bar that is clicked is made anew.
    connect(
        tabs_, &SegmentBar::chosen, this,
        [this](int index) {
            setCurrent(ids_.value(index));
            Q_EMIT tree_->shownViewsChanged();
        },
        Qt::QueuedConnection);
}

void AreaFrame::fillMenu(QMenu* menu) {
    menu->clear();
    for (const AreaTree::View& view : tree_->views()) {
        QAction* action = menu->addAction(icon(view.iconName), view.title, this, [this, id = view.id] { tree_->choose(this, id); });
        action->setToolTip(view.help);
        action->setCheckable(true);
        action->setChecked(view.id == current_);
    }
    menu->setToolTipsVisible(true);
}

void AreaFrame::fillMore(QMenu* menu) {
    menu->clear();
    QMenu* show = menu->addMenu(tr("Show here"));
    fillMenu(show);
    QMenu* add = menu->addMenu(tr("Add as a tab"));
    for (const AreaTree::View& view : tree_->views()) {
        if (!ids_.contains(view.id)) add->addAction(icon(view.iconName), view.title, this, [this, id = view.id] { tree_->addTab(this, id); });
    }
    menu->addSeparator();
    const bool hasView = body_ != nullptr;
    menu->addAction(icon(QStringLiteral("export")), tr("Save as a figure…"), this, [this] { Q_EMIT tree_->figureRequested(current_); })
        ->setEnabled(hasView);
    menu->addAction(icon(QStringLiteral("terminal")), tr("Copy as command line"), this, [this] { Q_EMIT tree_->commandRequested(current_); })
        ->setEnabled(hasView);
    menu->addSeparator();
    menu->addAction(icon(QStringLiteral("split")), tr("Split side by side"), this, [this] { tree_->split(this, Qt::Horizontal); });
    menu->addAction(icon(QStringLiteral("split-rows")), tr("Split one below the other"), this, [this] { tree_->split(this, Qt::Vertical); });
    QAction* close = menu->addAction(icon(QStringLiteral("close")), tr("Close this area"), this, [this] { tree_->close(this); });
    close->setEnabled(tree_->areas().size() > 1);
}

void AreaFrame::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && more_ != nullptr) header_->setFixedHeight(scaled(30));
    QFrame::changeEvent(event);
}

}  // namespace maskscope
