#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QUndoStack>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "app/gui/bridge/data_desk.h"
#include "app/gui/bridge/film_desk.h"
#include "app/gui/bridge/forecast_desk.h"
#include "app/gui/bridge/model_desk.h"
#include "app/gui/bridge/question_desk.h"
#include "app/gui/bridge/session_bridge.h"
#include "app/gui/open_run.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/status_line.h"
#include "widgets/pictures/view_state.h"
#include "widgets/plots/run_curves.h"

namespace maskscope {

/// What the window is about: the recipe being set up, the data, the runs, the chosen sample with its mask, the time cursor. It
/// drives training and asks models; views show what its signals tell. No widget is in it.
class Workspace : public QObject {
    Q_OBJECT

public:
    /// What views may want; nothing is asked for a topic that nobody shows.
    enum class Want { Stage, OverTime, Wall, Attention, Embedding, Masks, Compare, Course };

    explicit Workspace(QObject* parent = nullptr);
    ~Workspace() override;

    // The recipe being set up, and its data.
    const Project& project() const { return project_; }
    /// Null while the recipe has a problem.
    const RecipeReading* reading() const { return reading_.get(); }
    const std::shared_ptr<const OpenedData>& data() const { return data_; }
    QString problem() const;
    /// With undo. @param what  names the change in the menu
    void setProject(const Project& project, const QString& what);
    /// With undo, in place of whatever run is shown.
    void beginProject(const Project& project, const QString& what);
    /// Without undo: at the start.
    void loadProject(const Project& project);
    void setSetting(const QString& key, const QString& value);
    void setStrategy(const QString& strategy);
    /// While a slider moves: only the preview follows.
    void previewRatio(double ratio);
    /// A folder of images, an archive or one image; a run directory is opened as a run, a checkpoint of another program as such.
    void openPath(const QString& path);
    QUndoStack* undoStack() { return &undo_; }

    /// What the next run would take; null: not known (yet), then `forecastProblem` may say why.
    const std::shared_ptr<const Forecast>& forecast() const { return forecast_; }
    const QString& forecastProblem() const { return forecastProblem_; }

    /// Of the model that is trained, looked at or set up; 0: not known (yet).
    qint64 parameterCount() const;

    // Training.
    void start();
    void pause();
    void continueTraining();
    void resumeRun();
    void singleStep();
    void stop();
    /// Starts a run that goes on from a checkpoint of another. @param settings  "key=value"
    void fork(const QString& run, qint64 step, const QStringList& settings);
    /// Trains a twin of the current run, or of a new one where there is none: same start, order and masks, one setting differs. While a
    /// run is training the twin waits for its end. The two are then compared. @param setting  "key=value"
    void startTwin(const QString& setting);
    /// Twins that wait for a run to end.
    int waitingTwins() const { return static_cast<int>(twins_.size()); }
    /// Stops what trains, without waiting for it; `sessionsEnded` tells when everything is saved. @return whether something has to be saved
    bool endSessions();
    ControlStatus controlStatus() const;
    SessionBridge& session() { return session_; }

    // Runs.
    void openRun(const QString& folder);
    const std::vector<std::unique_ptr<OpenRun>>& runs() const { return runs_; }
    OpenRun* currentRun() const { return current_; }
    OpenRun* find(const QString& id) const;
    void setCurrentRun(const QString& id);
    RunCurves* curves() { return &curves_; }

    // A checkpoint of another program, which answers in place of a run.
    /// Opens it on a thread of its own; it is shown on the data that are open.
    void openModel(const QString& path);
    /// Back to the recipe that was being set up.
    void closeModel();
    /// Null: none is open, or a run is looked at.
    const std::shared_ptr<const OpenedCheckpoint>& checkpoint() const { return checkpoint_; }
    /// False for a checkpoint that has no decoder.
    bool fillsIn() const;
    ViewState cannotFillIn() const;
    /// Why there is nothing that a model filled in; ready where there is, or is about to be.
    ViewState noAnswer() const;
    /// Starts a run that trains a decoder on the checkpoint's encoder, which stays as it is.
    void trainDecoder();

    // Time.
    /// The step that views show; none: there is no run.
    std::optional<qint64> cursor() const;
    bool isFollowing() const { return following_; }
    void setCursor(qint64 step);
    void setFollowing(bool following);

