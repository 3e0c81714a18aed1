#include "app/gui/bridge/project.h"

#include <QRegularExpression>

namespace maskscope {

Project Project::with(const QString& key, const QString& value) const {
    Project changed = *this;
    const QString entry = key + QLatin1Char('=') + value;
    for (QString& setting : changed.settings) {
        if (setting.section(QLatin1Char('='), 0, 0) == key) {
            setting = entry;
            return changed;
        }
    }
    changed.settings << entry;
    return changed;
}

Project Project::without(const QString& table) const {
    Project changed = *this;
    changed.settings.removeIf([&](const QString& setting) { return setting.startsWith(table + QLatin1Char('.')); });
    return changed;
}

QString Project::commandLine(const QString& out) const {
    QStringList words{QStringLiteral("maskscope-cli"), QStringLiteral("train"), shellWord(recipe), QStringLiteral("--data"), shellWord(data)};
    if (!validation.isEmpty()) words << QStringLiteral("--val") << shellWord(validation);
    words << QStringLiteral("--out") << shellWord(out);
    if (!scale.isEmpty()) words << QStringLiteral("--scale") << scale;
    if (!settings.isEmpty()) words << QStringLiteral("--set");
    for (const QString& setting : settings) words << shellWord(setting);
    if (seed != 0) words << QStringLiteral("--seed") << QString::number(seed);
    if (device != QLatin1String("auto")) words << QStringLiteral("--device") << device;
    return words.join(QLatin1Char(' '));
}

QString shellWord(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=+,-]+$"));
    if (plain.match(word).hasMatch()) return word;
    QString quoted = word;
    return QLatin1Char('\'') + quoted.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

}  // namespace maskscope
