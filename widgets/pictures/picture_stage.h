#pragma once

#include <QStringList>
#include <QWidget>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/mask_brush.h"
#include "widgets/pictures/picture_layers.h"
#include "widgets/pictures/view_state.h"

class QStackedWidget;

namespace maskscope {

class GraphView;
class StageCanvas;
class StageHeader;
class StageToolbar;
class StateLayer;
class TokenView;

/// The stage: one picture, in every way that it can be looked at. Images are shown as original, masked, prediction, composite, residual and
/// what their recipe shows beside (a target that is no pixels, a map), and can be painted on; texts and graphs in views of their own.
/// Keys: 1 to 8 choose what is large, G ground truth, O error, B brush.
class PictureStage : public QWidget {
    Q_OBJECT

public:
    enum class Mode { Focus, SideBySide, Wipe };

    explicit PictureStage(QWidget* parent = nullptr);

    /// What to show; null: nothing. A painted mask gives way to the picture's, unless a stroke is under way or the picture is of the same image
    /// and does not answer that mask yet.
    /// @param step  the picture is of this step; -1: of none
    void setPicture(std::shared_ptr<const Picture> picture, qint64 step = -1);
    const Picture* picture() const { return picture_.get(); }
    /// "jay", "image 1 of 8 pinned".
    void setCaption(const QString& name, const QString& position = {});
    void setState(const ViewState& state);
    /// Why the model fills in nothing, shown where its answers would be, while the masked image is large; ready: it fills in.
    void setNoAnswer(const ViewState& reason);
    /// Milliseconds from the last brush stroke to the answer; negative: none to show.
    void setAnswerTime(double milliseconds);

    void setMode(Mode mode);
    Mode mode() const;
    void setFocusedView(PictureView view);
    PictureView focusedView() const;
    /// The error that gets the last colour of the map, 0..1; kept over time.
    void setResidualHigh(double high);
    double residualHigh() const { return residualHigh_; }
    void setGridShown(bool shown);
    void setOutlineShown(bool shown);

    /// "Rebuilt from: true statistics". Never to be stored: a new stage is honest.
    void setLeaking(bool leaking);
    bool isLeaking() const { return leaking_; }

    /// Patches linked with other views.
    void setHoveredPatch(int patch);
    void setSelectedPatch(int patch);
    void setQueryPatch(int patch);
    int selectedPatch() const;

    void setBrushEnabled(bool enabled);
    bool isBrushEnabled() const;
    MaskBrush& brush() { return brush_; }
    /// Takes a mask as if painted, without a signal: undo, redo, a strategy's answer.
    void setHidden(const std::vector<std::uint8_t>& hidden);
    const std::vector<std::uint8_t>& hidden() const { return brush_.hidden(); }
    /// Names of strategies that can fill the mask.
    void setFillStrategies(const QStringList& names);

    /// The switch and the caption; an area frame may place it in its own header row.
    QWidget* headerWidget() const;
    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

public Q_SLOTS:
    void toggleGroundTruth();
    void toggleError();
    void toggleBrush();

Q_SIGNALS:
    void patchHovered(int patch);
    void patchClicked(int patch);
    /// The mask to ask the model about: after each stroke, and while one lasts at most every 30 ms.
    void maskEdited(const std::vector<std::uint8_t>& hidden);
    /// For undo: one stroke.
    void strokeFinished(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after);
    /// A strategy is to draw a new mask. @param ratio  0..1
    void fillRequested(const QString& strategy, double ratio);
    /// The one button of an empty or failed state.
    void actionTriggered();
    void modeChanged();
    void focusedViewChanged();
    void leakingChanged(bool leaking);
    void tokenHovered(int token);
    void nodeHovered(int node);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void connectParts();
    void refreshLayers();
    void refreshResidual();
    bool keepsPaintedMask(const PictureLayers& next) const;
    void toggleView(PictureView view);

    std::shared_ptr<const Picture> picture_;
    std::unique_ptr<PictureLayers> layers_;
    StageHeader* header_;
    StageToolbar* toolbar_ = nullptr;
    QStackedWidget* pages_;
    StageCanvas* canvas_;
    TokenView* tokens_;
    GraphView* graph_;
    StateLayer* stateLayer_;
    MaskBrush brush_;
    std::optional<PictureView> viewBefore_, viewWithAnswers_;
    bool lacksAnswers_ = false;
    double residualHigh_ = 0.5;
    bool leaking_ = false, unanswered_ = false;
    QString name_;
    qint64 step_ = -1;
};

}  // namespace maskscope
