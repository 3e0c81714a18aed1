#pragma once

#include <QWidget>
#include <memory>

#include "snapshot/picture.h"
#include "widgets/teach/lesson.h"

namespace maskscope {

/// One part of a training step as a small drawing of the picture that a lesson is about: which patches the encoder reads, which the
/// decoder paints, how far off each of them is. The update alone is a sign: weights are too many to draw.
class StepDrawing : public QWidget {
    Q_OBJECT

public:
    StepDrawing(StepPart part, QWidget* parent);

    /// @param picture  null: nothing is drawn
    void setPicture(std::shared_ptr<const ImagePicture> picture);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintPatches(QPainter& painter, const QRectF& area, bool hidden) const;
    void paintLosses(QPainter& painter, const QRectF& area) const;

    StepPart part_;
    std::shared_ptr<const ImagePicture> picture_;
};

}  // namespace maskscope
