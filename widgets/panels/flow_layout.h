#pragma once

#include <QLayout>
#include <vector>

namespace maskscope {

/// A row that goes on in the next line where it gets too narrow, so that no control is ever cut.
class FlowLayout : public QLayout {
public:
    /// @param horizontalGap, verticalGap  in pixels, between items and between lines
    FlowLayout(QWidget* parent, int horizontalGap, int verticalGap);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override { items_.push_back(item); }
    int count() const override { return static_cast<int>(items_.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return arrange(QRect(0, 0, width, 0), false); }
    void setGeometry(const QRect& rect) override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;

private:
    /// @return the height that it takes
    int arrange(const QRect& rect, bool place) const;

    std::vector<QLayoutItem*> items_;
    int horizontalGap_, verticalGap_;
};

}  // namespace maskscope
