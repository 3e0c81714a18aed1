#pragma once

#include <QMainWindow>
#include <map>
#include <memory>

#include "app/gui/view_set.h"
#include "app/gui/workspace.h"

class QAction;
class QMenu;
class QSplitter;
class QStackedWidget;

namespace maskscope {

class AreaTree;
class CommandPalette;
class ControlBar;
class ForecastNote;
class HeaderBar;
class HelpBrowser;
class Inspector;
class RecipeColumn;
class StatusLine;
class TeachView;
class TimePanel;
struct ViewMemory;
class WelcomePage;

/// The window: top bars, recipe, centre, inspector, time, status; and the welcome page in their place.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// Arrangements of the centre by what one does.
    enum class Page { Welcome, Explore, Train, Compare, Masks, Teach };

    MainWindow();
    ~MainWindow() override;

    Workspace& workspace() { return workspace_; }
    void showPage(Page page);
    Page page() const { return page_; }
    /// "explore"; for the command line and file names.
    static QString pageId(Page page);
    static std::optional<Page> pageOf(const QString& id);
    static const std::vector<Page>& pages();

    /// Puts back what the last session left; the command line has the last word. Nothing is stored by a window that was not asked.
    /// @param opensRun  also the run that was looked at
    void restoreSession(bool opensRun = true);
    void setStoresSession(bool stores) { storesSession_ = stores; }

    /// A view as PNG, SVG or PDF, as the ending says, with a caption; a PNG keeps what `restoreFigure` needs.
    /// @throws FileError, UsageError
    void writeFigure(const QString& view, const QString& path);
    /// Shows what a PNG of a view showed: run, step, sample, mask, patch. @return  false if it carries no view, or its run is gone
    bool restoreFigure(const QString& path);

    ControlBar* controlBar() const { return control_; }
    RecipeColumn* recipeColumn() const { return recipe_; }
    TeachView* teach() const { return teach_; }
    TimePanel* timePanel() const { return time_; }
    ViewSet& views() { return *views_; }
    AreaTree* areas() const { return areas_; }
    StatusLine* statusLine() const { return status_; }
    CommandPalette* palette() const { return palette_; }
    ForecastNote* forecastNote() const { return forecast_; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Command {
        QAction* action;
        QString place;
    };

    void buildWidgets();
    void buildCommands();
    QAction* addCommand(const QString& place, const QString& text, const char* iconName, const QKeySequence& key, std::function<void()> run);
    void buildMenus();
    void fillRunMenu(QMenu* menu);
    void connectWorkspace();
    void connectPanels();
    void connectRecipe();
    void connectTime();
    void connectTeach();
    void connectFigures();
    ViewMemory viewMemory(const QString& view) const;
    QString figureCaption(const QString& view) const;
    void saveFigure(const QString& view);
    void restoreSample(const ViewMemory& memory);
    /// The page about what has the focus.
    void openHelp();
    void refreshTeach();
    bool teachesPictures() const;
    /// Large type while lessons are shown; as it was when they are left.
    void scaleForTeach(bool teaching);
    QString layoutOf(Page page) const;
    void applySizes();

    void refreshStatus();
    void refreshRuns();
    void refreshProject();
    void refreshPreview(const Picture& picture);
    void refreshLoss();
    void refreshExamples();
    QStringList recentFolders() const;
    void refreshRecentRuns();
    void drawExamples();
    void pressSpace();
    void moveToRegion(int direction);
    void cycleTheme();
    void scaleBy(int steps);
    void chooseData();
    void chooseRun();
    void chooseModel();
    void askFork(qint64 step, const QString& suggested = {});
    void askRollBack(qint64 step);
    void askTwin();
    void askFilm();
    void refreshForecast();
    void openPalette();
    void showShortcuts();
    void showTour();
    void startExample(const QString& id);
    void copyCommandLine();
    void storeSession() const;

    Workspace workspace_;
    Page page_ = Page::Welcome;
    bool storesSession_ = false, closing_ = false;
    HeaderBar* header_;
    ControlBar* control_;
    QStackedWidget* stack_;
    WelcomePage* welcome_;
    TeachView* teach_;
    HelpBrowser* helpBrowser_ = nullptr;
    std::optional<int> scaleBeforeTeach_;
    std::shared_ptr<const Picture> taught_;
    qint64 taughtStep_ = -1;
    RecipeColumn* recipe_;
    ForecastNote* forecast_;
    AreaTree* areas_;
    Inspector* inspector_;
    TimePanel* time_;
    StatusLine* status_;
    QSplitter *columns_, *rows_;
    CommandPalette* palette_;
    ViewSet* views_;
    QMenu *menu_ = nullptr, *runMenu_ = nullptr;
    std::vector<Command> commands_;
    QAction *undo_ = nullptr, *redo_ = nullptr, *theme_ = nullptr, *help_ = nullptr;
    std::map<Page, QString> layouts_;  // as the user left them
    std::map<QString, Project> examples_;
};

}  // namespace maskscope