    // The chosen sample and its mask.
    const std::vector<ShownSample>& samples() const { return samples_; }
    int currentSample() const { return sample_; }
    void setCurrentSample(int index);
    /// The sample to begin with, once there are some.
    void restoreSample(int index) { sample_ = std::max(0, index); }
    /// The user's own mask; empty: the pinned one again.
    void setMask(const std::vector<std::uint8_t>& hidden);
    void recordStroke(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after);
    bool hasOwnMask() const { return !mask_.empty(); }
    void fillMask(const QString& strategy, double ratio);

    // Questions.
    void setWanted(std::set<Want> topics);
    void setQuery(std::optional<qint64> patch);
    void setNetwork(AskedNetwork network);
    /// Whether what is hidden reaches the predictions of the model at the cursor; leaksChecked tells.
    void checkLeaks();
    void drawMasks(const MaskLabRequest& request);
    void drawExample(const QString& id, const Project& project, int index) { dataDesk_.drawExample(id, project, index); }
    void compare(const QString& first, const QString& second);
    /// Writes a film of the current run filling in the current sample. @param place  film.gif, or a folder
    void exportFilm(const QString& place);
    void cancelFilm() { films_.cancelFilm(); }

    /// What the command line would do.
    QString commandLine() const;
    static QString runsFolder();

Q_SIGNALS:
    void projectChanged();
    /// Somebody changed a setting of a run that keeps its settings. @param change  "mask.ratio=0.5"
    void forkOffered(const QString& change);
    void dataChanged();
    void workChanged(const QString& what, qint64 done, qint64 total);
    /// @param problems  why not, by the mask strategies that the recipe cannot take
    void maskProblemsChanged(const QMap<QString, QString>& problems);
    void previewChanged(std::shared_ptr<const maskscope::Picture> picture);
    void statusChanged();
    void runsChanged();
    void currentRunChanged();
    void pointsCame();
    void cursorChanged();
    void checkpointChanged();
    /// Of what is being opened.
    void checkpointStateChanged(const maskscope::ViewState& state);
    void samplesChanged();
    void currentSampleChanged(int index);
    void pictureChanged(std::shared_ptr<const maskscope::Picture> picture, qint64 step, double answerMs);
    void pictureStateChanged(const maskscope::ViewState& state);
    void wallChanged(std::shared_ptr<const std::vector<maskscope::Picture>> pictures, qint64 step);
    void wallStateChanged(const maskscope::ViewState& state);
    void attentionChanged(std::shared_ptr<const maskscope::AttentionRecord> attention, const QString& problem);
    /// Null where the model has none to show.
    void featuresChanged(std::shared_ptr<const maskscope::FeatureRecord> features);
    /// Null, with the reason, where the check was not possible.
    void leaksChecked(std::shared_ptr<const maskscope::LeakRecord> leaks, const QString& problem);
    void embeddingChanged(std::shared_ptr<const maskscope::EmbeddingRecord> embedding, const QString& problem);
    /// What checkpoints make of the current sample, rising by step; empty: nothing to show.
    void overTimeChanged(const std::vector<std::shared_ptr<const maskscope::ReconstructionRecord>>& answers);
    void filmProgressed(qint64 done, qint64 total);
    /// It is written, or cancelled, or failed: a message said which.
    void filmEnded();
    void forecastChanged();
    void sessionsEnded();
    void healthChanged(std::shared_ptr<const maskscope::HealthRecord> health);
    void exampleDrawn(const QString& id, std::shared_ptr<const maskscope::Picture> picture);
    void masksDrawn(std::shared_ptr<const maskscope::MaskLabSheet> sheet);
    void maskFilled(const std::vector<std::uint8_t>& hidden);
    void maskRestored(const std::vector<std::uint8_t>& hidden);
    void compared(const QString& first, std::shared_ptr<const maskscope::Picture> a, qint64 stepA, const QString& second,
                  std::shared_ptr<const maskscope::Picture> b, qint64 stepB);
    void messaged(const QString& text, maskscope::StatusLine::Tone tone);

private:
    friend class ProjectChange;
    friend class MaskChange;

    void connectDesks();
    void connectSession();
    void connectQuestions();
    void connectCourse();
    void connectModels();
    void showCheckpoint(const std::shared_ptr<const OpenedCheckpoint>& checkpoint);
    void leaveCheckpoint();
    bool looksAtCheckpoint() const { return current_ == nullptr && checkpoint_ != nullptr && checkpoint_->canAnswer(); }
    static QString freshFolder(const QString& parent, const QString& stem);
    ViewState answeredState(qint64 step) const;
    void applyProject(const Project& project);
    void openData();
    QString triedPart() const;
    void askTrial();
    void say(const QString& text, StatusLine::Tone tone = StatusLine::Tone::Plain);

