#pragma once

#include <QImage>
#include <QWidget>
#include <vector>

#include "widgets/panels/recipe_summary.h"
#include "widgets/plots/curve_series.h"

namespace maskscope {

/// Up to four images of the data in a square.
class ThumbnailSheet : public QWidget {
    Q_OBJECT

public:
    explicit ThumbnailSheet(QWidget* parent = nullptr);
    void setImages(std::vector<QImage> images);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<QImage> images_;
};

/// An encoder and a head as columns: one a block, as high as the width allows in comparison.
class NetworkDrawing : public QWidget {
    Q_OBJECT

public:
    explicit NetworkDrawing(QWidget* parent = nullptr);
    void setShape(const NetworkShape& shape);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    NetworkShape shape_;
};

/// One image, filling the well.
class ImageWell : public QWidget {
    Q_OBJECT

public:
    explicit ImageWell(QWidget* parent = nullptr);
    void setImage(const QImage& image);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QImage image_;
};

/// The loss so far with its reference lines, without axes.
class LossSketch : public QWidget {
    Q_OBJECT

public:
    explicit LossSketch(QWidget* parent = nullptr);
    /// @param references  values of predictors that learn nothing; those out of the curve's range are left out
    void setCurve(std::vector<CurvePoint> points, std::vector<double> references);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<CurvePoint> points_;
    std::vector<double> references_;
};

}  // namespace maskscope
