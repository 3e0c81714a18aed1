#include "app/gui/main_window.h"

#include <QClipboard>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QSplitter>
#include <QStackedWidget>
#include <QUndoCommand>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/forecast_note.h"
#include "app/gui/picture_thumbnail.h"
#include "widgets/panels/command_palette.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/header_bar.h"
#include "widgets/panels/inspector.h"
#include "widgets/panels/recipe_column.h"
#include "widgets/panels/segment_bar.h"
#include "widgets/panels/time_panel.h"
#include "widgets/panels/welcome_page.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/numbers.h"
#include "widgets/teach/teach_view.h"
#include "widgets/theme/focus_frame.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kInspectorFromPx = 1120, kSmallWidthPx = 1360, kLargeWidthPx = 2000;  // of the window
constexpr int kLeastColumnPx = 208;
constexpr int kKindsFromPx[] = {kInspectorFromPx, kSmallWidthPx, kLargeWidthPx};
constexpr int kThumbnailPx = 64, kPreviewPx = 112;
constexpr std::size_t kSketchPoints = 200;

}  // namespace

MainWindow::MainWindow() {
    setWindowTitle(QStringLiteral("Maskscope"));
    setAcceptDrops(true);
    setMinimumSize(scaled(960), scaled(600));
    buildWidgets();
    views_ = new ViewSet(workspace_, *areas_, *inspector_);
    buildCommands();
    buildMenus();
    connectWorkspace();
    connectPanels();
    connectRecipe();
    connectTime();
    connectTeach();
    connectFigures();
    new FocusFrame(this);
    refreshExamples();
    refreshStatus();
    showPage(Page::Welcome);
}

MainWindow::~MainWindow() { storeSession(); }

void MainWindow::buildWidgets() {
    auto* central = new QWidget(this);
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    header_ = new HeaderBar(central);
    control_ = new ControlBar(central);
    stack_ = new QStackedWidget(central);
    welcome_ = new WelcomePage(stack_);
    teach_ = new TeachView(stack_);
    rows_ = new QSplitter(Qt::Vertical, stack_);
    columns_ = new QSplitter(Qt::Horizontal, rows_);
    auto* left = new QWidget(columns_);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(0);
    recipe_ = new RecipeColumn(left);
    forecast_ = new ForecastNote(left);
    leftColumn->addWidget(recipe_, 1);
    leftColumn->addWidget(forecast_);
    areas_ = new AreaTree(columns_);
    areas_->setContentsMargins(scaled(4), scaled(4), scaled(4), scaled(4));
    inspector_ = new Inspector(columns_);
    time_ = new TimePanel(rows_);
    status_ = new StatusLine(central);
    palette_ = new CommandPalette(this);
    for (QSplitter* splitter : {rows_, columns_}) {
        splitter->setHandleWidth(scaled(2));
        splitter->setChildrenCollapsible(false);
    }
    columns_->setStretchFactor(1, 1);
    rows_->setStretchFactor(0, 1);
    stack_->addWidget(welcome_);
    stack_->addWidget(rows_);
    stack_->addWidget(teach_);
    for (QWidget* part : std::initializer_list<QWidget*>{header_, control_}) column->addWidget(part);
    column->addWidget(stack_, 1);
    column->addWidget(status_);
    setCentralWidget(central);

    header_->pages()->add(tr("Explore"), QStringLiteral("eye"), tr("Look into images: stage, attention, probe wall, curves (Ctrl+1)"));
    header_->pages()->add(tr("Train"), QStringLiteral("train"), tr("Watch training: curves, doctor, probe wall (Ctrl+2)"));
    header_->pages()->add(tr("Compare"), QStringLiteral("compare"), tr("Two runs in lockstep and the table of runs (Ctrl+3)"));
    header_->pages()->add(tr("Masks"), QStringLiteral("laboratory"), tr("Mask strategies side by side (Ctrl+4)"));
    header_->pages()->add(tr("Teach"), QStringLiteral("teach"), tr("A lesson on one picture, in large type (Ctrl+5)"));
    connect(header_->pages(), &SegmentBar::chosen, this, [this](int index) { showPage(pages()[static_cast<std::size_t>(index) + 1]); });
}

