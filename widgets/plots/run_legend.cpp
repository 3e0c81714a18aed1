#include "widgets/plots/run_legend.h"

#include <QEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <algorithm>

#include "widgets/plots/run_marker.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kSampleWidthPx = 26;
constexpr int kSampleHeightPx = 12;
constexpr int kGapPx = 6;
constexpr int kWidestNamePx = 180;

/// A piece of a run's line with its marker.
void drawSample(QPainter& painter, const QRectF& area, int styleIndex, bool dashed, bool withMarker) {
    const RunStyle& style = theme().runs.at(static_cast<std::size_t>(styleIndex));
    const qreal width = theme().lineWidth * scaled(1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(dashed ? dashedPen(style.color, width, validationDash()) : withMarker ? runPen(style, width) : QPen(style.color, width));
    painter.drawLine(QLineF(area.left(), area.center().y(), area.right(), area.center().y()));
    if (withMarker) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(style.color);
        painter.drawPath(markerPath(style.marker, scaled(8)).translated(area.center()));
        painter.setBrush(Qt::NoBrush);
    }
}

QIcon sampleIcon(const QSize& size, qreal ratio, int style, bool dashed, bool withMarker) {
    QPixmap pixmap(size * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    drawSample(painter, QRectF(QPointF(1, 0), QSizeF(size.width() - 2, size.height())), style, dashed, withMarker);
    return QIcon(pixmap);
}

}  // namespace

RunLegend::RunLegend(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Runs"));
}

void RunLegend::setCurves(RunCurves* curves) {
    if (curves_) {
        curves_->disconnect(this);
    }
    curves_ = curves;
    if (curves_) {
        connect(curves_, &RunCurves::runsChanged, this, &RunLegend::rebuild);
    }
    rebuild();
}

void RunLegend::setCurrentRun(const QString& id) {
    if (id != currentId_) {
        currentId_ = id;
        rebuild();
    }
}

void RunLegend::setValidationVisible(bool visible) {
    if (visible != validation_) {
        validation_ = visible;
        rebuild();
    }
}

void RunLegend::setOnlyValidation(bool only) {
    if (only != onlyValidation_) {
        onlyValidation_ = only;
        rebuild();
    }
}

std::vector<RunLegend::Entry> RunLegend::entries() const {
    std::vector<Entry> all;
    if (!curves_) {
        return all;
    }
    const auto& runs = curves_->runs();
    if (runs.size() == 1 && !onlyValidation_) {
        all.push_back({runs[0].id, tr("train"), runs[0].style, false, false, runs[0].visible, false});
    }
    const auto visible = std::count_if(runs.begin(), runs.end(), [](const RunCurves::Run& run) { return run.visible; });
    for (const RunCurves::Run& run : runs) {
        if (runs.size() > 1) {
            all.push_back({run.id, run.name, run.style, false, visible > 1, run.visible, run.id == currentId_});
        }
    }
    if (!runs.empty() && (onlyValidation_ ? runs.size() == 1 : validation_)) {
        const auto shown = std::find_if(runs.begin(), runs.end(), [this](const RunCurves::Run& run) { return run.id == currentId_; });
        const int style = shown == runs.end() ? runs[0].style : shown->style;
        all.push_back({QString(), tr("validation"), style, true, false, true, false});
    }
    return all;
}

void RunLegend::rebuild() {
    for (QToolButton* button : buttons_) {
        button->hide();
        button->deleteLater();  // it may be the one whose click led here
    }
    buttons_.clear();
    for (const Entry& entry : entries()) {
        addButton(entry);
    }
    arrange(width(), true);
    updateGeometry();
}

