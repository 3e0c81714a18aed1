#include "waiting.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTimer>

#include "app/gui/workspace.h"

namespace maskscope {

bool waitFor(const std::function<bool()>& holds, int patienceMs) {
    constexpr int kTickMs = 1;
    QTimer tick;
    tick.start(kTickMs);
    QElapsedTimer clock;
    clock.start();
    while (!holds() && clock.elapsed() < patienceMs) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    return holds();
}

void live(int ms) {
    waitFor([] { return false; }, ms);
}

Answers::Answers(Workspace& workspace) {
    QObject::connect(&workspace, &Workspace::pictureChanged, &owner_, [this](const std::shared_ptr<const Picture>& picture, qint64 ofStep) {
        const auto* image = picture ? std::get_if<ImagePicture>(picture.get()) : nullptr;
        if (image == nullptr || image->patchLoss.empty()) return;  // a preview, which no model answered
        hidden = image->hidden;
        step = ofStep;
        ++count;
    });
}

}  // namespace maskscope
