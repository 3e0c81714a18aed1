#include "widgets/panels/run_state.h"

#include <QCoreApplication>

#include "widgets/theme/theme.h"

namespace maskscope {

RunState runStateOf(SessionState state) {
    switch (state) {
        case SessionState::Preparing:
            return RunState::Preparing;
        case SessionState::Running:
            return RunState::Running;
        case SessionState::Paused:
            return RunState::Paused;
        case SessionState::Saving:
            return RunState::Saving;
        case SessionState::Finished:
            return RunState::Finished;
        case SessionState::Stopped:
            return RunState::Stopped;
        case SessionState::Failed:
            return RunState::Failed;
    }
    return RunState::Ready;
}

QString runStateName(RunState state) {
    const char* context = "maskscope::RunState";
    switch (state) {
        case RunState::Ready:
            return QCoreApplication::translate(context, "Ready");
        case RunState::Preparing:
            return QCoreApplication::translate(context, "Preparing");
        case RunState::Running:
            return QCoreApplication::translate(context, "Running");
        case RunState::Paused:
            return QCoreApplication::translate(context, "Paused");
        case RunState::Saving:
            return QCoreApplication::translate(context, "Saving");
        case RunState::Finished:
            return QCoreApplication::translate(context, "Done");
        case RunState::Stopped:
            return QCoreApplication::translate(context, "Stopped");
        case RunState::Failed:
            return QCoreApplication::translate(context, "Error");
        case RunState::Watching:
            return QCoreApplication::translate(context, "Watching");
    }
    return {};
}

QColor runStateColor(RunState state) {
    switch (state) {
        case RunState::Running:
        case RunState::Watching:
            return theme().running;
        case RunState::Preparing:
        case RunState::Paused:
        case RunState::Saving:
            return theme().paused;
        case RunState::Failed:
            return theme().error;
        case RunState::Ready:
        case RunState::Finished:
        case RunState::Stopped:
            return theme().text2;
    }
    return theme().text2;
}

}  // namespace maskscope
