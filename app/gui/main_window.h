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
class HeaderBar;
class Inspector;
class RecipeColumn;
class StatusLine;
class TimePanel;
class WelcomePage;

/// The window: top bars, recipe, centre, inspector, time, status; and the welcome page in their place.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// Arrangements of the centre by what one does.
    enum class Page { Welcome, Explore, Train, Compare, Masks };

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
    void restoreSession();
    void setStoresSession(bool stores) { storesSession_ = stores; }

    ControlBar* controlBar() const { return control_; }
    RecipeColumn* recipeColumn() const { return recipe_; }
    TimePanel* timePanel() const { return time_; }
    ViewSet& views() { return *views_; }
    AreaTree* areas() const { return areas_; }
    StatusLine* statusLine() const { return status_; }

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
    QString layoutOf(Page page) const;
    void applySizes();

    void refreshStatus();
    void refreshRuns();
    void refreshProject();
    void refreshPreview(const Picture& picture);
    void refreshLoss();
    void refreshExamples();
    void drawExamples();
    void pressSpace();
    void moveToRegion(int direction);
    void cycleTheme();
    void scaleBy(int steps);
    void chooseData();
    void chooseRun();
    void askFork(qint64 step);
    void openPalette();
    void showShortcuts();
    void showTour();
    void startExample(const QString& id);
    void copyCommandLine();
    void storeSession() const;

    Workspace workspace_;
    Page page_ = Page::Welcome;
    bool storesSession_ = false;
    HeaderBar* header_;
    ControlBar* control_;
    QStackedWidget* stack_;
    WelcomePage* welcome_;
    RecipeColumn* recipe_;
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
