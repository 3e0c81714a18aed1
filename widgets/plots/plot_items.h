#pragma once

#include <qcustomplot.h>

#include <QString>
#include <optional>
#include <vector>

#include "snapshot/records.h"

namespace maskscope {

/// Horizontal lines of predictors that learn nothing, each with its name and value on it.
class ReferenceLines : public QCPAbstractItem {
    Q_OBJECT

public:
    explicit ReferenceLines(QCustomPlot* plot) : QCPAbstractItem(plot) {}

    /// None: no lines. @param owner  the run they belong to, named where runs differ; else empty
    void setBaselines(const std::optional<BaselineRecord>& baselines, const QString& owner);
    const std::optional<BaselineRecord>& baselines() const { return baselines_; }
    /// Points of curves, in steps and values, that labels should not cover.
    void setObstacles(std::vector<QPointF> points) { obstacles_ = std::move(points); }
    /// Where the labels were drawn last, in the order mean patch, nearest visible, smooth inpaint; invalid: not in sight.
    const std::vector<QRectF>& labelRects() const { return labels_; }

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1.0; }

protected:
    void draw(QCPPainter* painter) override;

private:
    QRectF freePlace(const QSizeF& size, double y, const QRectF& area) const;
    void placeObstacles();

    std::optional<BaselineRecord> baselines_;
    QString owner_;
    std::vector<QRectF> labels_;
    std::vector<QPointF> obstacles_, obstaclePixels_;
};

/// The time cursor of the window and the crosshair with the values under it. Lives alone on a buffered layer: moving it draws
/// nothing else anew.
class PlotCursor : public QCPAbstractItem {
    Q_OBJECT

public:
    /// One line of the readout.
    struct Value {
        QString name, text;
        QColor color;
        int marker = 0;
        std::optional<double> height;  // where the curve is, for its dot; none: no dot
    };

    explicit PlotCursor(QCustomPlot* plot) : QCPAbstractItem(plot) {}

    /// @param dots  values at the cursor
    void setCursor(std::optional<double> step, std::vector<Value> dots);
    void setCrosshair(std::optional<double> step, std::vector<Value> values);
    std::optional<double> cursor() const { return cursor_; }
    std::optional<double> crosshair() const { return crosshair_; }
    const std::vector<Value>& crosshairValues() const { return values_; }

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1.0; }

protected:
    void draw(QCPPainter* painter) override;

private:
    double pixelOf(double step) const;
    void drawDots(QCPPainter* painter, double x, const std::vector<Value>& values) const;
    void drawReadout(QCPPainter* painter, double x, const QRectF& area) const;

    std::optional<double> cursor_, crosshair_;
    std::vector<Value> dots_, values_;
};

}  // namespace maskscope
