#include "widgets/panels/metric_cell.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

#include "widgets/panels/number_label.h"

namespace maskscope {

MetricCell::MetricCell(const QString& caption, const QString& help, QWidget* parent)
    : QWidget(parent), caption_(new QLabel(caption, this)), number_(new NumberLabel(TextStyle::MetricValue, this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(caption_);
    column->addWidget(number_);
    caption_->setProperty("role", "label");
    caption_->setFont(maskscope::font(TextStyle::Label));
    setToolTip(help);
    setAccessibleName(caption);
    number_->setAccessibleName(caption);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void MetricCell::setValue(const QString& number, const QString& unit) {
    number_->setNumber(number, unit);
    setAccessibleDescription(number_->text());
}

void MetricCell::setWidest(const QString& number, const QString& unit) { number_->setWidest(number, unit); }

void MetricCell::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) caption_->setFont(maskscope::font(TextStyle::Label));
    QWidget::changeEvent(event);
}

}  // namespace maskscope
