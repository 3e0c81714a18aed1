#include "widgets/teach/choice_marks.h"

#include <QEvent>
#include <QPainter>

#include "widgets/pictures/picture_tile.h"
#include "widgets/teach/question_box.h"
#include "widgets/theme/theme.h"

namespace maskscope {

ChoiceMarks::ChoiceMarks(PictureTile* tile) : QWidget(tile), tile_(tile) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setGeometry(tile->rect());
    tile->installEventFilter(this);
}

void ChoiceMarks::setMarks(std::vector<int> patches, int chosen) {
    patches_ = std::move(patches);
    chosen_ = chosen;
    update();
}

bool ChoiceMarks::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) setGeometry(tile_->rect());
    return QWidget::eventFilter(watched, event);
}

void ChoiceMarks::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(maskscope::font(TextStyle::RunName));
    const int side = scaled(18);
    for (std::size_t i = 0; i < patches_.size(); ++i) {
        const QPointF centre = tile_->grid().rectOf(patches_[i], tile_->pictureRect()).center();
        const QRectF box(centre.x() - side / 2.0, centre.y() - side / 2.0, side, side);
        const bool isChosen = static_cast<int>(i) == chosen_;
        painter.setPen(QPen(isChosen ? Qt::black : Qt::white, 2.0));
        painter.setBrush(isChosen ? Qt::white : Qt::black);
        painter.drawRoundedRect(box, scaled(3), scaled(3));
        painter.drawText(box, Qt::AlignCenter, QuestionBox::letter(static_cast<int>(i)));
    }
}

}  // namespace maskscope
