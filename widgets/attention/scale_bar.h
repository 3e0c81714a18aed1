#pragma once

#include <QWidget>

#include "widgets/pictures/color_map.h"

namespace maskscope {

/// The bar of a colour map with the numbers at its ends.
class ScaleBar : public QWidget {
    Q_OBJECT

public:
    explicit ScaleBar(QWidget* parent = nullptr);

    void setScale(ColorMap map, double low, double high);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ColorMap map_ = ColorMap::Viridis;
    double low_ = 0.0, high_ = 1.0;
};

}  // namespace maskscope
