#pragma once

#include <QString>
#include <QStringList>

namespace maskscope {

/// What the next run would be made of: everything that the recipe column can change, and nothing else.
struct Project {
    QString recipe = QStringLiteral("mae");  // an id or a file
    QString scale = QStringLiteral("classroom");
    QString data;
    QString validation;    // empty: a share is held out
    QStringList settings;  // "mask.ratio=0.6", in the order in which they were made; one a key
    quint64 seed = 0;
    QString device = QStringLiteral("auto");

    bool operator==(const Project&) const = default;

    /// With one setting more, or another value of it.
    Project with(const QString& key, const QString& value) const;
    /// Without the settings below a table ("mask"): for a change of its strategy.
    Project without(const QString& table) const;
    /// The command that does the same without a window. @param out  the run's folder
    QString commandLine(const QString& out) const;
};

/// A word as a shell takes it: in quotes where it needs them.
QString shellWord(const QString& word);

}  // namespace maskscope
