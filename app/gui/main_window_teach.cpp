#include <algorithm>

#include "app/gui/main_window.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/control_bar.h"
#include "widgets/teach/teach_view.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kTeachPercent = 150;

}  // namespace

void MainWindow::connectTeach() {
    connect(teach_, &TeachView::stepRequested, &workspace_, &Workspace::singleStep);
    connect(teach_, &TeachView::startRequested, this, [this] {
        if (teachesPictures()) return pressSpace();
        startExample(QStringLiteral("mae"));
        showPage(Page::Teach);
    });
    connect(&workspace_, &Workspace::pictureChanged, this, [this](const std::shared_ptr<const Picture>& picture, qint64 step) {
        taught_ = picture;
        taughtStep_ = step;
        refreshTeach();
    });
    connect(&workspace_, &Workspace::statusChanged, this, &MainWindow::refreshTeach);
}

void MainWindow::refreshTeach() {
    if (page_ != Page::Teach) return;
    TeachView::Facts facts;
    if (taught_ != nullptr && std::holds_alternative<ImagePicture>(*taught_)) facts.picture = {taught_, std::get_if<ImagePicture>(taught_.get())};
    facts.step = taughtStep_;
    facts.parameters = workspace_.parameterCount();
    if (!teachesPictures())
        facts.noPicture = workspace_.session().isActive() ? tr("This run is not on pictures. Stop it to start one that is.")
                                                          : tr("The recipe is not on pictures. Start one that is.");
    if (!control_->stepButton()->isAvailable()) facts.cannotStep = control_->stepButton()->toolTip();
    teach_->setFacts(facts);
}

/// Lessons are about pictures; recipes on texts and graphs have none.
bool MainWindow::teachesPictures() const { return workspace_.reading() == nullptr || workspace_.reading()->summary.kind == SampleKind::Image; }

void MainWindow::scaleForTeach(bool teaching) {
    if (teaching == scaleBeforeTeach_.has_value()) return;
    if (teaching) scaleBeforeTeach_ = themeScalePercent();
    setTheme(themeKind(), teaching ? std::max(kTeachPercent, *scaleBeforeTeach_) : *std::exchange(scaleBeforeTeach_, std::nullopt));
    refreshTeach();
}

}  // namespace maskscope
