#include "app/gui/view_set.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QToolButton>
#include <cmath>

#include "app/gui/model_card.h"
#include "app/gui/patch_inspection.h"
#include "app/gui/stage_area.h"
#include "widgets/attention/attention_view.h"
#include "widgets/attention/feature_colors.h"
#include "widgets/compare/compare_view.h"
#include "widgets/compare/run_table.h"
#include "widgets/panels/inspector.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/mask_lab.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/probe_wall.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/doctor_view.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/scatter_view.h"

namespace maskscope {
namespace {

constexpr int kTableEveryMs = 1000;

/// Strategies that need neither a file nor a model.
QStringList drawableStrategies(const RecipeSummary& recipe) {
    QStringList names = recipe.strategies;
    names.removeAll(QStringLiteral("file"));
    for (const QString& name : recipe.modelStrategies) names.removeAll(name);
    return names;
}

QString shortName(const QString& sample) {
    static const QRegularExpression wordNetNumber(QStringLiteral("^n\\d{8}[_-]"));  // of an ImageNet class; its name follows
    const QStringList parts = sample.section(QLatin1Char('.'), 0, -2).split(QLatin1Char('/'));
    const QString name = parts.size() > 1 ? parts[parts.size() - 2] : parts.value(0).isEmpty() ? sample : parts.value(0);
    return QString(name).remove(wordNetNumber).replace(QLatin1Char('_'), QLatin1Char(' '));
}

/// An engine's message as it stands alone: "This encoder has no attention to show."
QString asSentence(QString message) {
    if (message.isEmpty()) return message;
    message[0] = message[0].toUpper();
    return message.endsWith(QLatin1Char('.')) ? message : message + QLatin1Char('.');
}

}  // namespace

ViewSet::ViewSet(Workspace& workspace, AreaTree& tree, Inspector& inspector)
    : QObject(&tree), workspace_(workspace), tree_(tree), inspector_(inspector) {
    makeViews();
    connectStage();
    connectWall();
    connectCurves();
    connectAttention();
    connectOthers();
    connectCompare();
    connectModel();
    connect(&tree_, &AreaTree::shownViewsChanged, this, &ViewSet::updateWanted);
    connect(&inspector_, &Inspector::actionTriggered, this, [this] { workspace_.setQuery(patch_); });
}

void ViewSet::makeViews() {
    stageArea_ = new StageArea;
    stage_ = stageArea_->stage();
    wall_ = new ProbeWall;
    curves_ = new CurvesView;
    attention_ = new AttentionView;
    scatter_ = new ScatterView;
    masks_ = new MaskLab;
    doctor_ = new DoctorView;
    compare_ = new CompareView;
    runs_ = new RunTable;
    model_ = new ModelCard;
    const auto add = [this](const char* id, const QString& title, const char* iconName, const QString& help, QWidget* view,
                            QWidget* header = nullptr) {
        tree_.addView({QLatin1String(id), title, QLatin1String(iconName), help, view, header});
    };
    add("stage", tr("Stage"), "eye", tr("One image, large: what is hidden, what the model makes of it, how far off it is"), stageArea_,
        stage_->headerWidget());
    add("curves", tr("Curves"), "curves", tr("Loss over the steps with reference lines, learning rate, gradient norm, speed"), curves_);
    add("probes", tr("Probe wall"), "wall", tr("Pinned images with pinned masks, as the model of this step fills them in"), wall_);
    add("attention", tr("Attention and features"), "attention", tr("Where each head looks from the query patch, and features as colours"),
        attention_);
    add("scatter", tr("Embedding"), "scatter", tr("The data as the encoder arranges them: alike images lie close together"), scatter_);
    add("masks", tr("Mask laboratory"), "laboratory", tr("Mask strategies side by side, and what they hide over many draws"), masks_);
    add("doctor", tr("Doctor"), "doctor", tr("Whether the model learns, stalls or collapses, with the numbers behind it"), doctor_);
    auto* twin = new QToolButton;
    twin->setText(tr("Train a twin…"));
    twin->setProperty("role", "segment");
    twin->setProperty("end", "only");
    twin->setToolTip(tr("Trains a run with the same start, order and masks that differs in one setting, and compares the two"));
    connect(twin, &QToolButton::clicked, this, &ViewSet::twinRequested);
    add("compare", tr("Compare"), "compare", tr("Two runs in lockstep: same image, same mask, same step"), compare_, twin);
    add("runs", tr("Runs"), "data", tr("All runs of this window and of the runs folder"), runs_);
    add("model", tr("Checkpoint"), "checkpoint", tr("What an opened checkpoint of another program is, what works on it and what not"), model_);
}

void ViewSet::connectStage() {
    connect(&workspace_, &Workspace::pictureChanged, this, [this](const std::shared_ptr<const Picture>& picture, qint64 step, double answerMs) {
        picture_ = picture;
        step_ = step;
        stage_->setPicture(picture, step);
        stage_->setAnswerTime(workspace_.hasOwnMask() ? answerMs : -1.0);
        inspect();
    });
    connect(&workspace_, &Workspace::pictureStateChanged, stage_, &PictureStage::setState);
    const auto caption = [this] {
        const auto& samples = workspace_.samples();
        if (samples.empty()) return stage_->setCaption({}, {});
        const int index = workspace_.currentSample();
        stage_->setCaption(shortName(samples[static_cast<std::size_t>(index)].name), tr("%1 of %2").arg(index + 1).arg(samples.size()));
    };
    connect(&workspace_, &Workspace::samplesChanged, this, caption);
    connect(&workspace_, &Workspace::currentSampleChanged, this, caption);
    connect(&workspace_, &Workspace::projectChanged, this, [this] {
        if (workspace_.reading() != nullptr) stage_->setFillStrategies(drawableStrategies(workspace_.reading()->summary));
    });
    connect(stage_, &PictureStage::maskEdited, &workspace_, &Workspace::setMask);
    connect(stage_, &PictureStage::strokeFinished, &workspace_, &Workspace::recordStroke);
    connect(stage_, &PictureStage::fillRequested, &workspace_, &Workspace::fillMask);
    connect(&workspace_, &Workspace::maskFilled, stage_, &PictureStage::setHidden);
    connect(&workspace_, &Workspace::maskRestored, stage_, &PictureStage::setHidden);
    connect(stage_, &PictureStage::patchHovered, this, &ViewSet::hoverPatch);
    connect(stage_, &PictureStage::patchClicked, this, &ViewSet::selectPatch);
    connect(stage_, &PictureStage::actionTriggered, this, &ViewSet::dataRequested);
    connect(&workspace_, &Workspace::overTimeChanged, stageArea_, &StageArea::setOverTime);
    connect(&workspace_, &Workspace::cursorChanged, this, [this] { stageArea_->setCurrentStep(workspace_.cursor().value_or(-1)); });
    connect(stageArea_, &StageArea::stepSelected, &workspace_, &Workspace::setCursor);
    connect(stage_, &PictureStage::leakingChanged, wall_, &ProbeWall::setLeaking);
}

void ViewSet::connectWall() {
    connect(&workspace_, &Workspace::wallChanged, this, [this](const std::shared_ptr<const std::vector<Picture>>& pictures, qint64 step) {
        QStringList names;
        for (const ShownSample& sample : workspace_.samples()) names << shortName(sample.name);
        if (names.size() > 1 && QStringList(names).removeDuplicates() == names.size() - 1)
            names.clear();  // parts of one file: their numbers say more
        wall_->setPictures(pictures, names, step);
        wall_->setSelected(workspace_.currentSample());
    });
    connect(&workspace_, &Workspace::wallStateChanged, wall_, &ProbeWall::setState);
    connect(&workspace_, &Workspace::currentSampleChanged, wall_, &ProbeWall::setSelected);
    connect(wall_, &ProbeWall::imageSelected, &workspace_, &Workspace::setCurrentSample);
    connect(wall_, &ProbeWall::actionTriggered, this, &ViewSet::startRequested);
    wall_->setState(ViewState::empty(tr("The pinned images, as the newest model fills them in"), tr("They appear once training runs."), tr("Start")));
}

/// What curves say before there are points.
ViewState ViewSet::curvesToCome() const {
    if (workspace_.checkpoint() != nullptr)
        return ViewState::empty(tr("A checkpoint has no curves"), tr("They were left behind by the program that trained it."));
    return ViewState::empty(tr("Loss over the steps, against predictors that learn nothing"), tr("It appears once training runs."), tr("Start"));
}

void ViewSet::connectCurves() {
    curves_->setCurves(workspace_.curves());
    curves_->setState(curvesToCome());
    connect(curves_, &CurvesView::cursorMoved, this, [this](double step) { workspace_.setCursor(std::llround(step)); });
    connect(curves_, &CurvesView::runChosen, &workspace_, &Workspace::setCurrentRun);
    connect(curves_, &CurvesView::actionTriggered, this, &ViewSet::startRequested);
    connect(curves_, &CurvesView::exported, this,
            [this](const QString& path) { Q_EMIT workspace_.messaged(tr("Figure written: %1").arg(path), StatusLine::Tone::Done); });
    connect(curves_, &CurvesView::exportFailed, this,
            [this](const QString& message) { Q_EMIT workspace_.messaged(message, StatusLine::Tone::Error); });
    connect(&workspace_, &Workspace::cursorChanged, this, [this] {
        const auto step = workspace_.cursor();
        const std::optional<double> at = workspace_.isFollowing() || !step ? std::nullopt : std::optional(static_cast<double>(*step));
        curves_->setTimeCursor(at);
        compare_->curvesView()->setTimeCursor(at);
    });
    connect(&workspace_, &Workspace::currentRunChanged, this, [this] {
        if (workspace_.currentRun() != nullptr) curves_->setCurrentRun(workspace_.currentRun()->id);
        showRuns();
    });
}

void ViewSet::connectAttention() {
    attention_->setState(ViewState::empty(tr("Where each head looks, and features as colours"),
                                          tr("They appear as soon as there is a model: start a run or open one.")));
    attention_->setNetworks({tr("encoder"), tr("decoder")});
    connect(&workspace_, &Workspace::attentionChanged, this, [this](const std::shared_ptr<const AttentionRecord>& record, const QString& problem) {
        attended_ = record;
        attention_->setNoAttention(asSentence(problem));
        if (record == nullptr) return attention_->setState(ViewState::empty(tr("Nothing to show for this model and sample"), asSentence(problem)));
        attention_->setState(ViewState::ready());
        attention_->setAttention(record);
        inspect();
    });
    connect(&workspace_, &Workspace::pictureChanged, this, [this](const std::shared_ptr<const Picture>& picture) {
        const auto* tokens = picture == nullptr ? nullptr : std::get_if<TokensPicture>(picture.get());
        attention_->setTokens(tokens == nullptr ? nullptr : std::shared_ptr<const TokensPicture>(picture, tokens));
        const auto* graph = picture == nullptr ? nullptr : std::get_if<GraphPicture>(picture.get());
        attention_->features()->setGraph(graph == nullptr ? nullptr : std::shared_ptr<const GraphPicture>(picture, graph));
    });
    connect(&workspace_, &Workspace::featuresChanged, attention_, &AttentionView::setFeatures);
    connect(attention_, &AttentionView::queryChanged, this, [this](int patch) {
        workspace_.setQuery(patch < 0 ? std::nullopt : std::optional<qint64>(patch));
        stage_->setQueryPatch(patch);
    });
    connect(attention_, &AttentionView::networkChanged, this,
            [this](const QString& network) { workspace_.setNetwork(network == tr("decoder") ? AskedNetwork::Decoder : AskedNetwork::Encoder); });
    connect(attention_, &AttentionView::patchHovered, this, &ViewSet::hoverPatch);
}

void ViewSet::connectOthers() {
    scatter_->setState(
        ViewState::empty(tr("The data as the encoder arranges them"), tr("It appears as soon as there is a model: start a run or open one.")));
    connect(&workspace_, &Workspace::embeddingChanged, this, [this](const std::shared_ptr<const EmbeddingRecord>& record, const QString& problem) {
        if (record == nullptr) return scatter_->setState(ViewState::failed(tr("The data cannot be arranged"), problem));
        scatter_->setState(ViewState::ready());
        scatter_->setEmbedding(record);
    });
    connect(scatter_, &ScatterView::sampleClicked, this, [this](qint64 sample) {
        const auto& samples = workspace_.samples();
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (samples[i].sample == sample) workspace_.setCurrentSample(static_cast<int>(i));
        }
    });
    connect(&workspace_, &Workspace::healthChanged, doctor_, &DoctorView::setHealth);
    connect(&workspace_, &Workspace::leaksChecked, doctor_, &DoctorView::setLeaks);
    connect(doctor_, &DoctorView::leakCheckRequested, &workspace_, &Workspace::checkLeaks);
    connect(doctor_, &DoctorView::rollBackRequested, this, &ViewSet::rollBackRequested);
    connect(&workspace_, &Workspace::projectChanged, this, [this] {
        if (workspace_.reading() == nullptr) return;
        const QStringList drawable = drawableStrategies(workspace_.reading()->summary);
        const bool isImages = workspace_.reading()->spec.input.ifImage() != nullptr;
        masks_->setStrategies(isImages ? drawable : QStringList(), drawable.mid(0, 3));
        if (!isImages)
            masks_->setState(
                ViewState::empty(tr("Mask strategies side by side, on a grid of patches"),
                                 tr("The input of %1 has no such grid: choose a recipe on images.").arg(workspace_.reading()->summary.name)));
    });
    connect(masks_, &MaskLab::wanted, this, [this](const MaskLabRequest& request) {
        if (request.strategies.empty() || workspace_.reading() == nullptr) return;
        masks_->setState(ViewState::waiting());
        workspace_.drawMasks(request);
    });
    connect(masks_, &MaskLab::maskChosen, this, [this](const std::vector<std::uint8_t>& hidden) {
        stage_->setHidden(hidden);
        workspace_.setMask(hidden);
        tree_.showView(QStringLiteral("stage"));
    });
    connect(&workspace_, &Workspace::masksDrawn, this, [this](const std::shared_ptr<const MaskLabSheet>& sheet) {
        masks_->setState(ViewState::ready());
        masks_->setSheet(sheet);
    });
    connect(&workspace_, &Workspace::previewChanged, this, [this](const std::shared_ptr<const Picture>& picture) {
        if (const auto* image = std::get_if<ImagePicture>(picture.get())) masks_->setImage(toQImage(image->original));
    });
}

