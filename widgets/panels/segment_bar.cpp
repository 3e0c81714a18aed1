#include "widgets/panels/segment_bar.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QStyle>
#include <QToolButton>

#include "widgets/theme/theme.h"

namespace maskscope {

SegmentBar::SegmentBar(QWidget* parent) : QWidget(parent), group_(new QButtonGroup(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    group_->setExclusive(true);
    connect(group_, &QButtonGroup::idClicked, this, &SegmentBar::chosen);
    connect(group_, &QButtonGroup::idToggled, this, [this](int index, bool checked) {
        if (checked) takeTab(button(index));
    });
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

int SegmentBar::add(const QString& text, const QString& iconName, const QString& help) {
    const int index = static_cast<int>(group_->buttons().size());
    auto* button = new QToolButton(this);
    // Fusion leaves hardly any room between icon and text
    button->setText(iconName.isEmpty() ? text : QChar(0x2009) + text);
    button->setCheckable(true);
    if (!iconName.isEmpty()) {
        button->setIcon(icon(iconName));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    }
    button->setToolTip(help);
    button->setAccessibleName(text);
    button->setAccessibleDescription(help);
    button->setProperty("role", "segment");
    button->setProperty("end", index == 0 ? "first" : "last");
    if (index > 1) {
        QToolButton* before = this->button(index - 1);
        before->setProperty("end", "middle");
        before->style()->polish(before);
    }
    group_->addButton(button, index);
    layout()->addWidget(button);
    return index;
}

/// Qt does so when a button of the group gets the focus; before that, Tab would come to the first one.
void SegmentBar::takeTab(QToolButton* only) {
    for (QAbstractButton* each : group_->buttons()) each->setFocusPolicy(each == only ? Qt::TabFocus : Qt::NoFocus);
}

void SegmentBar::setCurrent(int index) {
    if (QToolButton* wanted = button(index)) wanted->setChecked(true);
}

void SegmentBar::setWordsShown(bool shown) {
    for (QAbstractButton* each : group_->buttons()) {
        auto* tool = qobject_cast<QToolButton*>(each);
        if (!tool->icon().isNull()) tool->setToolButtonStyle(shown ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    }
}

int SegmentBar::current() const { return group_->checkedId(); }

QToolButton* SegmentBar::button(int index) const { return qobject_cast<QToolButton*>(group_->button(index)); }

}  // namespace maskscope
