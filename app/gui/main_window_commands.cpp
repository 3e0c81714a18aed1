#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QProgressDialog>
#include <QSettings>
#include <algorithm>

#include "app/gui/fork_dialog.h"
#include "app/gui/main_window.h"
#include "app/gui/tour_dialog.h"
#include "app/gui/twin_dialog.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/command_palette.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/header_bar.h"
#include "widgets/panels/inspector.h"
#include "widgets/panels/recipe_card.h"
#include "widgets/panels/recipe_column.h"
#include "widgets/panels/shortcut_sheet.h"
#include "widgets/panels/status_line.h"
#include "widgets/panels/time_panel.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/plots/curves_view.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kScaleStep = 10;

}  // namespace

QAction* MainWindow::addCommand(const QString& place, const QString& text, const char* iconName, const QKeySequence& key, std::function<void()> run) {
    auto* action = new QAction(icon(QLatin1String(iconName)), text, this);
    action->setShortcut(key);
    action->setToolTip(key.isEmpty() ? text : tr("%1 (%2)").arg(text, key.toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, std::move(run));
    addAction(action);
    commands_.push_back({action, place});
    return action;
}

void MainWindow::buildCommands() {
    const QString file = tr("File"), training = tr("Training"), view = tr("View"), edit = tr("Edit"), time = tr("Time"), help = tr("Help");
    addCommand(file, tr("Open data…"), "folder", QKeySequence::Open, [this] { chooseData(); });
    addCommand(file, tr("Open a run…"), "data", QKeySequence(tr("Ctrl+Shift+O")), [this] { chooseRun(); });
    addCommand(file, tr("Open a checkpoint…"), "checkpoint", QKeySequence(tr("Ctrl+Alt+O")), [this] { chooseModel(); });
    addCommand(file, tr("Copy as command line"), "terminal", QKeySequence(tr("Ctrl+Shift+C")), [this] { copyCommandLine(); });
    addCommand(file, tr("Export curves…"), "export", QKeySequence(tr("Ctrl+E")), [this] { views_->curves()->exportAs(); });
    addCommand(file, tr("Export a film…"), "export", QKeySequence(tr("Ctrl+Shift+E")), [this] { askFilm(); });
    addCommand(file, tr("Quit"), "close", QKeySequence::Quit, [this] { close(); });

    addCommand(training, tr("Start, pause or go on"), "play", QKeySequence(Qt::Key_Space), [this] { pressSpace(); });
    addCommand(training, tr("One step"), "step", QKeySequence(Qt::Key_S), [this] { control_->stepButton()->click(); });
    addCommand(training, tr("Check for leaks"), "doctor", {}, [this] {
        areas_->showView(QStringLiteral("doctor"));
        workspace_.checkLeaks();
    });
    addCommand(training, tr("Stop"), "stop", {}, [this] { control_->stopButton()->click(); });
    addCommand(training, tr("Fork…"), "fork", QKeySequence(Qt::Key_F), [this] { control_->forkButton()->click(); });
    addCommand(training, tr("Twin run…"), "compare", QKeySequence(tr("Ctrl+Shift+T")), [this] { askTwin(); });
    addCommand(time, tr("Follow newest"), "follow", QKeySequence(Qt::Key_N), [this] { workspace_.setFollowing(true); });

    undo_ = workspace_.undoStack()->createUndoAction(this, tr("Undo"));
    undo_->setShortcut(QKeySequence::Undo);
    undo_->setIcon(icon(QStringLiteral("undo")));
    redo_ = workspace_.undoStack()->createRedoAction(this, tr("Redo"));
    redo_->setShortcuts(QKeySequence::keyBindings(QKeySequence::Redo));
    redo_->setIcon(icon(QStringLiteral("redo")));
    for (QAction* action : {undo_, redo_}) {
        addAction(action);
        commands_.push_back({action, edit});
    }

    const std::pair<Page, QString> named[] = {{Page::Explore, tr("Explore")},
                                              {Page::Train, tr("Train")},
                                              {Page::Compare, tr("Compare")},
                                              {Page::Masks, tr("Masks")},
                                              {Page::Teach, tr("Teach")}};
    for (const auto& [page, name] : named)
        addCommand(view, tr("Page: %1").arg(name), "eye", QKeySequence(tr("Ctrl+%1").arg(static_cast<int>(page))),
                   [this, page = page] { showPage(page); });
    addCommand(view, tr("Welcome page"), "teach", {}, [this] { showPage(Page::Welcome); });
    for (const AreaTree::View& each : areas_->views())
        addCommand(view, tr("Show %1").arg(each.title), "eye", {}, [this, id = each.id] { areas_->showView(id); });
    addCommand(view, tr("Layout as it was"), "grid", {}, [this] {
        layouts_.erase(page_);
        areas_->setLayoutText(layoutOf(page_));
        applySizes();
    });
    addCommand(view, tr("Next picture"), "chevron-right", QKeySequence(Qt::CTRL | Qt::Key_Right),
               [this] { workspace_.setCurrentSample(workspace_.currentSample() + 1); });
    addCommand(view, tr("Previous picture"), "chevron-left", QKeySequence(Qt::CTRL | Qt::Key_Left),
               [this] { workspace_.setCurrentSample(workspace_.currentSample() - 1); });
    addCommand(view, tr("Brush on or off"), "brush", QKeySequence(Qt::Key_B), [this] { views_->stage()->toggleBrush(); });
    addCommand(view, tr("Ground truth"), "eye", QKeySequence(Qt::Key_G), [this] { views_->stage()->toggleGroundTruth(); });
    addCommand(view, tr("Error"), "warning", QKeySequence(Qt::Key_O), [this] { views_->stage()->toggleError(); });
    theme_ = addCommand(view, tr("Dark, light or high contrast"), "theme", QKeySequence(tr("Ctrl+T")), [this] { cycleTheme(); });
    addCommand(view, tr("Larger"), "zoom-in", QKeySequence::ZoomIn, [this] { scaleBy(1); });
    addCommand(view, tr("Smaller"), "zoom-out", QKeySequence::ZoomOut, [this] { scaleBy(-1); });
    addCommand(view, tr("Normal size"), "search", QKeySequence(tr("Ctrl+0")), [this] { scaleBy(0); });
    addCommand(view, tr("Next region"), "chevron-right", QKeySequence(Qt::Key_F6), [this] { moveToRegion(1); });
    addCommand(view, tr("Previous region"), "chevron-left", QKeySequence(Qt::SHIFT | Qt::Key_F6), [this] { moveToRegion(-1); });
    addCommand(edit, tr("Search the recipe"), "search", QKeySequence(Qt::Key_Slash),
               [this] { recipe_->search()->setFocus(Qt::ShortcutFocusReason); });
    addCommand(edit, tr("Find any action or setting"), "search", QKeySequence(tr("Ctrl+K")), [this] { openPalette(); });
    help_ = addCommand(help, tr("Keys"), "help", QKeySequence(Qt::Key_Question), [this] { showShortcuts(); });
    addCommand(help, tr("Help on what has the focus"), "help", QKeySequence(Qt::Key_F1), [this] { openHelp(); });
    addCommand(help, tr("Tour: what each part is for"), "teach", {}, [this] { showTour(); });
}

void MainWindow::buildMenus() {
    menu_ = new QMenu(this);
    QString place;
    QMenu* sub = nullptr;
    for (const Command& command : commands_) {
        if (command.place != place) {
            place = command.place;
            const auto existing = menu_->findChild<QMenu*>(place, Qt::FindDirectChildrenOnly);
            sub = existing != nullptr ? existing : menu_->addMenu(place);
            sub->setObjectName(place);
        }
        sub->addAction(command.action);
    }
    runMenu_ = new QMenu(this);
    connect(runMenu_, &QMenu::aboutToShow, this, [this] { fillRunMenu(runMenu_); });
    header_->setMenus(menu_, runMenu_);
    header_->setActions(undo_, redo_, theme_, help_);
}

void MainWindow::fillRunMenu(QMenu* menu) {
    menu->clear();
    for (const auto& run : workspace_.runs()) {
        QAction* action =
            menu->addAction(tr("%1 — %2").arg(run->name, runStateName(run->state)), this, [this, id = run->id] { workspace_.setCurrentRun(id); });
        action->setCheckable(true);
        action->setChecked(run.get() == workspace_.currentRun());
    }
    menu->addSeparator();
    try {
        for (const RecipeEntry& recipe : availableRecipes()) {
            QAction* action = menu->addAction(tr("New run with %1").arg(recipe.name), this, [this, id = recipe.id] {
                Project project = workspace_.project();
                project.recipe = id;
                project.settings.clear();
                workspace_.setProject(project, tr("Recipe %1").arg(id));
            });
            action->setToolTip(recipe.summary);
            action->setEnabled(!workspace_.session().isActive());
        }
    } catch (const std::exception& error) {
        menu->addAction(QString::fromUtf8(error.what()))->setEnabled(false);
    }
    menu->setToolTipsVisible(true);
    menu->addSeparator();
    menu->addAction(icon(QStringLiteral("folder")), tr("Open a run…"), this, &MainWindow::chooseRun);
}

void MainWindow::pressSpace() {
    // A text field keeps its spaces by itself: shortcuts of one key do not reach it
    if (page_ == Page::Welcome) showPage(Page::Explore);
    ActionButton* button = control_->primaryButton();
    button->isAvailable() ? button->click() : status_->showMessage(button->toolTip(), StatusLine::Tone::Warning);
}

void MainWindow::moveToRegion(int direction) {
    QWidget* const regions[] = {header_, control_, recipe_, areas_, inspector_, time_, status_};
    const int count = static_cast<int>(std::size(regions));
    int now = 0;
    for (int i = 0; i < count; ++i) {
        if (QApplication::focusWidget() != nullptr && regions[i]->isAncestorOf(QApplication::focusWidget())) now = i;
    }
    for (int i = 1; i <= count; ++i) {
        QWidget* region = regions[(now + direction * i + 2 * count) % count];
        if (!region->isVisible()) continue;
        for (QWidget* child : region->findChildren<QWidget*>()) {
            if (!child->isVisible() || (child->focusPolicy() & Qt::TabFocus) == 0) continue;
            child->setFocus(Qt::TabFocusReason);
            return;
        }
    }
}

void MainWindow::cycleTheme() {
    const ThemeKind next = themeKind() == ThemeKind::Dark    ? ThemeKind::Light
                           : themeKind() == ThemeKind::Light ? ThemeKind::HighContrast
                                                             : ThemeKind::Dark;
    setTheme(next, themeScalePercent());
}

void MainWindow::scaleBy(int steps) {
    setTheme(themeKind(), steps == 0 ? 100 : themeScalePercent() + steps * kScaleStep);
    applySizes();
}

void MainWindow::chooseData() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("A folder of images, or a run directory"), workspace_.project().data);
    if (folder.isEmpty()) return;
    if (page_ == Page::Welcome) showPage(Page::Explore);
    workspace_.openPath(folder);
}

