// Curves as figures and as numbers.

#include <QFileDialog>
#include <algorithm>

#include "core/error.h"
#include "widgets/plots/curves_plot.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/run_legend.h"
#include "widgets/plots/skill_badge.h"
#include "widgets/plots/small_curves.h"
#include "widgets/theme/theme.h"

namespace maskscope {

void CurvesView::drawFigure(QCPPainter& painter, const QSize& size) const {
    const double badge = badge_->sizeHint().height();
    badge_->paint(painter, QRectF(0, 0, size.width(), badge));
    const double legend = legend_->paint(painter, QRectF(0, badge + scaled(8), size.width(), scaled(60)));
    const int top = static_cast<int>(badge + legend) + scaled(12);
    const bool hasSmall = !small_->shownMetrics().empty();
    const int smallHeight = hasSmall ? std::max(scaled(72), size.height() / 5) : 0;
    const int plotHeight = size.height() - top - smallHeight - (hasSmall ? scaled(12) : 0);
    painter.save();
    painter.translate(0, top);
    plot_->toPainter(&painter, size.width(), plotHeight);
    painter.restore();
    if (hasSmall) {
        small_->paint(painter, QRectF(0, size.height() - smallHeight, size.width(), smallHeight));
    }
}

void CurvesView::writeTo(const QString& path, const QString& caption, const QString& view) const {
    if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        exportText(path, curves_ ? curves_->csv() : QByteArray());
        return;
    }
    plot_->refresh();  // points may have come since the last drawing
    FigureOptions options;
    options.caption = caption;
    options.view = view;
    exportFigure(path, options, [this](QCPPainter& painter, const QSize& size) { drawFigure(painter, size); });
    plot_->refresh();  // its layout followed the figure's size
}

void CurvesView::exportAs() {
    const QString path = QFileDialog::getSaveFileName(this, tr("Save curves"), QStringLiteral("curves.png"),
                                                      tr("Picture (*.png);;Drawing (*.svg);;Page (*.pdf);;Numbers (*.csv)"));
    if (path.isEmpty()) {
        return;
    }
    try {
        writeTo(path);
        Q_EMIT exported(path);
    } catch (const Error& error) {
        Q_EMIT exportFailed(QString::fromUtf8(error.what()));
    }
}

}  // namespace maskscope
