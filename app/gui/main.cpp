#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "app/gui/main_window.h"
#include "app/gui/screenshots.h"
#include "core/version.h"
#include "tensor/device.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kBadUse = 2;
constexpr const char* kWorkOptions[] = {"run", "model", "recipe", "data"};

int misuse(const QString& text) {
    std::fprintf(stderr, "error: %s; see --help\n", qPrintable(text));
    return kBadUse;
}

void addOptions(QCommandLineParser& parser) {
    parser.setApplicationDescription(QStringLiteral("Masked modelling, watched while it happens.\n\nExample: maskscope --recipe mae --data photos"));
    parser.addHelpOption();
    parser.addVersionOption();
    const auto add = [&](const char* name, const char* help, const char* value) {
        parser.addOption({QLatin1String(name), QLatin1String(help), QLatin1String(value)});
    };
    add("run", "opens a run directory, also while another process writes it", "DIR");
    add("model", "opens a checkpoint of another program: a folder with config.json and weights, or a file of weights", "PATH");
    add("step", "the step to look at, with --run; without it the newest", "N");
    add("recipe", "recipe id or TOML file to set up", "ID");
    add("data", "images to set up: folder, archive, CIFAR, IDX, .npy", "PATH");
    add("val", "validation images; without it a share is held out", "PATH");
    add("set", "key=value, laid over the recipe; may be given several times", "KEY=VALUE");
    add("size-preset", "classroom, laptop or paper", "NAME");
    add("page", "welcome, explore, train, compare, masks or teach", "NAME");
    add("theme", "dark, light or contrast; without it as last time, then as the desktop", "NAME");
    add("scale", "size of everything, 80 to 200", "PERCENT");
    add("size", "of the window in pixels", "WxH");
    add("screenshot", "saves every page as PNG in a folder and quits", "DIR");
    add("after", "seconds to wait before --screenshot", "SECONDS");
    parser.addOption({QStringLiteral("start"), QStringLiteral("starts training at once")});
}

std::optional<ThemeKind> themeOf(const QString& name) {
    if (name == QLatin1String("dark")) return ThemeKind::Dark;
    if (name == QLatin1String("light")) return ThemeKind::Light;
    if (name == QLatin1String("contrast")) return ThemeKind::HighContrast;
    return std::nullopt;
}

/// Whether the command line says what to look at.
bool namesWork(const QCommandLineParser& parser) {
    return std::any_of(std::begin(kWorkOptions), std::end(kWorkOptions), [&](const char* name) { return parser.isSet(QLatin1String(name)); });
}

/// What the command line names beside the options that were checked before.
void applyOptions(const QCommandLineParser& parser, MainWindow& window) {
    Project project = window.workspace().project();
    if (parser.isSet(QStringLiteral("recipe"))) {
        project.recipe = parser.value(QStringLiteral("recipe"));
        project.settings.clear();
    }
    if (parser.isSet(QStringLiteral("data"))) {
        project.data = QFileInfo(parser.value(QStringLiteral("data"))).absoluteFilePath();
        project.validation.clear();
    }
    if (parser.isSet(QStringLiteral("val"))) project.validation = QFileInfo(parser.value(QStringLiteral("val"))).absoluteFilePath();
    if (parser.isSet(QStringLiteral("size-preset"))) project.scale = parser.value(QStringLiteral("size-preset"));
    for (const QString& setting : parser.values(QStringLiteral("set")))
        project = project.with(setting.section(QLatin1Char('='), 0, 0), setting.section(QLatin1Char('='), 1));
    if (project != window.workspace().project()) window.workspace().loadProject(project);
    if (parser.isSet(QStringLiteral("run"))) window.workspace().openRun(parser.value(QStringLiteral("run")));
    if (parser.isSet(QStringLiteral("model"))) window.workspace().openModel(parser.value(QStringLiteral("model")));
    const bool work = namesWork(parser);
    if (const auto page = MainWindow::pageOf(parser.value(QStringLiteral("page"))))
        window.showPage(*page);
    else if (work)
        window.showPage(MainWindow::Page::Explore);
}

/// Whether the command line asks for text alone, which needs no display.
bool asksForText(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](const char* word) {
        const std::string_view option(word);
        return option == "--help" || option == "-h" || option == "--help-all" || option == "--version" || option == "-v";
    });
}

void nameApplication() {
    QCoreApplication::setApplicationName(QStringLiteral("maskscope"));
    QCoreApplication::setApplicationVersion(QString::fromLatin1(programVersion()));
}

int run(QApplication& application, const QCommandLineParser& parser) {
    QSettings settings;
    const auto storedKind = settings.contains(QStringLiteral("session/theme"))
                                ? static_cast<ThemeKind>(std::clamp(settings.value(QStringLiteral("session/theme")).toInt(), 0, 2))
                                : systemThemeKind();
    const auto kind = themeOf(parser.value(QStringLiteral("theme")));
    if (parser.isSet(QStringLiteral("theme")) && !kind)
        return misuse(QStringLiteral("--theme is '%1', expected dark, light or contrast").arg(parser.value(QStringLiteral("theme"))));
    if (parser.isSet(QStringLiteral("page")) && !MainWindow::pageOf(parser.value(QStringLiteral("page"))))
        return misuse(
            QStringLiteral("--page is '%1', expected welcome, explore, train, compare, masks or teach").arg(parser.value(QStringLiteral("page"))));
    const int scale = parser.isSet(QStringLiteral("scale")) ? parser.value(QStringLiteral("scale")).toInt()
                                                            : settings.value(QStringLiteral("session/scale"), 100).toInt();
    setTheme(kind.value_or(storedKind), scale);

    MainWindow window;
    const QStringList size = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
    window.resize(size.size() == 2 ? QSize(size[0].toInt(), size[1].toInt()) : QSize(scaled(1440), scaled(900)));
    window.restoreSession(!namesWork(parser));
    if (size.size() == 2) window.resize(size[0].toInt(), size[1].toInt());
    if (parser.isSet(QStringLiteral("screenshot"))) window.setStoresSession(false);
    window.show();
    applyOptions(parser, window);
    if (parser.isSet(QStringLiteral("start"))) {
        QObject::connect(
            &window.workspace(), &Workspace::dataChanged, &window, [&window] { window.workspace().start(); }, Qt::SingleShotConnection);
    }
    if (parser.isSet(QStringLiteral("step"))) {
        const qint64 step = parser.value(QStringLiteral("step")).toLongLong();
        QTimer::singleShot(0, &window, [&window, step] { window.workspace().setCursor(step); });
    }
    if (parser.isSet(QStringLiteral("screenshot")))
        scheduleScreenshots(window, parser.value(QStringLiteral("screenshot")), parser.value(QStringLiteral("after")).toDouble());
    return application.exec();
}

}  // namespace
}  // namespace maskscope

int main(int argc, char** argv) {
    QCommandLineParser parser;
    maskscope::addOptions(parser);
    maskscope::nameApplication();
    if (maskscope::asksForText(argc, argv)) {
        const QCoreApplication application(argc, argv);
        parser.process(application);  // ends the program
    }
    maskscope::loadDeviceLibraries();
    QApplication application(argc, argv);
    QApplication::setApplicationDisplayName(QStringLiteral("Maskscope"));
    QApplication::setDesktopFileName(QStringLiteral("maskscope"));
    parser.process(application);
    return maskscope::run(application, parser);
}
