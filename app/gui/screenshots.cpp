#include "app/gui/screenshots.h"

#include <QApplication>
#include <QDir>
#include <QTimer>
#include <cstdio>
#include <memory>

#include "app/gui/main_window.h"

namespace maskscope {
namespace {

constexpr int kSettleMs = 1500;  // until the views of a page have their answers

/// Shows one page after the other and saves each.
void shoot(MainWindow& window, const QString& folder, std::size_t index) {
    if (index >= MainWindow::pages().size()) {
        QApplication::quit();
        return;
    }
    const MainWindow::Page page = MainWindow::pages()[index];
    window.showPage(page);
    QTimer::singleShot(kSettleMs, &window, [&window, folder, index, page] {
        const QString file = folder + QLatin1Char('/') + MainWindow::pageId(page) + QStringLiteral(".png");
        if (!window.grab().save(file)) {
            std::fprintf(stderr, "error: %s cannot be written; choose a folder that can be\n", qPrintable(file));
            QApplication::exit(1);
            return;
        }
        shoot(window, folder, index + 1);
    });
}

}  // namespace

void scheduleScreenshots(MainWindow& window, const QString& folder, double seconds) {
    QDir().mkpath(folder);
    QTimer::singleShot(static_cast<int>(seconds * 1000), &window, [&window, folder] { shoot(window, folder, 0); });
}

}  // namespace maskscope
