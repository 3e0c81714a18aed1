#pragma once

#include <QByteArray>
#include <QColor>
#include <QString>

namespace maskscope {

/// The source of an icon in one colour: SVG text, empty if there is no such icon.
QByteArray tintedIconSource(const QString& name, const QColor& color);

}  // namespace maskscope