const std::vector<MainWindow::Page>& MainWindow::pages() {
    static const std::vector<Page> all{Page::Welcome, Page::Explore, Page::Train, Page::Compare, Page::Masks, Page::Teach};
    return all;
}

QString MainWindow::pageId(Page page) {
    const char* const ids[] = {"welcome", "explore", "train", "compare", "masks", "teach"};
    return QLatin1String(ids[static_cast<std::size_t>(page)]);
}

std::optional<MainWindow::Page> MainWindow::pageOf(const QString& id) {
    for (const Page page : pages()) {
        if (pageId(page) == id) return page;
    }
    return std::nullopt;
}

QString MainWindow::layoutOf(Page page) const {
    if (const auto own = layouts_.find(page); own != layouts_.end()) return own->second;
    const bool small = width() < scaled(kSmallWidthPx), large = width() >= scaled(kLargeWidthPx);
    switch (page) {
        case Page::Train:
            return large ? QStringLiteral("h(58 v(64 curves, 36 probes), 42 v(34 doctor, 66 stage))")
                         : QStringLiteral("h(58 v(71 curves, 29 probes), 42 v(55 doctor, 45 stage))");
        case Page::Compare:
            return QStringLiteral("v(74 compare, 26 runs)");
        case Page::Masks:
            return large ? QStringLiteral("h(36 masks, 64 stage)") : QStringLiteral("h(52 masks, 48 stage)");
        case Page::Teach:
            return QStringLiteral("stage");  // what is asked of the model; the lesson lies over it
        default:
            break;
    }
    return small ? QStringLiteral("h(66 v(58 stage, 42 probes|attention|scatter), 34 curves|doctor)")
                 : QStringLiteral("v(58 h(68 stage, 32 curves|doctor), 42 h(68 attention|scatter, 32 probes))");
}

void MainWindow::showPage(Page page) {
    if (page_ != Page::Welcome && page != page_) layouts_[page_] = areas_->layoutText();
    page_ = page;
    const bool welcome = page == Page::Welcome;
    const bool teaching = page == Page::Teach;
    stack_->setCurrentWidget(welcome ? static_cast<QWidget*>(welcome_) : teaching ? static_cast<QWidget*>(teach_) : rows_);
    scaleForTeach(teaching);
    control_->setVisible(!welcome && !teaching);
    header_->setBare(welcome);
    if (welcome) {
        if (storesSession_) refreshRecentRuns();
        header_->setRunName(QStringLiteral("Maskscope"));
        return;
    }
    header_->pages()->setCurrent(static_cast<int>(page) - 1);
    if (!areas_->setLayoutText(layoutOf(page))) {
        layouts_.erase(page);  // of another version
        areas_->setLayoutText(layoutOf(page));
    }
    applySizes();
    refreshStatus();
}

void MainWindow::applySizes() {
    const bool small = width() < scaled(kSmallWidthPx), large = width() >= scaled(kLargeWidthPx);
    const int side = scaled(large ? 300 : small ? 224 : 240);
    const int inspector = scaled(large ? 300 : small ? 208 : 240);
    const int time = scaled(small ? 104 : 130);
    for (QWidget* column : std::initializer_list<QWidget*>{recipe_, inspector_}) column->setMinimumWidth(scaled(kLeastColumnPx));
    inspector_->setVisible(width() >= scaled(kInspectorFromPx));
    columns_->setSizes({side, std::max(1, width() - side - inspector), inspector});
    rows_->setSizes({std::max(1, height() - time - scaled(44 + 52 + 22 + 2)), time});
}