void MainWindow::chooseRun() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("A run directory"), Workspace::runsFolder());
    if (folder.isEmpty()) return;
    if (page_ == Page::Welcome) showPage(Page::Explore);
    workspace_.openRun(folder);
}

void MainWindow::chooseModel() {
    const QString file = QFileDialog::getOpenFileName(this, tr("A checkpoint of another program: its weights, or the config.json of its folder"), {},
                                                      tr("Checkpoints (*.safetensors *.index.json *.pth *.pt *.bin *.ckpt config.json)"));
    if (file.isEmpty()) return;
    if (page_ == Page::Welcome) showPage(Page::Explore);
    const QFileInfo info(file);
    workspace_.openModel(info.fileName() == QLatin1String("config.json") ? info.path() : file);
}

void MainWindow::askFork(qint64 step, const QString& suggested) {
    const OpenRun* run = workspace_.currentRun();
    if (run == nullptr || run->checkpoints.empty()) return;
    ForkDialog dialog(*run, run->checkpointAt(step).value_or(run->checkpoints.front()), suggested, this);
    if (dialog.exec() == QDialog::Accepted) workspace_.fork(run->id, dialog.step(), dialog.settings());
}

/// Going back is a fork, so that what went wrong stays to be looked at; with the learning rate that led there, it would go wrong again.
void MainWindow::askRollBack(qint64 step) {
    const OpenRun* run = workspace_.currentRun();
    if (run == nullptr) return;
    QString suggested;
    for (const auto& [key, value] : run->settings)
        if (key == QLatin1String("train.optimizer.lr")) suggested = QStringLiteral("%1=%2").arg(key).arg(value.toDouble() / 2, 0, 'g', 4);
    askFork(step, suggested);
}

