#pragma once

#include <QStringList>
#include <QWidget>

#include "widgets/pictures/mask_brush.h"
#include "widgets/pictures/picture_stage.h"

class QLabel;
class QMenu;
class QSlider;
class QToolButton;

namespace maskscope {

/// The caption of the stage and its switch "Rebuilt from: what it predicts / true statistics LEAKS".
class StageHeader : public QWidget {
    Q_OBJECT

public:
    explicit StageHeader(QWidget* parent);

    void setCaption(const QString& text);
    void setLeaking(bool leaking);
    /// @param available  whether the picture has a leaking form; where not, the switch says why
    void setLeakAvailable(bool available);
    /// Texts and graphs have no statistics to leak, so no switch.
    void setSwitchShown(bool shown);
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void leakingRequested(bool leaking);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fit();
    void setShort(bool isShort);

    QLabel* caption_;
    QLabel* label_;
    QToolButton* honest_;
    QToolButton* leaking_;
    QString text_;
    bool switchShown_ = true;
};

/// Modes, brush tools, overlays and the answer time.
class StageToolbar : public QWidget {
    Q_OBJECT

public:
    explicit StageToolbar(QWidget* parent);

    void setMode(PictureStage::Mode mode);
    void setBrushEnabled(bool enabled);
    void setTool(MaskBrush::Tool tool);
    void setBrushSize(int patches);
    void setFillStrategies(const QStringList& names);
    void setAnswerTime(double milliseconds);
    void setGridShown(bool shown);
    void setOutlineShown(bool shown);
    void setColorMap(ColorMap map);
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void modeRequested(maskscope::PictureStage::Mode mode);
    void brushRequested(bool enabled);
    void toolRequested(maskscope::MaskBrush::Tool tool);
    void sizeRequested(int patches);
    void invertRequested();
    void fillRequested(const QString& strategy, double ratio);
    void gridToggled(bool shown);
    void outlineToggled(bool shown);
    void colorMapRequested(maskscope::ColorMap map);
    void rescaleRequested(bool toPicture);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void addModes();
    void addTools();
    void addFill();
    void addOverlays();
    void refreshTools();
    void dropToFit();
    int neededWidth() const;

    QToolButton* modes_[3];
    QToolButton* tools_[3];
    QToolButton* invert_;
    QToolButton* fill_;
    QToolButton* gridButton_;
    QToolButton* outlineButton_;
    QToolButton* more_;
    QMenu* fillMenu_;
    QSlider* size_ = nullptr;
    QSlider* ratio_;
    QLabel* ratioLabel_;
    QLabel* sizeLabel_;
    QLabel* answer_;
    bool brushEnabled_ = false;
    MaskBrush::Tool tool_ = MaskBrush::Tool::Paint;
};

}  // namespace maskscope