void MainWindow::connectWorkspace() {
    connect(&workspace_, &Workspace::statusChanged, this, &MainWindow::refreshStatus);
    connect(&workspace_, &Workspace::runsChanged, this, &MainWindow::refreshRuns);
    connect(&workspace_, &Workspace::currentRunChanged, this, &MainWindow::refreshRuns);
    connect(&workspace_, &Workspace::projectChanged, this, &MainWindow::refreshProject);
    connect(&workspace_, &Workspace::pointsCame, this, &MainWindow::refreshLoss);
    connect(&workspace_, &Workspace::forecastChanged, this, &MainWindow::refreshForecast);
    connect(&workspace_, &Workspace::statusChanged, this, &MainWindow::refreshForecast);
    connect(&workspace_, &Workspace::messaged, status_, &StatusLine::showMessage);
    connect(&workspace_, &Workspace::dataChanged, this, [this] {
        if (workspace_.data() == nullptr) return;
        DataSummary summary = workspace_.data()->summary;
        for (const Picture& picture : workspace_.data()->shown) {
            const QImage whole = wholeThumbnailOf(picture);
            summary.thumbnails.push_back(whole.isNull() ? thumbnailOf(picture, QSize(scaled(kThumbnailPx), scaled(kThumbnailPx))) : whole);
        }
        recipe_->setData(summary);
    });
    connect(&workspace_, &Workspace::workChanged, this, [this](const QString& what, qint64 done, qint64 total) {
        status_->showMessage(total > 0 ? tr("%1: %2 of %3").arg(what, exact(done), exact(total)) : what);
        refreshStatus();
    });
    connect(&workspace_, &Workspace::maskProblemsChanged, recipe_, &RecipeColumn::setStrategyProblems);
    connect(&workspace_, &Workspace::previewChanged, this, [this](const std::shared_ptr<const Picture>& picture) { refreshPreview(*picture); });
    connect(&workspace_, &Workspace::cursorChanged, this, [this] {
        time_->setCursor(workspace_.cursor());
        time_->setFollowing(workspace_.isFollowing());
        const OpenRun* run = workspace_.currentRun();
        QString note;
        if (run != nullptr && !run->steps.empty() && workspace_.cursor()) {
            const auto& steps = run->steps;
            const auto at = std::lower_bound(steps.begin(), steps.end(), *workspace_.cursor(),
                                             [](const StepRecord& record, qint64 step) { return record.step < step; });
            if (at != steps.end() && at->step == *workspace_.cursor()) note = tr("%1 of training").arg(timeSpan(at->seconds));
        }
        time_->setCursorNote(note);
    });
}

void MainWindow::connectPanels() {
    connect(control_, &ControlBar::startRequested, &workspace_, &Workspace::start);
    connect(control_, &ControlBar::pauseRequested, &workspace_, &Workspace::pause);
    connect(control_, &ControlBar::continueRequested, &workspace_, &Workspace::continueTraining);
    connect(control_, &ControlBar::resumeRequested, &workspace_, &Workspace::resumeRun);
    connect(control_, &ControlBar::stepRequested, &workspace_, &Workspace::singleStep);
    connect(control_, &ControlBar::stopRequested, &workspace_, &Workspace::stop);
    connect(control_, &ControlBar::forkRequested, this, [this] { askFork(workspace_.cursor().value_or(0)); });
    connect(&workspace_, &Workspace::forkOffered, this, [this](const QString& change) {
        const OpenRun* run = workspace_.currentRun();
        askFork(workspace_.cursor().value_or(run->checkpoints.back()), change);
    });
    connect(control_, &ControlBar::healthClicked, this, [this] { areas_->showView(QStringLiteral("doctor")); });
    connect(control_, &ControlBar::reasonAsked, this, [this](const QString& reason) { status_->showMessage(reason, StatusLine::Tone::Warning); });
    connect(palette_, &CommandPalette::reasonAsked, this, [this](const QString& reason) { status_->showMessage(reason, StatusLine::Tone::Warning); });
    connect(header_, &HeaderBar::searchRequested, this, &MainWindow::openPalette);
    connect(welcome_, &WelcomePage::exampleStarted, this, &MainWindow::startExample);
    connect(welcome_, &WelcomePage::chooseRequested, this, &MainWindow::chooseData);
    connect(welcome_, &WelcomePage::tourRequested, this, &MainWindow::showTour);
    connect(welcome_, &WelcomePage::runOpened, this, [this](const QString& folder) {
        workspace_.openRun(folder);
        showPage(Page::Explore);
    });
    connect(views_, &ViewSet::startRequested, this, &MainWindow::pressSpace);
    connect(views_, &ViewSet::dataRequested, this, &MainWindow::chooseData);
    connect(views_, &ViewSet::rollBackRequested, this, &MainWindow::askRollBack);
    connect(views_, &ViewSet::twinRequested, this, &MainWindow::askTwin);
    connect(views_, &ViewSet::modelRequested, this, &MainWindow::chooseModel);
    connect(status_, &StatusLine::scaleClicked, this, [this] { scaleBy(0); });
    connect(inspector_, &Inspector::copyRequested, this, [this](const QString& text) {
        QGuiApplication::clipboard()->setText(text);
        status_->showMessage(tr("Copied"), StatusLine::Tone::Done);
    });
    connect(areas_, &AreaTree::layoutEdited, this, [this](const QString& before, const QString& after) {
        class LayoutChange : public QUndoCommand {
        public:
            LayoutChange(MainWindow& window, QString from, QString to)
                : QUndoCommand(tr("Layout")), window_(window), page_(window.page_), before_(std::move(from)), after_(std::move(to)) {}
            void undo() override { show(before_); }
            void redo() override {
                if (!std::exchange(first_, false)) show(after_);
            }

        private:
            void show(const QString& layout) {
                window_.showPage(page_);  // the one that it was changed on
                window_.areas_->setLayoutText(layout);
            }
            MainWindow& window_;
            Page page_;
            QString before_, after_;
            bool first_ = true;
        };
        workspace_.undoStack()->push(new LayoutChange(*this, before, after));
    });
}