void MainWindow::askTwin() {
    if (workspace_.reading() == nullptr) return status_->showMessage(workspace_.problem(), StatusLine::Tone::Warning);
    const OpenRun* run = workspace_.currentRun();
    if (run != nullptr && run->checkpoints.empty() && !workspace_.session().isActive())
        return status_->showMessage(tr("A twin begins as the run began, and that checkpoint is not there"), StatusLine::Tone::Warning);
    TwinDialog dialog(run == nullptr ? QString() : run->name, workspace_.reading()->summary, this);
    if (dialog.exec() != QDialog::Accepted) return;
    if (page_ == Page::Welcome) showPage(Page::Compare);
    workspace_.startTwin(dialog.setting());
}

void MainWindow::askFilm() {
    const OpenRun* run = workspace_.currentRun();
    if (run == nullptr || run->checkpoints.empty())
        return status_->showMessage(tr("A film shows how a run learns to fill in one picture: start a run or open one first"),
                                    StatusLine::Tone::Warning);
    const QString place = QFileDialog::getSaveFileName(this, tr("Film of the picture on the stage"), run->name + QStringLiteral(".gif"),
                                                       tr("Animated picture (*.gif)"));
    if (place.isEmpty()) return;
    auto* progress = new QProgressDialog(tr("Asking every checkpoint about the picture on the stage"), tr("Cancel"), 0, 0, this);
    progress->setAttribute(Qt::WA_DeleteOnClose);
    progress->setWindowTitle(tr("Film"));
    progress->setMinimumDuration(0);
    progress->setAutoReset(false);
    connect(&workspace_, &Workspace::filmProgressed, progress, [progress](qint64 done, qint64 total) {
        progress->setMaximum(static_cast<int>(total));
        progress->setValue(static_cast<int>(done));
    });
    connect(&workspace_, &Workspace::filmEnded, progress, &QProgressDialog::close);
    connect(progress, &QProgressDialog::canceled, &workspace_, &Workspace::cancelFilm);
    progress->show();
    workspace_.exportFilm(place.endsWith(QStringLiteral(".gif")) ? place : place + QStringLiteral(".gif"));
}

