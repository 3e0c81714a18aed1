#include <QDateTime>
#include <QFileInfo>
#include <QLocale>
#include <QSettings>

#include "app/gui/main_window.h"
#include "app/gui/picture_thumbnail.h"
#include "widgets/panels/welcome_page.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kRecentRuns = 6, kExamplePx = 240;

QString keyOf(const char* name) { return QStringLiteral("session/") + QLatin1String(name); }

/// What the text of a recent run says, from its folder alone.
RecentRun recentRun(const QString& folder) {
    const QFileInfo info(folder + QStringLiteral("/metrics.csv"));
    RecentRun run{.folder = folder, .name = QFileInfo(folder).fileName(), .text = {}, .failed = false};
    run.text = info.exists() ? MainWindow::tr("last step %1").arg(QLocale().toString(info.lastModified(), QLocale::ShortFormat)) : folder;
    return run;
}

}  // namespace

void MainWindow::storeSession() const {
    if (!storesSession_) return;
    QSettings settings;
    settings.setValue(keyOf("geometry"), saveGeometry());
    settings.setValue(keyOf("theme"), static_cast<int>(themeKind()));
    settings.setValue(keyOf("scale"), scaleBeforeTeach_.value_or(themeScalePercent()));
    settings.setValue(keyOf("page"), pageId(page_));
    auto layouts = layouts_;
    if (page_ != Page::Welcome) layouts[page_] = areas_->layoutText();
    for (const auto& [page, text] : layouts) settings.setValue(keyOf("layout/") + pageId(page), text);
    const Project& project = workspace_.project();
    settings.setValue(keyOf("recipe"), project.recipe);
    settings.setValue(keyOf("data"), project.data);
    settings.setValue(keyOf("validation"), project.validation);
    settings.setValue(keyOf("scalePreset"), project.scale);
    settings.setValue(keyOf("settings"), project.settings);
    const OpenRun* current = workspace_.currentRun();
    settings.setValue(keyOf("run"), current != nullptr ? current->id : QString());
    settings.setValue(keyOf("cursor"), workspace_.isFollowing() ? qint64{-1} : workspace_.cursor().value_or(-1));
    settings.setValue(keyOf("sample"), workspace_.currentSample());
    settings.setValue(keyOf("recent"), recentFolders());
}

/// The runs of this window, the newest first, then those of former ones.
QStringList MainWindow::recentFolders() const {
    QStringList recent = QSettings().value(keyOf("recent")).toStringList();
    for (const auto& run : workspace_.runs()) {
        recent.removeAll(run->id);
        recent.prepend(run->id);
    }
    return recent.mid(0, kRecentRuns);
}

void MainWindow::refreshRecentRuns() {
    std::vector<RecentRun> recent;
    for (const QString& folder : recentFolders())
        if (QFileInfo::exists(folder + QStringLiteral("/run.toml"))) recent.push_back(recentRun(folder));
    welcome_->setRecentRuns(std::move(recent));
}

void MainWindow::restoreSession(bool opensRun) {
    storesSession_ = true;
    QSettings settings;
    restoreGeometry(settings.value(keyOf("geometry")).toByteArray());
    for (const Page page : pages()) {
        const QString text = settings.value(keyOf("layout/") + pageId(page)).toString();
        if (!text.isEmpty()) layouts_[page] = text;
    }
    Project project;
    project.data = DataDesk::sampleDataFolder() + QStringLiteral("/train");
    project.validation = DataDesk::sampleDataFolder() + QStringLiteral("/test");
    if (const QString stored = settings.value(keyOf("data")).toString(); QFileInfo::exists(stored)) {
        project.recipe = settings.value(keyOf("recipe"), project.recipe).toString();
        project.data = stored;
        project.validation = settings.value(keyOf("validation")).toString();
        project.scale = settings.value(keyOf("scalePreset"), project.scale).toString();
        project.settings = settings.value(keyOf("settings")).toStringList();
    }
    workspace_.loadProject(project);
    if (workspace_.reading() == nullptr) {  // a message has said what is wrong with it
        const Project usual;
        project.recipe = usual.recipe;
        project.scale = usual.scale;
        project.settings.clear();
        workspace_.loadProject(project);
    }
    workspace_.restoreSample(settings.value(keyOf("sample")).toInt());
    const QString run = settings.value(keyOf("run")).toString();
    if (opensRun && QFileInfo::exists(run + QStringLiteral("/run.toml"))) {
        workspace_.openRun(run);
        if (const qint64 cursor = settings.value(keyOf("cursor"), -1).toLongLong(); cursor >= 0) workspace_.setCursor(cursor);
    } else if (opensRun && !run.isEmpty()) {
        status_->showMessage(tr("%1: the run of the last session is no longer there").arg(run), StatusLine::Tone::Warning);
    }
    drawExamples();
    refreshRecentRuns();
    if (const auto page = pageOf(settings.value(keyOf("page")).toString())) showPage(*page);
}