void MainWindow::connectRecipe() {
    connect(recipe_, &RecipeColumn::strategyChosen, &workspace_, &Workspace::setStrategy);
    connect(recipe_, &RecipeColumn::settingEdited, &workspace_, &Workspace::setSetting);
    connect(recipe_, &RecipeColumn::ratioChanged, this, [this](double ratio, bool done) {
        done ? workspace_.setSetting(QStringLiteral("mask.ratio"), QString::number(ratio, 'g', 4)) : workspace_.previewRatio(ratio);
    });
}

void MainWindow::connectTime() {
    connect(time_, &TimePanel::cursorMoved, &workspace_, &Workspace::setCursor);
    connect(time_, &TimePanel::followingChanged, &workspace_, &Workspace::setFollowing);
    connect(time_, &TimePanel::forkRequested, this, [this](qint64 step) { askFork(step); });
    connect(time_, &TimePanel::laneClicked, &workspace_, &Workspace::setCurrentRun);
    connect(time_, &TimePanel::reasonAsked, this, [this](const QString& reason) { status_->showMessage(reason, StatusLine::Tone::Warning); });
}

void MainWindow::refreshStatus() {
    const ControlStatus status = workspace_.controlStatus();
    control_->setStatus(status);
    const OpenRun* run = workspace_.currentRun();
    const auto& checkpoint = workspace_.checkpoint();
    if (page_ != Page::Welcome)
        header_->setRunName(run != nullptr ? run->name : checkpoint != nullptr ? QFileInfo(checkpoint->place).fileName() : tr("New run"));
    header_->setState(status.state, run != nullptr ? run->failure : status.cannotStart);
    time_->setForkUnavailable(status.hasCheckpoint ? QString() : tr("Fork works once a run has a checkpoint."));
    const SessionStatus& live = workspace_.session().status();
    recipe_->setStarted(workspace_.session().isActive());
    recipe_->setParameterCount(workspace_.parameterCount());
    recipe_->setReached(run != nullptr ? std::optional(static_cast<double>(run->step)) : std::nullopt);
    if (!live.device.empty())
        status_->setDevice(tr("%1 · float32").arg(QString::fromStdString(live.device).toUpper()), QString::fromStdString(live.path));
    status_->setObservingShare(workspace_.session().isActive() ? live.observedShare : -1.0);
    time_->setLanes([&] {
        std::vector<TimeLane> lanes;
        for (const auto& each : workspace_.runs()) lanes.push_back(each->lane());
        return lanes;
    }());
}

