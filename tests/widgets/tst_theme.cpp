#include "widgets/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <QtTest>
#include <cmath>
#include <set>

#include "support/test_main.h"
#include "widgets/theme/focus_frame.h"
#include "widgets/theme/palette.h"

using namespace maskscope;

namespace {

/// WCAG 2.1, relative luminance and contrast ratio.
double luminance(const QColor& color) {
    const auto linear = [](double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const double first = luminance(a), second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

int paletteChanges = 0;

class Listener : public QWidget {
protected:
    void changeEvent(QEvent* event) override { paletteChanges += event->type() == QEvent::PaletteChange ? 1 : 0; }
};

}  // namespace

class TestTheme : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { setTheme(ThemeKind::Dark); }

    void anotherScaleAloneIsToldToEveryWidget() {
        setTheme(ThemeKind::Dark);
        Listener listener;
        listener.show();
        paletteChanges = 0;
        setTheme(ThemeKind::Dark, 150);
        QCOMPARE(paletteChanges, 1);
        setTheme(ThemeKind::Light, 150);
        QCoreApplication::processEvents();
        QCOMPARE(paletteChanges, 2);  // once for each
    }

    void textIsReadable_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("dark") << static_cast<int>(ThemeKind::Dark);
        QTest::newRow("light") << static_cast<int>(ThemeKind::Light);
        QTest::newRow("high contrast") << static_cast<int>(ThemeKind::HighContrast);
    }

    /// The smallest ratios that the design allows on every ground that text is placed on.
    void textIsReadable() {
        QFETCH(int, kind);
        const ThemeTokens& t = themeTokens(static_cast<ThemeKind>(kind));
        for (const QColor& ground : {t.window, t.panel, t.raised, t.hover, t.sel}) {
            QVERIFY2(contrast(t.text, ground) >= 7.0, qPrintable(ground.name()));
            QVERIFY2(contrast(t.text2, ground) >= 6.0, qPrintable(ground.name()));
            QVERIFY2(contrast(t.text3, ground) >= 4.5, qPrintable(ground.name()));
        }
        for (const QColor& ground : {t.window, t.panel, t.raised, t.sel}) {
            for (const QColor& color : {t.accent, t.running, t.paused, t.warning, t.error, t.leaks, t.live})
                QVERIFY2(contrast(color, ground) >= 4.4, qPrintable(color.name() + " on " + ground.name()));
        }
        QVERIFY(contrast(t.ctlBorder, t.panel) >= 3.0);
        QVERIFY(contrast(t.textOnAccent, t.accent) >= 4.5);
        for (const RunStyle& run : t.runs) QVERIFY2(contrast(run.color, t.panel) >= 3.0, qPrintable(run.color.name()));
    }

    void everyRunHasAMarkerOfItsOwn() {
        std::set<int> markers;
        for (const RunStyle& run : themeTokens(ThemeKind::Dark).runs) markers.insert(run.marker);
        QCOMPARE(markers.size(), std::size_t{8});
    }

    void theStyleSheetHasNoUnknownRole() {
        for (const ThemeKind kind : {ThemeKind::Dark, ThemeKind::Light, ThemeKind::HighContrast}) {
            const QString sheet = styleSheetOf(themeTokens(kind), 100, QStringLiteral("images"));
            QVERIFY(!sheet.contains(QLatin1Char('@')));
            QVERIFY(!sheet.contains(QLatin1Char('$')));
            QVERIFY(!sheet.contains(QStringLiteral("IMAGES")));
        }
    }

    void templatesTakeColoursAndSizes() {
        const ThemeTokens& t = themeTokens(ThemeKind::Light);
        QCOMPARE(fillStyleTemplate(QStringLiteral("a { color: @accent; width: $10; }"), t, 150),
                 QStringLiteral("a { color: %1; width: 15px; }").arg(t.accent.name()));
        QCOMPARE(fillStyleTemplate(QStringLiteral("@nosuchrole"), t, 100), QStringLiteral("@nosuchrole"));
    }

    void aChangeReachesEveryWidget() {
        setTheme(ThemeKind::Dark);
        Listener listener;
        listener.show();
        paletteChanges = 0;
        setTheme(ThemeKind::Light);
        QCoreApplication::processEvents();
        QVERIFY(paletteChanges > 0);
        QCOMPARE(QApplication::palette().color(QPalette::Window), theme().window);
        QCOMPARE(themeKind(), ThemeKind::Light);
    }

    void everySizeIsScaled() {
        setTheme(ThemeKind::Dark, 150);
        QCOMPARE(scaled(10), 15);
        QCOMPARE(scaled(0.2), 1);
        QCOMPARE(scaled(0), 0);
        QCOMPARE(font(TextStyle::PageTitle).pixelSize(), 39);
        setTheme(ThemeKind::Dark, 1000);
        QCOMPARE(themeScalePercent(), 200);
    }

    void anIconFollowsTheTheme() {
        const QIcon play = icon(QStringLiteral("play"));
        const auto brightest = [&] {
            const QImage image = play.pixmap(QSize(32, 32)).toImage();
            QColor most;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    const QColor color = image.pixelColor(x, y);
                    if (color.alpha() == 255) most = color;
                }
            }
            return most;
        };
        setTheme(ThemeKind::Dark);
        QCOMPARE(brightest(), theme().text);
        setTheme(ThemeKind::Light);
        QCOMPARE(brightest(), theme().text);
        QVERIFY(icon(QStringLiteral("no-such-icon")).isNull());
    }

    /// Colours are named in one place.
    void noOtherFileNamesAColour() {
        const QDir widgets(qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + QStringLiteral("/widgets"));
        QVERIFY(widgets.exists());
        const QRegularExpression hex(QStringLiteral("\"#[0-9a-fA-F]{6}\""));
        for (const QString& folder : {QStringLiteral("panels"), QStringLiteral("plots"), QStringLiteral("attention"), QStringLiteral("compare")}) {
            const QDir inside(widgets.filePath(folder));
            for (const QString& name : inside.entryList({QStringLiteral("*.cpp"), QStringLiteral("*.h")})) {
                QFile file(inside.filePath(name));
                QVERIFY(file.open(QIODevice::ReadOnly));
                QVERIFY2(!hex.match(QString::fromUtf8(file.readAll())).hasMatch(), qPrintable(name));
            }
        }
    }

    void theRingFollowsTheKeyboardOnly() {
        QWidget window;
        auto* column = new QVBoxLayout(&window);
        auto* first = new QPushButton(QStringLiteral("first"));
        auto* second = new QPushButton(QStringLiteral("second"));
        column->addWidget(first);
        column->addWidget(second);
        FocusFrame frame(&window);
        window.show();
        QApplication::setActiveWindow(&window);
        QVERIFY(QTest::qWaitForWindowActive(&window));
        second->setFocus(Qt::OtherFocusReason);  // the first one has it from the start
        QVERIFY(frame.target() == nullptr);
        first->setFocus(Qt::TabFocusReason);
        QCOMPARE(frame.target(), first);
        QVERIFY(frame.isVisible());
        QVERIFY(frame.geometry().contains(first->geometry()));
        QTest::mouseClick(second, Qt::LeftButton);
        QVERIFY(!frame.isVisible());
    }
};

MASKSCOPE_TEST(TestTheme)
#include "tst_theme.moc"