void ViewSet::connectCompare() {
    compare_->setCurves(workspace_.curves());
    compare_->setState(ViewState::empty(tr("Two runs in lockstep: same image, same mask, same step"),
                                        tr("Train a twin that differs in one setting, or open a second run."), tr("Train a twin…")));
    connect(compare_, &CompareView::actionTriggered, this, &ViewSet::twinRequested);
    connect(&workspace_, &Workspace::runsChanged, this, &ViewSet::showRuns);
    runsSoon_.setSingleShot(true);
    runsSoon_.setInterval(kTableEveryMs);
    connect(&runsSoon_, &QTimer::timeout, this, [this] {
        if (workspace_.currentRun() != nullptr) showRun(*workspace_.currentRun());
    });
    connect(&workspace_, &Workspace::pointsCame, this, [this] {
        if (!runsSoon_.isActive()) runsSoon_.start();
    });
    connect(&workspace_, &Workspace::runsChanged, this, &ViewSet::compareNewest);
    connect(runs_, &RunTable::runActivated, &workspace_, &Workspace::setCurrentRun);
    connect(runs_, &RunTable::selectionChanged, this, [this](const QStringList& ids) {
        if (ids.size() == 2) workspace_.compare(ids[0], ids[1]);
    });
    connect(&workspace_, &Workspace::compared, this,
            [this](const QString& first, const std::shared_ptr<const Picture>& a, qint64 stepA, const QString& second,
                   const std::shared_ptr<const Picture>& b, qint64 stepB) {
                const auto imageOf = [](const std::shared_ptr<const Picture>& picture) -> std::shared_ptr<const ImagePicture> {
                    if (picture == nullptr) return nullptr;
                    return {picture, std::get_if<ImagePicture>(picture.get())};
                };
                const auto sideOf = [this](const QString& id) -> ComparedRun {
                    const OpenRun* run = workspace_.find(id);
                    return run == nullptr ? ComparedRun{} : ComparedRun{run->id, run->name, run->style, run->settings};
                };
                compare_->setState(ViewState::ready());
                compare_->setRuns(sideOf(first), sideOf(second));
                compare_->setSteps(workspace_.cursor().value_or(-1), stepA, stepB);
                compare_->setPictures(imageOf(a), imageOf(b));
            });
    connect(compare_, &CompareView::cursorMoved, this, [this](double step) { workspace_.setCursor(std::llround(step)); });
    connect(compare_, &CompareView::patchHovered, this, &ViewSet::hoverPatch);
}

