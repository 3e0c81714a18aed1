#pragma once

#include <QWidget>

#include "widgets/theme/theme.h"

namespace maskscope {

/// A number that does not move while it changes: each figure is centred in the width of the widest one. A unit follows in a
/// weaker colour.
class NumberLabel : public QWidget {
    Q_OBJECT

public:
    explicit NumberLabel(TextStyle style, QWidget* parent = nullptr);

    void setNumber(const QString& number, const QString& unit = {});
    QString number() const { return number_; }
    QString text() const;
    /// The width never falls below that of this text, so that neighbours stay where they are.
    void setWidest(const QString& number, const QString& unit = {});
    void setAlignment(Qt::Alignment alignment);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    qreal widthOf(const QString& number, const QString& unit) const;

    TextStyle style_;
    QString number_, unit_, widestNumber_, widestUnit_;
    Qt::Alignment alignment_ = Qt::AlignLeft;
};

/// Draws text with figures of equal width. @return where the next character would stand
qreal drawNumber(QPainter& painter, QPointF baseline, const QString& text);
/// The width that drawNumber takes.
qreal numberWidth(const QFontMetricsF& metrics, const QString& text);

}  // namespace maskscope