void MainWindow::refreshRuns() {
    refreshStatus();
    time_->setCurrentLane(workspace_.currentRun() != nullptr ? workspace_.currentRun()->id : QString());
    time_->setCursor(workspace_.cursor());
    refreshLoss();
}

void MainWindow::refreshProject() {
    if (workspace_.reading() != nullptr) recipe_->setRecipe(workspace_.reading()->summary);
}

void MainWindow::refreshPreview(const Picture& picture) {
    const auto* image = std::get_if<ImagePicture>(&picture);
    if (image == nullptr) {
        const QImage whole = thumbnailOf(picture, QSize(scaled(kPreviewPx), scaled(kPreviewPx)));
        return recipe_->setPreview({whole, whole, {}, {}});
    }
    const QImage original = toQImage(image->original);
    if (image->seenWhole) return recipe_->setPreview({toQImage(image->masked), original, {}, {}});
    recipe_->setPreview({original, original, {static_cast<int>(image->rows), static_cast<int>(image->columns)}, image->hidden});
}

void MainWindow::refreshLoss() {
    const OpenRun* run = workspace_.currentRun();
    if (run == nullptr) return recipe_->setLoss({}, {});
    const RunCurves::Run* curves = workspace_.curves()->find(run->id);
    if (curves == nullptr) return;
    const CurveSeries& losses = curves->of(Metric::TrainingLoss);
    std::vector<CurvePoint> points;
    const std::size_t stride = std::max<std::size_t>(1, losses.size() / kSketchPoints);
    for (std::size_t i = 0; i < losses.size(); i += stride) points.push_back(losses.at(i));
    std::vector<double> references;
    if (curves->baselines && curves->objectiveIsPixels) references = {curves->baselines->meanPatch, curves->baselines->inpaint};
    recipe_->setLoss(std::move(points), std::move(references));
}

void MainWindow::closeEvent(QCloseEvent* event) {
    storeSession();
    if (!workspace_.endSessions()) return event->accept();
    event->ignore();  // until what trained has saved: nothing is lost, and nothing freezes meanwhile
    status_->showMessage(tr("A checkpoint is being saved; then the window closes by itself"));
    if (std::exchange(closing_, true)) return;
    connect(
        &workspace_, &Workspace::sessionsEnded, this,
        [this] {
            closing_ = false;
            close();
        },
        Qt::SingleShotConnection);
}

void MainWindow::refreshForecast() {
    const bool hasNone = workspace_.currentRun() != nullptr && workspace_.forecast() == nullptr;
    const bool isNext = !workspace_.session().isActive() && workspace_.checkpoint() == nullptr && !hasNone;
    const bool isAsked = workspace_.data() != nullptr && workspace_.problem().isEmpty();
    forecast_->setVisible(isNext && isAsked);
    if (isNext && isAsked) forecast_->setForecast(workspace_.forecast(), workspace_.forecastProblem());
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!event->mimeData()->hasUrls()) return;
    event->acceptProposedAction();
    status_->showMessage(tr("Drop: a folder or archive becomes the data, a run directory or a checkpoint is opened, an image goes on the stage"));
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (page_ == Page::Welcome) showPage(Page::Explore);
    for (const QUrl& url : urls) {
        if (url.isLocalFile() && restoreFigure(url.toLocalFile())) continue;
        if (url.isLocalFile())
            workspace_.openPath(url.toLocalFile());
        else
            status_->showMessage(tr("%1 is not on this machine: only local files and folders can be opened").arg(url.toString()),
                                 StatusLine::Tone::Warning);
    }
    event->acceptProposedAction();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    const auto kindOf = [](int width) {
        return std::count_if(std::begin(kKindsFromPx), std::end(kKindsFromPx), [width](int from) { return width >= scaled(from); });
    };
    if (page_ == Page::Welcome || kindOf(event->oldSize().width()) == kindOf(width())) return;
    if (layouts_.find(page_) == layouts_.end()) areas_->setLayoutText(layoutOf(page_));
    applySizes();
}

void MainWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && status_ != nullptr) status_->setScale(themeScalePercent());
    QMainWindow::changeEvent(event);
}

}  // namespace maskscope