void ViewSet::connectModel() {
    connect(&workspace_, &Workspace::checkpointChanged, this, [this] {
        curves_->setState(curvesToCome());
        model_->setCheckpoint(workspace_.checkpoint());
        if (workspace_.checkpoint() != nullptr) tree_.showView(QStringLiteral("model"));
    });
    for (const auto signal : {&Workspace::checkpointChanged, &Workspace::currentRunChanged})
        connect(&workspace_, signal, this, [this] { stage_->setNoAnswer(workspace_.noAnswer()); });
    stage_->setNoAnswer(workspace_.noAnswer());
    connect(&workspace_, &Workspace::checkpointStateChanged, this, [this](const ViewState& state) {
        model_->setState(state);
        if (state.kind == ViewState::Kind::Failed) tree_.showView(QStringLiteral("model"));
    });
    connect(model_, &ModelCard::openRequested, this, &ViewSet::modelRequested);
    connect(model_, &ModelCard::closeRequested, &workspace_, &Workspace::closeModel);
    connect(model_, &ModelCard::decoderRequested, &workspace_, &Workspace::trainDecoder);
}

void ViewSet::compareNewest() {
    const auto& runs = workspace_.runs();
    const std::size_t before = std::exchange(comparedRuns_, runs.size());
    if (runs.size() < 2 || runs.size() == before) return;  // the choice of two stays until there are others
    workspace_.compare(runs[runs.size() - 2]->id, runs.back()->id);
}

