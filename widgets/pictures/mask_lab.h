#pragma once

#include <QImage>
#include <QStringList>
#include <QTimer>
#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "snapshot/mask_lab.h"
#include "widgets/pictures/view_state.h"

class QComboBox;
class QLabel;
class QScrollArea;
class QSlider;
class QSpinBox;
class QToolButton;

namespace maskscope {

class MaskLabSheetView;
class StateLayer;

/// The mask laboratory: strategies side by side on one image (a column each), a row for each ratio or seed, and below them how often each
/// patch is hidden over many draws, how large hidden clusters are and how far the nearest visible patch is.
class MaskLab : public QWidget {
    Q_OBJECT

public:
    explicit MaskLab(QWidget* parent = nullptr);

    /// Strategies that can be asked for. @param chosen  those that start as columns
    void setStrategies(const QStringList& names, const QStringList& chosen);
    QStringList chosenStrategies() const;
    /// What lies below the masks; a null image: a plain well.
    void setImage(const QImage& image);
    /// The answer to `wanted`. A sheet for another request may be shown until its own arrives.
    void setSheet(std::shared_ptr<const MaskLabSheet> sheet);
    void setState(const ViewState& state);
    /// What the controls ask for now.
    MaskLabRequest request() const;

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// The controls changed (at most every 100 ms), or strategies were set.
    void wanted(const maskscope::MaskLabRequest& request);
    /// A mask was clicked: "use this mask on the stage".
    void maskChosen(const std::vector<std::uint8_t>& hidden);
    void actionTriggered();

private:
    QWidget* makeControls();
    QWidget* makeRatioRow(QWidget* controls);
    QWidget* makeSeedRow(QWidget* controls);
    QWidget* makeDraws(QWidget* controls);
    void addStrategyMenu();
    void refreshControls();

    QWidget* controls_;
    QComboBox* sweep_;
    QSlider* ratio_;
    QLabel* ratioLabel_;
    QSpinBox* seed_;
    QComboBox* draws_;
    QToolButton* strategyButton_;
    QToolButton* again_;
    QStringList names_, chosen_;
    MaskLabSheetView* sheet_;
    QScrollArea* scroll_;
    StateLayer* stateLayer_;
    QTimer askTimer_;
};

}  // namespace maskscope
