#include "widgets/panels/flow_layout.h"

#include <QWidget>
#include <algorithm>

namespace maskscope {

FlowLayout::FlowLayout(QWidget* parent, int horizontalGap, int verticalGap)
    : QLayout(parent), horizontalGap_(horizontalGap), verticalGap_(verticalGap) {}

FlowLayout::~FlowLayout() {
    for (QLayoutItem* item : items_) delete item;
}

QLayoutItem* FlowLayout::itemAt(int index) const { return index >= 0 && index < count() ? items_[static_cast<std::size_t>(index)] : nullptr; }

QLayoutItem* FlowLayout::takeAt(int index) {
    QLayoutItem* item = itemAt(index);
    if (item != nullptr) items_.erase(items_.begin() + index);
    return item;
}

void FlowLayout::setGeometry(const QRect& rect) {
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

int FlowLayout::arrange(const QRect& rect, bool place) const {
    const QRect area = rect.marginsRemoved(contentsMargins());
    int x = area.left(), y = area.top(), lineHeight = 0;
    std::vector<std::pair<QLayoutItem*, QRect>> line;
    const auto finishLine = [&] {
        for (auto& [item, where] : line) {
            where.moveTop(y + (lineHeight - where.height()) / 2);
            if (place) item->setGeometry(where);
        }
        line.clear();
    };
    for (QLayoutItem* item : items_) {
        if (item->isEmpty()) continue;
        const QSize size = item->sizeHint().expandedTo(item->minimumSize()).boundedTo(item->maximumSize());
        if (!line.empty() && x + size.width() > area.right() + 1) {
            finishLine();
            x = area.left();
            y += lineHeight + verticalGap_;
            lineHeight = 0;
        }
        lineHeight = std::max(lineHeight, size.height());
        line.emplace_back(item, QRect(QPoint(x, y), size));
        x += size.width() + horizontalGap_;
    }
    finishLine();
    return y + lineHeight - rect.top() + contentsMargins().bottom();
}

QSize FlowLayout::sizeHint() const {
    int width = 0, height = 0, shown = 0;
    for (const QLayoutItem* item : items_) {
        if (item->isEmpty()) continue;
        width += item->sizeHint().width() + (shown++ > 0 ? horizontalGap_ : 0);
        height = std::max(height, item->sizeHint().height());
    }
    return QSize(width, height).grownBy(contentsMargins());
}

QSize FlowLayout::minimumSize() const {
    QSize size(0, 0);
    for (const QLayoutItem* item : items_) {
        if (!item->isEmpty()) size = size.expandedTo(item->minimumSize());
    }
    return size.grownBy(contentsMargins());
}

}  // namespace maskscope
