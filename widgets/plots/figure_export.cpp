#include "widgets/plots/figure_export.h"

#include <qcustomplot.h>

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QImage>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QWidget>
#include <vector>

#include "core/error.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kMarginPx = 16;
constexpr int kCaptionPx = 28;
constexpr int kDotsPerInch = 96;  // device-independent pixels

void drawFigure(QCPPainter& painter, const FigureOptions& options, const FigureDrawing& draw) {
    const int captionHeight = options.caption.isEmpty() ? 0 : scaled(kCaptionPx);
    const int margin = scaled(kMarginPx);
    painter.fillRect(QRect(QPoint(0, 0), options.size), theme().panel);
    painter.save();
    painter.translate(margin, margin);
    draw(painter, options.size - QSize(2 * margin, 2 * margin + captionHeight));
    painter.restore();
    if (captionHeight > 0) {
        painter.setPen(theme().text2);
        painter.setFont(maskscope::font(TextStyle::Body));
        painter.drawText(QRect(margin, options.size.height() - margin - captionHeight, options.size.width() - 2 * margin, captionHeight),
                         Qt::AlignLeft | Qt::AlignBottom | Qt::TextWordWrap, options.caption);
    }
}

QByteArray asPng(const FigureOptions& options, const FigureDrawing& draw) {
    QImage image(options.size * options.scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(options.scale);
    QCPPainter painter;
    painter.begin(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    drawFigure(painter, options, draw);
    painter.end();
    image.setText(QLatin1String(kViewTextKey), options.view);
    image.setText(QStringLiteral("Description"), options.caption);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray asSvg(const FigureOptions& options, const FigureDrawing& draw) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(kDotsPerInch);
    generator.setSize(options.size);
    generator.setViewBox(QRect(QPoint(0, 0), options.size));
    generator.setDescription(options.caption);
    QCPPainter painter;
    painter.begin(&generator);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    drawFigure(painter, options, draw);
    painter.end();
    return bytes;
}

QByteArray asPdf(const FigureOptions& options, const FigureDrawing& draw) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kDotsPerInch);
        writer.setPageMargins(QMarginsF(0, 0, 0, 0));
        writer.setPageSize(QPageSize(QSizeF(options.size) / kDotsPerInch, QPageSize::Inch));
        writer.setTitle(options.caption);
        QCPPainter painter;
        painter.begin(&writer);
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        drawFigure(painter, options, draw);
        painter.end();
    }
    return bytes;
}

/// A view without its controls, as long as this lives.
class ControlsHidden {
public:
    explicit ControlsHidden(const QWidget& view) {
        for (QWidget* child : view.findChildren<QWidget*>())
            if (child->property(kControlProperty).toBool() && child->isVisibleTo(&view)) hidden_.push_back(child);
        showAll(false);
    }
    ~ControlsHidden() { showAll(true); }
    Q_DISABLE_COPY(ControlsHidden)

private:
    void showAll(bool shown) {
        for (QWidget* control : hidden_) control->setVisible(shown);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    }

    std::vector<QWidget*> hidden_;
};

QString tr(const char* text) { return QCoreApplication::translate("maskscope::Figure", text); }

}  // namespace

QString figureFilter() { return tr("Picture (*.png);;Drawing (*.svg);;Page (*.pdf)"); }

void exportWidget(const QString& path, FigureOptions options, QWidget& widget) {
    const int caption = options.caption.isEmpty() ? 0 : scaled(kCaptionPx);
    options.size = widget.size() + QSize(2 * scaled(kMarginPx), 2 * scaled(kMarginPx) + caption);
    const ControlsHidden withoutControls(widget);
    exportFigure(path, options, [&widget](QCPPainter& painter, const QSize&) {
        widget.render(&painter, QPoint(0, 0), QRegion(), QWidget::DrawWindowBackground | QWidget::DrawChildren);
    });
}

void exportText(const QString& path, const QByteArray& text) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        throw FileError(path.toStdString() + ": cannot be written: " + file.errorString().toStdString() + "; choose another folder");
    }
}

void exportFigure(const QString& path, const FigureOptions& options, const FigureDrawing& draw) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png")) {
        exportText(path, asPng(options, draw));
    } else if (ending == QLatin1String("svg")) {
        exportText(path, asSvg(options, draw));
    } else if (ending == QLatin1String("pdf")) {
        exportText(path, asPdf(options, draw));
    } else {
        throw UsageError(path.toStdString() + ": '" + ending.toStdString() + "' is no form of figure; end the name with .png, .svg or .pdf");
    }
}

}  // namespace maskscope
