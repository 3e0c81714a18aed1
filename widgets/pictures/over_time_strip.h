#pragma once

#include <QWidget>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/cells.h"

namespace maskscope {

/// Small pictures of the same image at several steps, oldest first, from top to bottom.
class OverTimeStrip : public QWidget, public CellSource {
    Q_OBJECT

public:
    struct Frame {
        qint64 step = 0;
        QImage image;
    };

    explicit OverTimeStrip(QWidget* parent = nullptr);

    /// Where more are given than fit, the first, the last and evenly spaced ones between them are shown.
    void setFrames(std::vector<Frame> frames);
    void setOrientation(Qt::Orientation orientation);
    /// The frame at the time cursor; a step without a frame selects the last one before it.
    void setCurrentStep(qint64 step);
    qint64 currentStep() const;
    /// Indices into the frames as shown.
    const std::vector<int>& shown() const { return shown_; }

    int cellCount() const override { return static_cast<int>(shown_.size()); }
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == current_; }
    void activateCell(int index) override;
    QWidget* cellWidget() override { return this; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void stepSelected(qint64 step);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int side() const;
    int capacity() const;
    void choose();

    std::vector<Frame> frames_;
    std::vector<int> shown_;
    Qt::Orientation orientation_ = Qt::Vertical;
    qint64 step_ = -1;
    int current_ = -1;
};

}  // namespace maskscope