void MainWindow::refreshExamples() {
    const QString train = DataDesk::sampleDataFolder() + QStringLiteral("/train"), test = DataDesk::sampleDataFolder() + QStringLiteral("/test");
    const auto shapes = [&](const char* recipe, QStringList settings) {
        return Project{.recipe = QLatin1String(recipe), .data = train, .validation = test, .settings = std::move(settings)};
    };
    const QString graphFolder = DataDesk::sampleGraphsFolder();
    const Project graphs{
        .recipe = QStringLiteral("graphmae"), .data = graphFolder + QStringLiteral("/train"), .validation = graphFolder + QStringLiteral("/test")};
    const QString textFolder = DataDesk::sampleTextsFolder();
    const Project texts{
        .recipe = QStringLiteral("bert"), .data = textFolder + QStringLiteral("/train"), .validation = textFolder + QStringLiteral("/test")};
    examples_ = {{QStringLiteral("mae"), shapes("mae", {})},
                 {QStringLiteral("simmim"), shapes("simmim", {})},
                 {QStringLiteral("blocks"), shapes("mae", {QStringLiteral("mask.strategy=block"), QStringLiteral("mask.ratio=0.5")})},
                 {QStringLiteral("texts"), texts},
                 {QStringLiteral("graphs"), graphs},
                 {QStringLiteral("most"), shapes("mae", {QStringLiteral("mask.ratio=0.9")})}};
    welcome_->setExamples({
        {QStringLiteral("mae"),
         tr("Shapes, three quarters hidden"),
         tr("The encoder sees a quarter of the patches; a small decoder paints the rest. The standard method, MAE."),
         {},
         {},
         {}},
        {QStringLiteral("simmim"),
         tr("Shapes by SimMIM"),
         tr("Hidden patches become a mask token; the whole image goes through the encoder and one linear layer predicts pixels."),
         {},
         {},
         {}},
        {QStringLiteral("blocks"),
         tr("Whole blocks hidden"),
         tr("Blocks instead of single patches: neighbours no longer give the answer away."),
         {},
         {},
         {}},
        {QStringLiteral("texts"),
         tr("Texts"),
         tr("Words of small stories are hidden; a transformer guesses them from both sides. BERT."),
         {},
         {},
         {}},
        {QStringLiteral("graphs"),
         tr("Graphs"),
         tr("Nodes of small graphs lose their attributes; a graph network rebuilds them from the neighbours. GraphMAE."),
         {},
         {},
         {}},
        {QStringLiteral("most"), tr("Almost everything hidden"), tr("Nine tenths are hidden. What can be guessed from six patches?"), {}, {}, {}},
    });
}

void MainWindow::drawExamples() {
    connect(&workspace_, &Workspace::exampleDrawn, welcome_, [this](const QString& id, const std::shared_ptr<const Picture>& picture) {
        std::vector<QImage> pictures{thumbnailOf(*picture, QSize(scaled(2 * kExamplePx), scaled(kExamplePx))), wholeThumbnailOf(*picture)};
        std::erase_if(pictures, [](const QImage& image) { return image.isNull(); });
        welcome_->setPictures(id, std::move(pictures));
    });
    int index = 0;
    for (const auto& [id, project] : examples_) workspace_.drawExample(id, project, index++);
}

void MainWindow::startExample(const QString& id) {
    const auto example = examples_.find(id);
    if (example == examples_.end()) return;
    workspace_.closeModel();
    workspace_.beginProject(example->second, tr("Example"));
    showPage(Page::Explore);
    if (workspace_.data() != nullptr && workspace_.problem().isEmpty()) return workspace_.start();
    // as soon as the data are there
    connect(
        &workspace_, &Workspace::dataChanged, this, [this] { workspace_.start(); }, Qt::SingleShotConnection);
}

}  // namespace maskscope