void MainWindow::openPalette() {
    std::vector<CommandPalette::Entry> entries;
    for (const Command& command : commands_) {
        const QString reason = command.action->isEnabled() ? QString() : tr("nothing to do now");
        entries.push_back({command.action->text(), command.place, command.action->shortcut().toString(QKeySequence::NativeText), reason,
                           [action = command.action] { action->trigger(); }});
    }
    if (const RecipeReading* reading = workspace_.reading()) {
        const RecipeSummary& summary = reading->summary;
        const std::pair<RecipeColumn::Card, const CardSummary*> cards[] = {{RecipeColumn::Mask, &summary.mask},
                                                                           {RecipeColumn::Encoder, &summary.encoder},
                                                                           {RecipeColumn::Target, &summary.target},
                                                                           {RecipeColumn::HeadAndLoss, &summary.head},
                                                                           {RecipeColumn::Schedule, &summary.schedule}};
        for (const auto& [which, card] : cards) {
            for (const SettingRow& row : card->settings)
                entries.push_back({row.key, row.help, row.value, {}, [this, which = which, key = row.key] {
                                       if (page_ == Page::Welcome) showPage(Page::Explore);
                                       recipe_->card(which)->setOpen(true);
                                       for (QLineEdit* edit : recipe_->card(which)->findChildren<QLineEdit*>()) {
                                           if (edit->accessibleName() == key) edit->setFocus(Qt::ShortcutFocusReason);
                                       }
                                   }});
        }
    }
    palette_->open(std::move(entries));
}

void MainWindow::showShortcuts() {
    std::vector<ShortcutSheet::Group> groups;
    for (const Command& command : commands_) {
        if (command.action->shortcut().isEmpty()) continue;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& each) { return each.title == command.place; });
        if (group == groups.end()) group = groups.insert(groups.end(), {command.place, {}});
        group->keys.emplace_back(command.action->shortcut().toString(QKeySequence::NativeText), command.action->text());
    }
    groups.push_back({tr("Stage and time"),
                      {{QStringLiteral("1 … 5"), tr("Which picture is large")},
                       {tr("Arrows"), tr("From patch to patch, from checkpoint to checkpoint")},
                       {QStringLiteral("Home, End"), tr("First and newest step")}}});
    ShortcutSheet(groups, this).exec();
}

void MainWindow::showTour() { TourDialog(this).exec(); }

void MainWindow::copyCommandLine() {
    QGuiApplication::clipboard()->setText(workspace_.commandLine());
    status_->showMessage(tr("Copied: %1").arg(workspace_.commandLine()), StatusLine::Tone::Done);
}

}  // namespace maskscope
