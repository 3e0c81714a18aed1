#include "app/gui/forecast_note.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

#include "analysis/forecast.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

QString sentence(const Forecast& forecast) {
    if (exceedsMemory(forecast))
        return ForecastNote::tr("Needs %1 of memory, %2 are there: choose a smaller train.batch or model")
            .arg(memoryText(forecast.peakBytes), memoryText(forecast.availableBytes));
    const QString time = ForecastNote::tr("About %1").arg(timeSpan(forecast.totalSeconds));
    return forecast.peakBytes > 0.0 ? ForecastNote::tr("%1, %2 of memory").arg(time, memoryText(forecast.peakBytes)) : time;
}

QString details(const Forecast& forecast) {
    QStringList lines{ForecastNote::tr("%1 parameters").arg(significant(static_cast<double>(forecast.parameters)))};
    if (forecast.trialSteps > 0)
        lines << (forecast.trialSamples == forecast.batch
                      ? ForecastNote::tr("%1 a step, measured").arg(timeSpan(forecast.stepSeconds))
                      : ForecastNote::tr("%1 a step, estimated from %2 of %3 samples")
                            .arg(timeSpan(forecast.stepSeconds), exact(forecast.trialSamples), exact(forecast.batch)));
    if (forecast.dataBytes > 0.0) lines << ForecastNote::tr("%1 of decoded images, where they fit").arg(memoryText(forecast.dataBytes));
    lines << ForecastNote::tr("checkpoints of %1, at most %2 in all").arg(fileSize(forecast.checkpointBytes), fileSize(forecast.diskBytes));
    return lines.join(QLatin1Char('\n'));
}

}  // namespace

ForecastNote::ForecastNote(QWidget* parent) : QFrame(parent), mark_(new QLabel(this)), text_(new QLabel(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(scaled(10), scaled(6), scaled(8), scaled(6));
    row->setSpacing(scaled(6));
    row->addWidget(mark_, 0, Qt::AlignTop);
    row->addWidget(text_, 1);
    text_->setWordWrap(true);
    text_->setProperty("role", "label");
    setFocusPolicy(Qt::TabFocus);
    setForecast(nullptr, {});
}

QString ForecastNote::text() const { return text_->text(); }

void ForecastNote::setForecast(std::shared_ptr<const Forecast> forecast, const QString& problem) {
    if (forecast != nullptr) return present(sentence(*forecast), details(*forecast), exceedsMemory(*forecast));
    if (!problem.isEmpty()) return present(tr("What the run takes is not known"), problem, false);
    present(tr("Estimating time and memory"), tr("A few trial steps tell what the run will take; nothing of them is kept"), false);
}

void ForecastNote::present(const QString& text, const QString& help, bool warns) {
    warns_ = warns;
    text_->setText(text);
    setToolTip(help);
    setAccessibleName(tr("Forecast: %1").arg(text));
    setAccessibleDescription(help);
    restyle();
}

void ForecastNote::restyle() {
    const QColor color = warns_ ? theme().warning : theme().text2;
    mark_->setPixmap(icon(warns_ ? QStringLiteral("warning") : QStringLiteral("clock"), color).pixmap(scaled(14), scaled(14)));
    QPalette palette = text_->palette();
    palette.setColor(QPalette::WindowText, color);
    text_->setPalette(palette);
    text_->setFont(maskscope::font(TextStyle::Label));
}

void ForecastNote::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) restyle();
    QFrame::changeEvent(event);
}

}  // namespace maskscope
