#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QString>
#include <QVector>
#include <array>

namespace maskscope {

enum class ThemeKind { Dark, Light, HighContrast };

/// How one of up to eight runs is drawn wherever it appears. Never by colour alone once two runs are visible.
struct RunStyle {
    QColor color;
    QVector<qreal> dash;  // px on and off in turn; empty: solid
    int marker;           // 0 circle, 1 triangle up, 2 square, 3 diamond, 4 triangle down, 5 cross, 6 plus, 7 hexagon
};

/// The colours of one theme by their role; nothing outside of theme/ names a colour by its value.
struct ThemeTokens {
    QColor window, panel, raised, hover, sel, well, border, grid, ctlBorder;
    QColor text, text2, text3, disabled, accent, textOnAccent;
    QColor running, paused, warning, error, leaks, live, textOnSemantic;
    std::array<RunStyle, 8> runs;
    qreal lineWidth;  // of run curves, px at 100 %
};

/// The tokens of the application's theme. They change together with a QEvent::PaletteChange to every widget. GUI thread.
const ThemeTokens& theme();
ThemeKind themeKind();
int themeScalePercent();

/// The tokens of any theme, whichever one is shown.
const ThemeTokens& themeTokens(ThemeKind kind);

/// Sets tokens, palette, font and style sheet of the application, and draws icons anew.
/// @param scalePercent  80 to 200; what is beyond is clamped
void setTheme(ThemeKind kind, int scalePercent = 100);

/// The theme that the desktop's own colours come closest to.
ThemeKind systemThemeKind();

/// Device-independent pixels at the current scale, rounded; at least 1 for anything above 0.
int scaled(qreal px);

enum class TextStyle { PageTitle, RunName, MetricValue, AreaTitle, Body, Button, Label, Tag, SkillNumber, InspectorTitle, Code };

/// The font of a style at the current scale. Figures change their width in proportional fonts before Qt 6.7: see NumberLabel.
QFont font(TextStyle style);

/// resources/icons/<name>.svg in the theme's text colour, disabled in its disabled colour, on (checked) in its accent.
/// It follows theme changes by itself. An unknown name is a null icon.
QIcon icon(const QString& name);
/// The same in one colour.
QIcon icon(const QString& name, const QColor& color);

}  // namespace maskscope
