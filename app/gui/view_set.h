#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

#include "app/gui/workspace.h"
#include "widgets/panels/area_tree.h"

namespace maskscope {

class AttentionView;
class CompareView;
class CurvesView;
class DoctorView;
class Inspector;
class MaskLab;
class ModelCard;
class PictureStage;
class ProbeWall;
class RunTable;
class ScatterView;
class StageArea;

/// The views of the centre: makes them, gives them to an AreaTree, and connects them with the workspace and with each other. What
/// is hovered or selected in one is so in all.
class ViewSet : public QObject {
    Q_OBJECT

public:
    ViewSet(Workspace& workspace, AreaTree& tree, Inspector& inspector);

    PictureStage* stage() const { return stage_; }
    StageArea* stageArea() const { return stageArea_; }
    DoctorView* doctor() const { return doctor_; }
    CompareView* comparison() const { return compare_; }
    CurvesView* curves() const { return curves_; }
    ProbeWall* wall() const { return wall_; }
    RunTable* runs() const { return runs_; }
    ModelCard* modelCard() const { return model_; }
    /// Tells the workspace what is visible, so that only that is computed.
    void updateWanted();

Q_SIGNALS:
    /// An empty view offers a way on: "start" or "data".
    void startRequested();
    void dataRequested();
    void rollBackRequested(qint64 step);
    void twinRequested();
    void modelRequested();

private:
    void makeViews();
    void connectStage();
    void connectWall();
    void connectCurves();
    ViewState curvesToCome() const;
    void connectAttention();
    void connectOthers();
    void connectCompare();
    void connectModel();
    void hoverPatch(int patch);
    void selectPatch(int patch);
    void inspect();
    void showRuns();
    void showRun(const OpenRun& run);
    void compareNewest();

    Workspace& workspace_;
    AreaTree& tree_;
    Inspector& inspector_;
    StageArea* stageArea_;
    PictureStage* stage_;
    ProbeWall* wall_;
    CurvesView* curves_;
    AttentionView* attention_;
    ScatterView* scatter_;
    MaskLab* masks_;
    DoctorView* doctor_;
    CompareView* compare_;
    RunTable* runs_;
    ModelCard* model_;
    std::shared_ptr<const Picture> picture_;
    std::shared_ptr<const AttentionRecord> attended_;
    qint64 step_ = -1;
    int patch_ = -1;
    QTimer runsSoon_;               // the table follows what trains, not at every step
    std::size_t comparedRuns_ = 0;  // so many there were when two were last chosen by themselves
};

}  // namespace maskscope
