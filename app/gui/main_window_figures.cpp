// Views as figures and as commands, and figures that restore their view.

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>

#include "app/gui/main_window.h"
#include "app/gui/view_commands.h"
#include "core/error.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/help_browser.h"
#include "widgets/panels/view_memory.h"
#include "widgets/pictures/mask_lab.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/numbers.h"

namespace maskscope {

void MainWindow::connectFigures() {
    connect(areas_, &AreaTree::figureRequested, this, &MainWindow::saveFigure);
    connect(areas_, &AreaTree::commandRequested, this, [this](const QString& view) {
        const auto* laboratory = qobject_cast<MaskLab*>(areas_->find(QStringLiteral("masks"))->widget);
        const QString command = commandOf(view, workspace_, *laboratory);
        QGuiApplication::clipboard()->setText(command);
        status_->showMessage(tr("Copied: %1").arg(command), StatusLine::Tone::Done);
    });
}

ViewMemory MainWindow::viewMemory(const QString& view) const {
    ViewMemory memory{.page = pageId(page_), .view = view, .run = {}, .sample = {}, .hidden = {}};
    if (workspace_.currentRun() != nullptr) memory.run = workspace_.currentRun()->id;
    if (!workspace_.isFollowing()) memory.step = workspace_.cursor().value_or(-1);
    const auto sample = static_cast<std::size_t>(workspace_.currentSample());
    if (sample < workspace_.samples().size()) memory.sample = workspace_.samples()[sample].name;
    if (workspace_.hasOwnMask()) memory.hidden = views_->stage()->hidden();
    memory.patch = views_->stage()->selectedPatch();
    return memory;
}

QString MainWindow::figureCaption(const QString& view) const {
    QStringList parts{areas_->find(view)->title};
    if (const OpenRun* run = workspace_.currentRun())
        parts << tr("run %1").arg(run->name) << tr("step %1").arg(exact(workspace_.cursor().value_or(0)));
    const auto sample = static_cast<std::size_t>(workspace_.currentSample());
    if (sample < workspace_.samples().size()) parts << workspace_.samples()[sample].name;
    if (workspace_.hasOwnMask()) parts << tr("own mask");
    if (view == QLatin1String("stage") && views_->stage()->isLeaking()) parts << tr("true statistics: LEAKS");
    return parts.join(QStringLiteral(" · "));
}

void MainWindow::writeFigure(const QString& view, const QString& path) {
    const QString caption = figureCaption(view), memory = viewMemory(view).toText();
    if (view == QLatin1String("curves")) return views_->curves()->writeTo(path, caption, memory);
    exportWidget(path, {.caption = caption, .view = memory}, *areas_->find(view)->widget);
}

void MainWindow::saveFigure(const QString& view) {
    const QString name = QFileDialog::getSaveFileName(this, tr("Save as a figure"), view + QStringLiteral(".png"), figureFilter());
    if (name.isEmpty()) return;
    const QString path = QFileInfo(name).suffix().isEmpty() ? name + QStringLiteral(".png") : name;
    try {
        writeFigure(view, path);
        status_->showMessage(tr("Figure written: %1").arg(path), StatusLine::Tone::Done);
    } catch (const Error& error) {
        status_->showMessage(QString::fromUtf8(error.what()), StatusLine::Tone::Error);
    }
}

bool MainWindow::restoreFigure(const QString& path) {
    const auto memory = ViewMemory::ofPicture(path);
    if (!memory) return false;
    if (!memory->run.isEmpty() && !QFileInfo::exists(memory->run + QStringLiteral("/run.toml"))) {
        status_->showMessage(
            tr("%1 shows run %2, which is no longer there; the picture itself is opened").arg(QFileInfo(path).fileName(), memory->run),
            StatusLine::Tone::Warning);
        return false;
    }
    showPage(pageOf(memory->page).value_or(Page::Explore));
    if (areas_->find(memory->view) != nullptr) areas_->showView(memory->view);
    if (!memory->run.isEmpty()) workspace_.find(memory->run) != nullptr ? workspace_.setCurrentRun(memory->run) : workspace_.openRun(memory->run);
    if (memory->step >= 0)
        workspace_.setCursor(memory->step);
    else
        workspace_.setFollowing(true);
    if (!workspace_.samples().empty()) {
        restoreSample(*memory);
    } else {  // the run's data are being opened
        connect(
            &workspace_, &Workspace::samplesChanged, this, [this, kept = *memory] { restoreSample(kept); }, Qt::SingleShotConnection);
    }
    status_->showMessage(tr("View of %1 restored").arg(QFileInfo(path).fileName()), StatusLine::Tone::Done);
    return true;
}

void MainWindow::restoreSample(const ViewMemory& memory) {
    const auto& samples = workspace_.samples();
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (samples[i].name == memory.sample) workspace_.setCurrentSample(static_cast<int>(i));
    }
    if (!memory.hidden.empty()) {
        views_->stage()->setHidden(memory.hidden);
        workspace_.setMask(memory.hidden);
    }
    views_->stage()->setSelectedPatch(memory.patch);
}

void MainWindow::openHelp() {
    if (helpBrowser_ == nullptr) helpBrowser_ = new HelpBrowser(this);
    const QWidget* focused = QApplication::focusWidget();
    const bool isHere = focused != nullptr && focused->window() == this;
    helpBrowser_->openPage(page_ == Page::Teach ? QStringLiteral("teach") : HelpBrowser::pageFor(isHere ? focused : nullptr));
}

}  // namespace maskscope
