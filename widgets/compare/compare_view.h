#pragma once

#include <QImage>
#include <QWidget>
#include <array>
#include <memory>
#include <optional>

#include "snapshot/picture.h"
#include "widgets/compare/settings_difference.h"
#include "widgets/pictures/view_state.h"

class QComboBox;
class QLabel;
class QTableView;

namespace maskscope {

class CurvesView;
class PictureTile;
class ScaleBar;
class RunCurves;
class StateLayer;

/// What one of the two runs contributes.
struct ComparedRun {
    QString id, name;
    int style = 0;  // 0..7: which of theme().runs
    SettingList settings;
};

/// Two runs in lockstep: the same image, mask, step and view of it side by side, their difference, the settings in which they
/// differ, and the curves of both.
class CompareView : public QWidget {
    Q_OBJECT

public:
    enum class Shown { Composite, Prediction, Masked, Original };

    explicit CompareView(QWidget* parent = nullptr);

    /// Empty ids: no run on that side.
    void setRuns(const ComparedRun& first, const ComparedRun& second);
    /// The answers of both to the same question; null: that run has none yet. The difference needs equal sizes and masks; if they are
    /// not, the view says so.
    void setPictures(std::shared_ptr<const ImagePicture> first, std::shared_ptr<const ImagePicture> second);
    /// The step that the cursor asks for and those that are shown; where they differ, the view says why: both show the newest that both kept,
    /// or a run has no checkpoint there.
    void setSteps(qint64 asked, qint64 first, qint64 second);
    /// Empty: what would be here, shown while there is no second run. The other kinds: as they are.
    void setState(const ViewState& state);
    /// Curves of (at least) the two runs. Not owned.
    void setCurves(RunCurves* curves);
    void setShown(Shown shown);
    void setHoveredPatch(int patch);  // -1: none

    CurvesView* curvesView() const { return curves_; }
    SettingsDifference* differences() const { return differences_; }
    /// Of the predictions: see PictureDifference::values; empty where they cannot be compared.
    const std::vector<float>& difference() const { return difference_; }

Q_SIGNALS:
    void cursorMoved(double step);
    void swapRequested();
    void patchHovered(int patch);  // -1: none
    void actionTriggered();

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Side {
        ComparedRun run;
        std::shared_ptr<const ImagePicture> picture;
        QLabel *name = nullptr, *note = nullptr;
        PictureTile* tile = nullptr;
        qint64 step = -1;
    };

    QWidget* buildPictures();
    QWidget* buildSide(Side& side);
    QWidget* buildDifference();
    QWidget* buildNumbers();
    void updateState();
    void showPictures();
    void showDifference();
    void showNames();

    std::array<Side, 2> sides_;
    Shown shown_ = Shown::Composite;
    qint64 askedStep_ = -1;
    std::vector<float> difference_;
    ViewState state_;
    StateLayer* stateLayer_ = nullptr;
    QComboBox* choice_ = nullptr;
    PictureTile* differenceTile_ = nullptr;
    ScaleBar* differenceScale_ = nullptr;
    QLabel *differenceName_ = nullptr, *differenceNote_ = nullptr, *same_ = nullptr;
    QTableView* table_ = nullptr;
    SettingsDifference* differences_ = nullptr;
    CurvesView* curves_ = nullptr;
};

}  // namespace maskscope
