#pragma once

#include <QString>

namespace maskscope {

class MainWindow;

/// Saves every page of the window as <page>.png in a folder (made if need be), then quits the application.
/// @param seconds  to wait first
void scheduleScreenshots(MainWindow& window, const QString& folder, double seconds);

}  // namespace maskscope
