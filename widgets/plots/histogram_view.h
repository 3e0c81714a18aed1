#pragma once

#include <QString>
#include <QWidget>
#include <optional>
#include <span>
#include <vector>

namespace maskscope {

/// Counts per bin over an interval, with one value marked: where does this patch stand among all hidden ones.
class HistogramView : public QWidget {
    Q_OBJECT

public:
    explicit HistogramView(QWidget* parent = nullptr);

    /// @param title  "Loss of the 147 hidden patches"; also the accessible name
    void setTitle(const QString& title);
    /// Sorts values into `bins` bins between their least and greatest; values that are not finite are left out and counted in the
    /// tooltip. @param bins  1..500
    void setValues(std::span<const float> values, int bins = 24);
    /// Ready counts. @param counts  at least 0 @param low, high  ends of the first and the last bin
    void setCounts(std::vector<double> counts, double low, double high);
    /// A value to mark and its name, "this patch"; none: no mark.
    void setMarked(std::optional<double> value, const QString& name = {});
    /// "patches", for the tooltip of a bin.
    void setUnit(const QString& counted);
    void clear();

    const std::vector<double>& counts() const { return counts_; }
    double low() const { return low_; }
    double high() const { return high_; }
    /// The bin of a value; none outside.
    std::optional<int> binOf(double value) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A bin was clicked: the values from low (included) to high.
    void binClicked(double low, double high);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    QRectF plotArea() const;
    std::optional<int> binAt(QPointF position) const;
    QString binText(int bin) const;
    void describe();

    QString title_, counted_, markedName_;
    std::vector<double> counts_;
    double low_ = 0.0, high_ = 1.0;
    int leftOut_ = 0;
    std::optional<double> marked_;
};

}  // namespace maskscope
