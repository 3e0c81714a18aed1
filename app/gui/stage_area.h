#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "snapshot/reconstruction.h"

class QLabel;

namespace maskscope {

class OverTimeStrip;
class PictureStage;

/// The stage with the strip beside it that shows the same sample and mask at earlier steps. The strip takes no room where there is
/// nothing to show over time, or where the stage would become too small.
class StageArea : public QWidget {
    Q_OBJECT

public:
    StageArea();

    PictureStage* stage() const { return stage_; }
    OverTimeStrip* strip() const { return strip_; }
    /// Rising by step; answers that are no images are left out.
    void setOverTime(const std::vector<std::shared_ptr<const ReconstructionRecord>>& answers);
    void setCurrentStep(qint64 step);

Q_SIGNALS:
    void stepSelected(qint64 step);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showStrip();

    PictureStage* stage_;
    QWidget* side_;
    OverTimeStrip* strip_;
    std::size_t frames_ = 0;
};

}  // namespace maskscope
