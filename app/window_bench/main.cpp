#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/gui/main_window.h"
#include "model_bench.h"
#include "tensor/device.h"
#include "training_bench.h"
#include "views_bench.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

nlohmann::json quantiles(std::vector<double> values) {
    if (values.empty()) return nullptr;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) { return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]; };
    return {{"median", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"max", values.back()}, {"count", values.size()}};
}

int fail(const QString& problem) {
    std::fprintf(stderr, "error: %s\n", qPrintable(problem));
    return 1;
}

int run(const QCommandLineParser& parser, const QElapsedTimer& sinceStart) {
    setTheme(ThemeKind::Dark);
    MainWindow window;
    window.setStoresSession(false);
    window.resize(1440, 900);
    Project project;
    project.data =
        parser.isSet(QStringLiteral("data")) ? parser.value(QStringLiteral("data")) : DataDesk::sampleDataFolder() + QStringLiteral("/train");
    window.workspace().loadProject(project);
    window.showPage(MainWindow::Page::Explore);
    window.show();
    QCoreApplication::processEvents();
    const double windowMs = static_cast<double>(sinceStart.nsecsElapsed()) / 1e6;
    if (parser.isSet(QStringLiteral("model"))) {
        const ModelBench model = benchModel(window, parser.value(QStringLiteral("model")), parser.value(QStringLiteral("repeats")).toInt());
        if (!model.problem.isEmpty()) return fail(model.problem);
        std::printf("%s\n", nlohmann::json{{"window_ms", windowMs}, {"model_ms", model.firstReconstructionMs}}.dump(2).c_str());
        return 0;
    }
    const TrainingBench training =
        benchTraining(window, parser.value(QStringLiteral("strokes")).toInt(), parser.value(QStringLiteral("seconds")).toInt());
    if (!training.problem.isEmpty()) return fail(training.problem);
    window.hide();
    const int redraws = parser.value(QStringLiteral("redraws")).toInt();
    const CurvesBench curves = benchCurves(redraws);
    const TableBench table = benchTable(redraws);
    const nlohmann::json report{{"window_ms", windowMs},
                                {"first_reconstruction_ms", training.firstReconstructionMs},
                                {"steps", training.steps},
                                {"stroke_ms", quantiles(training.strokeMs)},
                                {"event_delay_ms", quantiles(training.quietDelayMs)},
                                {"event_delay_while_painting_ms", quantiles(training.busyDelayMs)},
                                {"million_points", {{"zoom_ms", quantiles(curves.zoomMs)}, {"growth_ms", quantiles(curves.growthMs)}}},
                                {"thousand_runs",
                                 {{"fill_ms", table.fillMs},
                                  {"sort_ms", quantiles(table.sortMs)},
                                  {"search_ms", quantiles(table.searchMs)},
                                  {"scroll_ms", quantiles(table.scrollMs)}}}};
    std::printf("%s\n", report.dump(2).c_str());
    return 0;
}

}  // namespace
}  // namespace maskscope

int main(int argc, char** argv) {
    QElapsedTimer sinceStart;
    sinceStart.start();
    maskscope::loadDeviceLibraries();
    const QTemporaryDir home;  // runs and settings of this program alone
    for (const char* place : {"XDG_DATA_HOME", "XDG_CONFIG_HOME"}) qputenv(place, home.filePath(QLatin1String(place)).toUtf8());
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("maskscope-window-bench"));
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Measures what a person at the window waits for; JSON on stdout.\n\nExample: xvfb-run -a maskscope-window-bench --strokes 100"));
    parser.addHelpOption();
    const auto add = [&](const char* name, const char* help, const char* value, const char* standard) {
        parser.addOption({QLatin1String(name), QLatin1String(help), QLatin1String(value), QLatin1String(standard)});
    };
    parser.addOption({QStringLiteral("data"), QStringLiteral("images; without it sample pictures are drawn"), QStringLiteral("PATH")});
    parser.addOption({QStringLiteral("model"), QStringLiteral("measures how long this checkpoint takes to its first picture, and nothing else"),
                      QStringLiteral("PATH")});
    add("repeats", "of --model", "N", "5");
    add("strokes", "masks that change while it trains", "N", "60");
    add("seconds", "of training without a stroke", "N", "10");
    add("redraws", "of the curves and the table", "N", "40");
    parser.process(application);
    return maskscope::run(parser, sinceStart);
}
