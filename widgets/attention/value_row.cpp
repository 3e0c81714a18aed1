#include "widgets/attention/value_row.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {

ValueRow::ValueRow(const QString& name, const QString& help, QWidget* parent)
    : QWidget(parent), name_(new QLabel(name, this)), value_(new QLabel(this)) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(scaled(6));
    layout->addWidget(name_);
    layout->addStretch(1);
    layout->addWidget(value_);
    name_->setProperty("role", "label");
    value_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setToolTip(help);
    setAccessibleName(name);
    setAccessibleDescription(help);
    restyle();
}

void ValueRow::setValue(const QString& value) {
    value_->setText(value);
    value_->setAccessibleName(accessibleName() + QLatin1Char(' ') + value);
}

QString ValueRow::value() const { return value_->text(); }

void ValueRow::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        restyle();
    }
}

void ValueRow::restyle() {
    name_->setFont(maskscope::font(TextStyle::Label));
    value_->setFont(maskscope::font(TextStyle::Label));
}

}  // namespace maskscope