void ViewSet::showRuns() {
    for (const auto& run : workspace_.runs()) showRun(*run);
}

void ViewSet::showRun(const OpenRun& run) {
    RunSummary summary{.id = run.id,
                       .name = run.name,
                       .recipe = QString::fromStdString(run.recipe.id),
                       .data = run.data,
                       .state = runStateName(run.state).toLower(),
                       .step = run.step,
                       .style = run.style};
    if (!run.steps.empty()) {
        summary.loss = run.steps.back().loss;
        summary.seconds = run.steps.back().seconds;
    }
    if (!run.validations.empty()) summary.skill = run.validations.back().skill;
    if (run.checkup) summary.probeAccuracy = run.checkup->neighbourAccuracy;
    summary.started = run.started;
    runs_->model()->update(summary);
}

void ViewSet::updateWanted() {
    using Want = Workspace::Want;
    const std::pair<const char*, Want> topics[] = {{"stage", Want::Stage},       {"stage", Want::OverTime}, {"curves", Want::Course},
                                                   {"doctor", Want::Course},     {"probes", Want::Wall},    {"attention", Want::Attention},
                                                   {"scatter", Want::Embedding}, {"masks", Want::Masks},    {"compare", Want::Compare}};
    std::set<Want> wanted;
    for (const auto& [id, topic] : topics) {
        if (tree_.isViewShown(QLatin1String(id))) wanted.insert(topic);
    }
    workspace_.setWanted(std::move(wanted));
}

void ViewSet::hoverPatch(int patch) {
    stage_->setHoveredPatch(patch);
    attention_->setHoveredPatch(patch < 0 ? std::nullopt : std::optional<qint64>(patch));
    compare_->setHoveredPatch(patch);
}

void ViewSet::selectPatch(int patch) {
    patch_ = patch;
    stage_->setSelectedPatch(patch);
    stage_->setQueryPatch(patch);
    attention_->setQuery(patch < 0 ? std::nullopt : std::optional<qint64>(patch));
    workspace_.setQuery(patch < 0 ? std::nullopt : std::optional<qint64>(patch));
    inspect();
}

void ViewSet::inspect() {
    if (picture_ == nullptr) return;
    const auto* image = std::get_if<ImagePicture>(picture_.get());
    if (image != nullptr && patch_ >= 0 && patch_ < image->rows * image->columns)
        return inspector_.setContent(inspectPatch(*image, patch_, attended_.get()));
    const auto& samples = workspace_.samples();
    const auto index = static_cast<std::size_t>(workspace_.currentSample());
    inspector_.setContent(inspectPicture(*picture_, index < samples.size() ? shortName(samples[index].name) : QString(), step_));
}

}  // namespace maskscope
