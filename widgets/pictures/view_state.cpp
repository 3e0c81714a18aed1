#include "widgets/pictures/view_state.h"

#include <QCoreApplication>
#include <utility>

#include "widgets/plots/numbers.h"

namespace maskscope {

QString ViewState::label() const {
    if (kind == Kind::Waiting)
        return step >= 0 ? QCoreApplication::translate("ViewState", "step %1, computing").arg(exact(step))
                         : QCoreApplication::translate("ViewState", "computing");
    if (kind == Kind::Stale) return QCoreApplication::translate("ViewState", "from step %1").arg(exact(step));
    return {};
}

ViewState ViewState::ready() { return {.kind = Kind::Ready, .title = {}, .hint = {}, .action = {}}; }

ViewState ViewState::empty(QString title, QString hint, QString action) {
    return {.kind = Kind::Empty, .title = std::move(title), .hint = std::move(hint), .action = std::move(action)};
}

ViewState ViewState::waiting(qint64 step, double progress) {
    return {.kind = Kind::Waiting, .title = {}, .hint = {}, .action = {}, .step = step, .progress = progress};
}

ViewState ViewState::stale(qint64 step) { return {.kind = Kind::Stale, .title = {}, .hint = {}, .action = {}, .step = step}; }

ViewState ViewState::failed(QString title, QString hint, QString action) {
    return {.kind = Kind::Failed, .title = std::move(title), .hint = std::move(hint), .action = std::move(action)};
}

}  // namespace maskscope
