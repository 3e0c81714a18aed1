#pragma once

#include <QColor>
#include <QString>

#include "snapshot/session.h"

namespace maskscope {

/// Where the run of a window stands, as its badge and buttons see it.
enum class RunState {
    Ready,      // nothing runs; everything is set to start
    Preparing,  // data are opened, reference lines are measured
    Running,
    Paused,
    Saving,
    Finished,
    Stopped,  // can be resumed
    Failed,
    Watching  // another process writes the run
};

RunState runStateOf(SessionState state);
/// "Running"; translated.
QString runStateName(RunState state);
/// The semantic colour of a state.
QColor runStateColor(RunState state);
/// Whether training goes on by this window's hand.
constexpr bool isActive(RunState state) {
    return state == RunState::Preparing || state == RunState::Running || state == RunState::Paused || state == RunState::Saving;
}

}  // namespace maskscope
