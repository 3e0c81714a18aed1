#include "widgets/theme/palette.h"

#include <QHash>
#include <QRegularExpression>

namespace maskscope {
namespace {

QHash<QString, QColor> colorsByRole(const ThemeTokens& t) {
    return {
        {"window", t.window},
        {"panel", t.panel},
        {"raised", t.raised},
        {"hover", t.hover},
        {"sel", t.sel},
        {"well", t.well},
        {"border", t.border},
        {"grid", t.grid},
        {"text", t.text},
        {"text2", t.text2},
        {"text3", t.text3},
        {"ctlborder", t.ctlBorder},
        {"accent", t.accent},
        {"running", t.running},
        {"paused", t.paused},
        {"disabled", t.disabled},
        {"warning", t.warning},
        {"error", t.error},
        {"leaks", t.leaks},
        {"live", t.live},
        {"onaccent", t.textOnAccent},
        {"onsemantic", t.textOnSemantic},
    };
}

}  // namespace

QPalette paletteOf(const ThemeTokens& t) {
    QPalette palette;
    palette.setColor(QPalette::Window, t.window);
    palette.setColor(QPalette::Base, t.window);
    palette.setColor(QPalette::AlternateBase, t.panel);
    palette.setColor(QPalette::Button, t.raised);
    palette.setColor(QPalette::ToolTipBase, t.raised);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText, QPalette::ToolTipText, QPalette::BrightText}) {
        palette.setColor(role, t.text);
    }
    palette.setColor(QPalette::PlaceholderText, t.text3);
    palette.setColor(QPalette::Highlight, t.sel);
    palette.setColor(QPalette::HighlightedText, t.text);
    palette.setColor(QPalette::Link, t.accent);
    palette.setColor(QPalette::LinkVisited, t.accent);
    // What Fusion shades its edges with.
    palette.setColor(QPalette::Light, t.hover);
    palette.setColor(QPalette::Midlight, t.hover);
    palette.setColor(QPalette::Mid, t.border);
    palette.setColor(QPalette::Dark, t.border);
    palette.setColor(QPalette::Shadow, t.window);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText, QPalette::HighlightedText, QPalette::PlaceholderText}) {
        palette.setColor(QPalette::Disabled, role, t.disabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, t.raised);
    return palette;
}

QString fillStyleTemplate(const QString& text, const ThemeTokens& tokens, int scalePercent) {
    static const QRegularExpression slot(QStringLiteral("@([a-z0-9]+)|\\$([0-9.]+)"));
    const auto colors = colorsByRole(tokens);
    QString filled;
    qsizetype end = 0;
    for (auto it = slot.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        filled += text.mid(end, match.capturedStart() - end);
        end = match.capturedEnd();
        if (const QString size = match.captured(2); !size.isEmpty()) {
            const double px = size.toDouble();
            filled += QString::number(px > 0 ? qMax(1, qRound(px * scalePercent / 100.0)) : 0) + QStringLiteral("px");
        } else {
            const auto color = colors.constFind(match.captured(1));
            filled += color == colors.constEnd() ? match.captured(0) : color->name();
        }
    }
    return filled + text.mid(end);
}

}  // namespace maskscope
