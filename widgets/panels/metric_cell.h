#pragma once

#include <QWidget>

class QLabel;

namespace maskscope {

class NumberLabel;

/// A small caption over a number.
class MetricCell : public QWidget {
    Q_OBJECT

public:
    MetricCell(const QString& caption, const QString& help, QWidget* parent = nullptr);

    void setValue(const QString& number, const QString& unit = {});
    /// See NumberLabel.
    void setWidest(const QString& number, const QString& unit);
    NumberLabel* number() const { return number_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    QLabel* caption_;
    NumberLabel* number_;
};

}  // namespace maskscope
