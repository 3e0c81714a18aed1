#include "app/gui/view_commands.h"

#include <QFileInfo>

#include "app/gui/workspace.h"
#include "widgets/pictures/mask_lab.h"

namespace maskscope {
namespace {

/// The file of the chosen sample; empty where it lies inside of an archive or was made.
QString sampleFile(const Workspace& workspace) {
    const auto index = static_cast<std::size_t>(workspace.currentSample());
    if (index >= workspace.samples().size()) return {};
    const OpenRun* run = workspace.currentRun();
    const QStringList folders =
        run != nullptr ? QStringList{run->validation, run->data} : QStringList{workspace.project().validation, workspace.project().data};
    for (const QString& folder : folders) {
        const QFileInfo file(folder + QLatin1Char('/') + workspace.samples()[index].name);
        if (!folder.isEmpty() && file.isFile()) return file.absoluteFilePath();
    }
    return {};
}

/// "--run runs/first --step 600 --image cat.png"; empty without a run or a file.
QString runAndImage(const Workspace& workspace) {
    const QString file = sampleFile(workspace);
    if (workspace.currentRun() == nullptr || file.isEmpty()) return {};
    QString words = QStringLiteral("--run %1").arg(shellWord(workspace.currentRun()->id));
    const auto step = workspace.currentRun()->checkpointAt(workspace.cursor().value_or(0));
    if (step && !workspace.isFollowing()) words += QStringLiteral(" --step %1").arg(*step);
    return words + QStringLiteral(" --image %1").arg(shellWord(file));
}

QString maskCommands(const Workspace& workspace, const MaskLab& laboratory) {
    const ImageInput* image = workspace.reading() == nullptr ? nullptr : workspace.reading()->spec.input.ifImage();
    if (image == nullptr) return {};
    const MaskLabRequest request = laboratory.request();
    QStringList commands;
    for (const std::string& strategy : request.strategies) {
        const QString name = QString::fromStdString(strategy);
        commands << QStringLiteral("maskscope-cli mask %1 --grid %2x%3 --ratio %4 --seed %5 --count %6 --preview %1.png")
                        .arg(name)
                        .arg(image->gridRows())
                        .arg(image->gridColumns())
                        .arg(request.ratios.front())
                        .arg(request.seeds.front())
                        .arg(request.seeds.size());
    }
    return commands.join(QLatin1Char('\n'));
}

QString viewCommand(const QString& view, const Workspace& workspace, const MaskLab& laboratory) {
    const OpenRun* run = workspace.currentRun();
    if (view == QLatin1String("masks")) return maskCommands(workspace, laboratory);
    if (run == nullptr) return {};
    if (view == QLatin1String("doctor")) return QStringLiteral("maskscope-cli doctor %1").arg(shellWord(run->id));
    if (view == QLatin1String("scatter")) {
        const QString probe = QStringLiteral("maskscope-cli probe %1 --data %2").arg(shellWord(run->id), shellWord(run->data));
        return run->validation.isEmpty() ? probe : probe + QStringLiteral(" --val %1").arg(shellWord(run->validation));
    }
    const QString asked = runAndImage(workspace);
    if (asked.isEmpty()) return {};
    if (view == QLatin1String("attention")) return QStringLiteral("maskscope-cli attention %1 --out attention.png").arg(asked);
    // The command draws masks by itself: a painted one cannot be named
    if (view == QLatin1String("stage") && !workspace.hasOwnMask()) return QStringLiteral("maskscope-cli reconstruct %1 --out pictures").arg(asked);
    return {};
}

}  // namespace

QString commandOf(const QString& view, const Workspace& workspace, const MaskLab& laboratory) {
    const QString own = viewCommand(view, workspace, laboratory);
    return own.isEmpty() ? workspace.commandLine() : own;
}

}  // namespace maskscope
