#pragma once

#include <QSize>
#include <QString>
#include <functional>

class QCPPainter;

namespace maskscope {

/// What a figure is written with.
struct FigureOptions {
    QSize size{1200, 720};  // device-independent pixels
    double scale = 2.0;     // pixels of a PNG for each of them
    QString caption;        // below the figure; empty: none
    QString view;           // kept in a PNG as the text "maskscope-view", so that dropping it back restores the view
};

/// Draws into an area that starts at (0, 0).
using FigureDrawing = std::function<void(QCPPainter&, const QSize&)>;

/// Writes a figure; the ending of `path` chooses PNG, SVG or PDF. The file appears whole or not at all.
/// @throws FileError if it cannot be written, UsageError if the ending is none of these
void exportFigure(const QString& path, const FigureOptions& options, const FigureDrawing& draw);

/// Writes a text file whole or not at all. @throws FileError
void exportText(const QString& path, const QByteArray& text);

}  // namespace maskscope