    OpenRun* addRun(const QString& folder, const Recipe& recipe);
    bool isLive(const OpenRun* run) const;
    bool showsForeignRun() const;
    void offerFork(const QString& change);
    void beginSession(const QString& folder, const Recipe& recipe, std::unique_ptr<LiveSession> session);
    void takeSteps(OpenRun& run, const std::vector<StepRecord>& records);
    void takeValidation(OpenRun& run, const ValidationRecord& record);
    void takeGlance(OpenRun& run, const RunGlance& glance);
    void showRunData(const OpenRun& run);
    void examine(OpenRun& run);
    void showCheckup(OpenRun& run, const CheckupRecord& record);
    void askCheckup();
    void askForecast();
    TrainingRequest nextRequest() const;
    void beginNextTwin();
    void beginFork(const QString& parent, qint64 step, const QStringList& settings, const QString& suffix);
    void leaveSession();
    void onSessionState(SessionState state);

    std::optional<AskedModel> askedModel(const OpenRun* run) const;
    AskedMask askedMask(int sample) const;
    void ask();  // everything that is wanted, at the present sample, mask and step
    void askPicture();
    void askWall();
    void askNextOfWall();
    void askAttention();
    void askEmbedding();
    void askComparison();
    void askOverTime();
    void showLiveProbes();
    void showPicture(const std::shared_ptr<const Picture>& picture, qint64 step, double answerMs);
    bool isWanted(Want topic) const { return wanted_.contains(topic); }
    bool showsLiveProbes() const;

    Project project_;
    std::shared_ptr<const RecipeReading> reading_;
    QString recipeProblem_, dataProblem_;
    QString triedOf_;
    qint64 triedParameters_ = 0;
    std::shared_ptr<const OpenedData> data_;
    QUndoStack undo_;
    DataDesk dataDesk_;
    SessionBridge session_;
    RunCurves curves_;
    std::vector<std::unique_ptr<OpenRun>> runs_;
    OpenRun* current_ = nullptr;
    QString liveId_;
    QString shownDataOf_;  // the run whose data are open; empty: the project's
    QString work_;
    double workShare_ = -1.0, memoryLimit_ = 0.0;
    QString pauseFailure_;  // why the session paused by itself, once it was said

    bool following_ = true;
    qint64 cursor_ = 0;
    std::vector<ShownSample> samples_;
    int sample_ = 0;
    std::vector<std::uint8_t> mask_;
    std::vector<std::uint8_t> shownMask_;  // of the picture on the stage, for questions that want the same one; empty: not known
    std::optional<qint64> query_;
    AskedNetwork network_ = AskedNetwork::Encoder;
    std::set<Want> wanted_{Want::Stage};

    struct Twin {
        QString parent;  // the run that it is a twin of
        QString setting;
    };
    std::deque<Twin> twins_;
    ForecastDesk forecasts_;
    std::shared_ptr<const Forecast> forecast_;
    QString forecastProblem_;
    FilmDesk films_;
    ModelDesk modelDesk_;
    std::shared_ptr<const OpenedCheckpoint> checkpoint_;
    std::vector<std::shared_ptr<const ReconstructionRecord>> overTime_;
    QString overTimeOf_;  // what the answers in it are about: run, sample and mask
    quint64 overTimeAsked_ = 0;
    QElapsedTimer overTimeSince_;  // since it was asked
    qint64 overTimeMs_ = 0;        // from asking to the last answer

    QuestionDesk desk_, wallDesk_, checkupDesk_;
    QString checkupOf_;  // the run that is examined; empty: none
    std::uint64_t checkupAsked_ = 0;
    QElapsedTimer checkupRest_;    // since the last check-up
    double checkupSeconds_ = 0.0;  // that it took
    std::unique_ptr<QuestionDesk> compareDesks_[2];
    QString comparedIds_[2];
    std::shared_ptr<const Picture> comparedPictures_[2];
    qint64 comparedSteps_[2] = {-1, -1};
    std::uint64_t compareAsked_[2] = {0, 0};
    std::uint64_t pictureAsked_ = 0, wallAsked_ = 0;
    std::vector<Picture> wallGrowing_;
    std::optional<AskedModel> wallModel_;
    QTimer slowly_;  // what need not follow every step
    bool attentionDue_ = false;
    quint64 fills_ = 0;  // masks drawn for the brush so far: the seed of the next
};

}  // namespace maskscope
