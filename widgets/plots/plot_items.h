#pragma once

#include <qcustomplot.h>

#include <QString>
#include <optional>
#include <vector>

#include "snapshot/records.h"

namespace maskscope {

/// Horizontal lines of predictors that learn nothing, each with its name and value on it; lines closer than a label's height are named
/// by a small legend beside them, in their order.
class ReferenceLines : public QCPAbstractItem {
    Q_OBJECT

public:
    explicit ReferenceLines(QCustomPlot* plot) : QCPAbstractItem(plot) {}

    /// One predictor that learns nothing.
    struct Reference {
        QString name;
        double loss;
    };
    /// The lines of filling in pixels, in the order mean patch, nearest visible, smooth inpaint.
    static std::vector<Reference> ofPixels(const BaselineRecord& baselines);
    /// The line of the best answer that looks at nothing.
    static std::vector<Reference> ofBlindAnswer(double loss);

    /// At most three; none: no lines. @param owner  the run they belong to, named where runs differ; else empty
    void setReferences(std::vector<Reference> references, const QString& owner);
    const std::vector<Reference>& references() const { return references_; }
    /// Points of curves, in steps and values, that labels should not cover.
    void setObstacles(std::vector<QPointF> points) { obstacles_ = std::move(points); }
    /// Where the labels were drawn last, in the order of the references; invalid: not in sight.
    const std::vector<QRectF>& labelRects() const { return labels_; }

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1.0; }

protected:
    void draw(QCPPainter* painter) override;

private:
    /// One line in sight.
    struct Line {
        std::size_t index;  // in the order of `labelRects`
        double y;           // pixels
        QString text;
    };

    std::vector<Line> linesInSight(const QRectF& area) const;
    QRectF freePlace(const QSizeF& size, double y, const QRectF& area) const;
    void placeObstacles();
    int obstaclesIn(const QRectF& place) const;
    void placeOnLines(const std::vector<Line>& lines, const QFontMetricsF& metrics, const QRectF& area);
    void placeInColumn(const std::vector<Line>& lines, const QFontMetricsF& metrics, const QRectF& area);
    void drawLabels(QCPPainter* painter, const std::vector<Line>& lines) const;

    std::vector<Reference> references_;
    QString owner_;
    std::vector<QRectF> labels_;
    bool inColumn_ = false;  // the labels are a small legend: the lines are too close to carry them
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
