#pragma once

#include <QSize>
#include <QString>
#include <functional>

class QCPPainter;
class QWidget;

namespace maskscope {

/// Under this name a PNG keeps FigureOptions::view, as a text chunk.
inline constexpr const char* kViewTextKey = "maskscope-view";

/// Widgets with this dynamic property true are controls, left out of figures.
inline constexpr const char* kControlProperty = "control";

/// What a figure is written with.
struct FigureOptions {
    QSize size{1200, 720};  // device-independent pixels
    double scale = 2.0;     // pixels of a PNG for each of them
    QString caption;        // below the figure; empty: none
    QString view;           // kept in a PNG under kViewTextKey, so that dropping it back restores the view
};

/// Draws into an area that starts at (0, 0).
using FigureDrawing = std::function<void(QCPPainter&, const QSize&)>;

/// Writes a figure; the ending of `path` chooses PNG, SVG or PDF. The file appears whole or not at all.
/// @throws FileError if it cannot be written, UsageError if the ending is none of these
void exportFigure(const QString& path, const FigureOptions& options, const FigureDrawing& draw);

/// Writes a view as it stands, without its controls, caption below; `options.size` is taken from it. Pictures stay pictures in SVG and PDF, words and
/// lines are drawn.
/// @throws FileError, UsageError as above
void exportWidget(const QString& path, FigureOptions options, QWidget& widget);

/// The endings and their names as a file dialog wants them.
QString figureFilter();

/// Writes a text file whole or not at all. @throws FileError
void exportText(const QString& path, const QByteArray& text);

}  // namespace maskscope
