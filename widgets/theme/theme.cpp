#include "widgets/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QEvent>
#include <QFile>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPointer>
#include <QStyle>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QWidget>
#include <memory>
#include <vector>

#include "widgets/theme/icons.h"
#include "widgets/theme/palette.h"

namespace maskscope {
namespace {

constexpr int kLeastScale = 80, kGreatestScale = 200;

ThemeKind currentKind = ThemeKind::Dark;
int currentScale = 100;

/// A style sheet cannot tint an image: the few that it names are written in the theme's colours, to a folder that lasts as long as
/// the application.
QString writeStyleImages(const ThemeTokens& tokens) {
    static std::unique_ptr<QTemporaryDir> folder;
    if (!folder) {
        folder = std::make_unique<QTemporaryDir>();
        QObject::connect(qApp, &QObject::destroyed, [] { folder.reset(); });
    }
    // A name of its own a theme: Qt caches the images of a style sheet by their file names.
    const QString own = folder->filePath(QStringLiteral("%1").arg(static_cast<int>(currentKind)));
    QDir().mkpath(own);
    const std::pair<const char*, QColor> images[] = {{"chevron-down", tokens.text}, {"check", tokens.textOnAccent}};
    for (const auto& [name, color] : images) {
        QFile file(own + QLatin1Char('/') + QLatin1String(name) + QStringLiteral(".svg"));
        if (file.open(QIODevice::WriteOnly)) file.write(tintedIconSource(QLatin1String(name), color));
    }
    return own;
}

struct FontSize {
    int px;
    QFont::Weight weight;
};

FontSize sizeOf(TextStyle style) {
    switch (style) {
        case TextStyle::PageTitle:
            return {26, QFont::DemiBold};
        case TextStyle::RunName:
        case TextStyle::MetricValue:
            return {14, QFont::DemiBold};
        case TextStyle::AreaTitle:
            return {12, QFont::DemiBold};
        case TextStyle::Body:
            return {12, QFont::Normal};
        case TextStyle::Button:
            return {12, QFont::Medium};
        case TextStyle::Label:
            return {11, QFont::Normal};
        case TextStyle::Tag:
            return {10, QFont::Medium};
        case TextStyle::SkillNumber:
            return {18, QFont::DemiBold};
        case TextStyle::InspectorTitle:
            return {15, QFont::DemiBold};
        case TextStyle::Code:
            return {12, QFont::Normal};
    }
    return {12, QFont::Normal};
}

/// The first installed family of a list. Asked once: the answer does not change while the program runs.
QString installedFamily(const QStringList& wanted, QFontDatabase::SystemFont otherwise) {
    const QStringList installed = QFontDatabase::families();
    for (const QString& family : wanted) {
        if (installed.contains(family)) return family;
    }
    return QFontDatabase::systemFont(otherwise).family();
}

const QString& bodyFamily() {
    static const QString family =
        installedFamily({QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")}, QFontDatabase::GeneralFont);
    return family;
}

const QString& codeFamily() {
    static const QString family = installedFamily({QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono")}, QFontDatabase::FixedFont);
    return family;
}

}  // namespace

const ThemeTokens& theme() { return themeTokens(currentKind); }
ThemeKind themeKind() { return currentKind; }
int themeScalePercent() { return currentScale; }

int scaled(qreal px) {
    const int rounded = qRound(px * currentScale / 100.0);
    return px > 0 ? qMax(1, rounded) : rounded;
}

QFont font(TextStyle style) {
    const FontSize size = sizeOf(style);
    QFont font(style == TextStyle::Code ? codeFamily() : bodyFamily());
    font.setPixelSize(scaled(size.px));
    font.setWeight(size.weight);
    return font;
}

ThemeKind systemThemeKind() {
    const QPalette palette = QGuiApplication::palette();
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness() ? ThemeKind::Dark : ThemeKind::Light;
}

void setTheme(ThemeKind kind, int scalePercent) {
    currentKind = kind;
    currentScale = qBound(kLeastScale, scalePercent, kGreatestScale);
    const ThemeTokens& tokens = theme();
    // Once an application: a style sheet wraps the style, so that its name cannot be asked
    static const char* const kFusionSet = "maskscope_fusion";
    if (!qApp->property(kFusionSet).toBool()) {
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
        qApp->setProperty(kFusionSet, true);
    }
    QApplication::setFont(font(TextStyle::Body));
    // The sheet first: with a new palette alone, widgets would be polished twice.
    qApp->setStyleSheet(styleSheetOf(tokens, currentScale, writeStyleImages(tokens)));
    const QPalette palette = paletteOf(tokens);
    const bool isSame = palette == QApplication::palette();
    QApplication::setPalette(palette);
    if (!isSame) return;                                     // Qt has told every widget
    const QWidgetList widgets = QApplication::allWidgets();  // another scale: fonts of their own, sizes, icons
    for (const QPointer<QWidget>& widget : std::vector<QPointer<QWidget>>(widgets.begin(), widgets.end())) {
        if (widget.isNull()) continue;  // one before it built itself anew
        QEvent change(QEvent::PaletteChange);
        QApplication::sendEvent(widget, &change);
    }
}

}  // namespace maskscope
