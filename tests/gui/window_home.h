#pragma once

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QTemporaryDir>
#include <QtTest>

#include "app/gui/main_window.h"
#include "sample_data/sample_data.h"
#include "widgets/theme/theme.h"

namespace maskscope::testing {

inline constexpr int kLongMs = 60'000;

/// A user's home with a few small pictures, and windows on tiny runs in it.
class WindowHome {
public:
    static constexpr qint64 kSteps = 40;

    WindowHome() {
        qputenv("XDG_DATA_HOME", path(QStringLiteral("data")).toUtf8());
        qputenv("XDG_CONFIG_HOME", path(QStringLiteral("config")).toUtf8());
        setTheme(ThemeKind::Dark);
        generateSampleData(path(QStringLiteral("shapes")).toStdString(), {.trainImages = 40, .testImages = 20, .sidePx = 32});
    }

    QString path(const QString& name) const { return folder_.filePath(name); }

    Project project(const QStringList& settings = {}) const {
        Project project;
        project.data = path(QStringLiteral("shapes/train"));
        project.validation = path(QStringLiteral("shapes/test"));
        const QStringList tiny{
            QStringLiteral("train.steps=40"),          QStringLiteral("train.batch=4"),   QStringLiteral("train.checkpoint_every=10"),
            QStringLiteral("train.validate_every=10"), QStringLiteral("encoder.depth=1"), QStringLiteral("encoder.width=24"),
            QStringLiteral("encoder.heads=2")};
        for (const QString& setting : tiny + settings)
            project = project.with(setting.section(QLatin1Char('='), 0, 0), setting.section(QLatin1Char('='), 1));
        return project;
    }

    /// Puts a tiny run before the window.
    void load(MainWindow& window, const QStringList& settings = {}) const {
        window.workspace().loadProject(project(settings));
        window.showPage(MainWindow::Page::Explore);
    }

    /// The folder of a tiny run that is over; made at the first call.
    QString finishedRun() {
        if (finished_.isEmpty()) finished_ = train({});
        return finished_;
    }

    /// Trains a tiny run in a window of its own. @return its folder; empty if it did not come to its end
    QString train(const QStringList& settings) const {
        MainWindow window;
        load(window, settings);
        Workspace& workspace = window.workspace();
        if (!QTest::qWaitFor([&] { return workspace.data() != nullptr; }, kLongMs)) return {};
        workspace.start();
        if (workspace.currentRun() == nullptr) return {};
        const bool ends = QTest::qWaitFor([&] { return workspace.currentRun()->state == RunState::Finished; }, kLongMs);
        return ends ? workspace.currentRun()->id : QString();
    }

private:
    QTemporaryDir folder_;
    QString finished_;
};

inline void drop(QWidget& window, const QString& path) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);  // makes the window the target
    QCoreApplication::sendEvent(&window, &enter);
    QDropEvent event(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &event);
}

/// Of the messages that a spy of Workspace::messaged caught: warnings and errors.
inline QStringList warningsOf(const QSignalSpy& messages) {
    QStringList warnings;
    for (const auto& message : messages) {
        const auto tone = message[1].value<StatusLine::Tone>();
        if (tone == StatusLine::Tone::Error || tone == StatusLine::Tone::Warning) warnings.append(message[0].toString());
    }
    return warnings;
}

/// Whether one of them has these words.
inline bool warnedOf(const QSignalSpy& messages, const QString& words) { return !warningsOf(messages).filter(words).isEmpty(); }

}  // namespace maskscope::testing
