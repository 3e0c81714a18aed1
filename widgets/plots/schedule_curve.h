#pragma once

#include <QString>
#include <QWidget>
#include <optional>
#include <vector>

namespace maskscope {

/// A small drawing of a schedule (learning rate, mask ratio, momentum) over the steps of a run, with the step it has reached.
class ScheduleCurve : public QWidget {
    Q_OBJECT

public:
    explicit ScheduleCurve(QWidget* parent = nullptr);

    /// @param values  at evenly spaced steps from 0 to `steps` @param steps  of the whole run
    void setValues(std::vector<double> values, double steps);
    /// The end of the warm-up, drawn as a dotted line; none: no line.
    void setWarmup(std::optional<double> step);
    /// How far training has come; none: not started.
    void setReached(std::optional<double> step);
    /// "Learning rate", for the tooltip and the accessible description.
    void setQuantity(const QString& name);

    /// Between the two nearest values; none outside or without values.
    std::optional<double> valueAt(double step) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QPointF pointOf(double step, double value) const;
    QRectF plotArea() const;
    void describe();

    QString quantity_;
    std::vector<double> values_;
    double steps_ = 0.0, least_ = 0.0, greatest_ = 0.0;
    std::optional<double> warmup_, reached_;
};

}  // namespace maskscope