void RunLegend::addButton(const Entry& entry) {
    auto* button = new QToolButton(this);
    const QSize sample(scaled(kSampleWidthPx), scaled(kSampleHeightPx));
    button->setIcon(sampleIcon(sample, devicePixelRatioF(), entry.style, entry.dashed, entry.withMarker));
    button->setIconSize(sample);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    QFont textFont = maskscope::font(TextStyle::Label);
    textFont.setBold(entry.current);
    textFont.setStrikeOut(!entry.visible);
    button->setFont(textFont);
    button->setText(QFontMetrics(textFont).elidedText(entry.text, Qt::ElideMiddle, scaled(kWidestNamePx)));
    button->setAccessibleName(entry.visible ? entry.text : tr("%1, hidden").arg(entry.text));
    if (!entry.id.isEmpty() && curves_->runs().size() > 1) {
        button->setToolTip(tr("%1\nClick: badge and small curves show this run. Ctrl + click: show or hide it.").arg(entry.text));
        const QString id = entry.id;
        const bool visible = entry.visible;
        const auto toggle = [this, id, visible] {
            if (curves_ && curves_->find(id) != nullptr) {
                curves_->setVisible(id, !visible);
            }
        };
        connect(button, &QToolButton::clicked, this, [this, id, toggle] {
            if (QGuiApplication::keyboardModifiers().testFlag(Qt::ControlModifier)) {
                toggle();
            } else {
                Q_EMIT runChosen(id);
            }
        });
        auto* show = new QAction(visible ? tr("Hide %1").arg(entry.text) : tr("Show %1").arg(entry.text), button);
        connect(show, &QAction::triggered, this, toggle);
        button->addAction(show);
        button->setContextMenuPolicy(Qt::ActionsContextMenu);
    } else {
        button->setFocusPolicy(Qt::NoFocus);
        button->setAttribute(Qt::WA_TransparentForMouseEvents);
    }
    button->ensurePolished();  // its size is asked for before it is shown
    button->show();
    buttons_.push_back(button);
}

/// Buttons from left to right in as many lines as they need. @return  the height
int RunLegend::arrange(int width, bool move) const {
    int x = 0;
    int y = 0;
    int lineHeight = 0;
    for (QToolButton* button : buttons_) {
        const QSize size = button->sizeHint();
        if (x > 0 && x + size.width() > width) {
            x = 0;
            y += lineHeight;
            lineHeight = 0;
        }
        if (move) {
            button->setGeometry(x, y, std::min(size.width(), width), size.height());
        }
        x += size.width() + scaled(kGapPx);
        lineHeight = std::max(lineHeight, size.height());
    }
    return y + lineHeight;
}

double RunLegend::paint(QPainter& painter, const QRectF& area) const {
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter.font());
    const double height = std::max(metrics.height(), static_cast<double>(scaled(kSampleHeightPx))) + scaled(4);
    double x = area.left();
    double y = area.top();
    for (const Entry& entry : entries()) {
        if (!entry.visible) {
            continue;
        }
        const double width = scaled(kSampleWidthPx + kGapPx) + metrics.horizontalAdvance(entry.text) + 2 * scaled(kGapPx);
        if (x > area.left() && x + width > area.right()) {
            x = area.left();
            y += height;
        }
        drawSample(painter, QRectF(x, y, scaled(kSampleWidthPx), height), entry.style, entry.dashed, entry.withMarker);
        painter.setPen(theme().text2);
        painter.drawText(QRectF(x + scaled(kSampleWidthPx + kGapPx), y, width, height), Qt::AlignVCenter | Qt::AlignLeft, entry.text);
        x += width;
    }
    return y + height - area.top();
}

int RunLegend::heightForWidth(int width) const { return arrange(width, false); }

QSize RunLegend::sizeHint() const { return {scaled(240), arrange(std::max(width(), scaled(240)), false)}; }

QSize RunLegend::minimumSizeHint() const { return {scaled(100), buttons_.empty() ? 0 : buttons_.front()->sizeHint().height()}; }

void RunLegend::resizeEvent(QResizeEvent*) {
    if (arrange(width(), true) != height()) {
        updateGeometry();
    }
}

void RunLegend::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        rebuild();
    }
}

}  // namespace maskscope
