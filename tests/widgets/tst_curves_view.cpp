#include "widgets/plots/curves_view.h"

#include <qcustomplot.h>

#include <QImageReader>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>
#include <cmath>

#include "core/error.h"
#include "support/test_main.h"
#include "widgets/mouse.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/axis_ticks.h"
#include "widgets/plots/curves_plot.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/run_legend.h"
#include "widgets/plots/skill_badge.h"
#include "widgets/plots/small_curves.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using maskscope::testing::showSized;

namespace {

void grow(RunCurves& curves, const QString& id, int from, int to) {
    std::vector<StepRecord> records;
    for (int step = from; step <= to; ++step) {
        records.push_back(
            {step, 0.4 + 0.6 * std::exp(-step / 300.0) + 0.02 * std::sin(step * 1.7), 1e-3 * std::exp(-step / 1000.0), 1.0, 0.1 * step, 500.0});
    }
    curves.append(id, records);
}

void validate(RunCurves& curves, const QString& id, int step, double pixels, double objective) {
    ValidationRecord record;
    record.step = step;
    record.objective = objective;
    record.pixelLoss = pixels;
    record.baselines = {1.0, 0.87, 0.71};
    record.skill = 1.0 - pixels;
    curves.append(id, record);
}

QToolButton* button(const QWidget& widget, const QString& text) {
    for (QToolButton* candidate : widget.findChildren<QToolButton*>()) {
        if (candidate->text() == text) {
            return candidate;
        }
    }
    return nullptr;
}

/// A switch of that name; the legend has buttons of its own.
QToolButton* toggle(const QWidget& widget, const QString& text) {
    for (QToolButton* candidate : widget.findChildren<QToolButton*>()) {
        if (candidate->text() == text && candidate->isCheckable()) {
            return candidate;
        }
    }
    return nullptr;
}

/// Pixels of a picture that are nearer to `color` than to the ground.
int pixelsLike(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            count +=
                std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) + std::abs(pixel.blue() - color.blue()) < 40 ? 1 : 0;
        }
    }
    return count;
}

}  // namespace

class TestCurvesView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        setTheme(ThemeKind::Dark, 100);
    }

    void ticksAreRound() {
        QCOMPARE(tickSpacing(1.0, 5), 0.2);
        QCOMPARE(tickSpacing(18400.0, 5), 5000.0);
        QCOMPARE(tickSpacing(0.0, 5), 1.0);
        QCOMPARE(axisEnd(18400.0, 5), 20000.0);
        QCOMPARE(axisEnd(20000.0, 5), 20000.0);
        QCOMPARE(axisEnd(20001.0, 5), 25000.0 * 1.0);
    }

    void withoutPointsItSaysWhatWouldBeHere() {
        CurvesView view;
        showSized(view, 380, 400);
        auto* layer = view.findChild<StateLayer*>();
        QCOMPARE(layer->state().kind, ViewState::Kind::Empty);
        QVERIFY(!layer->state().hint.isEmpty());
        RunCurves curves;
        curves.addRun("a", "first", 0);
        view.setCurves(&curves);
        QCOMPARE(layer->state().kind, ViewState::Kind::Empty);
        grow(curves, "a", 1, 10);
        QTRY_COMPARE(layer->state().kind, ViewState::Kind::Ready);
        view.setState(ViewState::failed("The run was deleted", "What was read stays."));
        QCOMPARE(layer->state().kind, ViewState::Kind::Failed);
    }

    void itDrawsAtMostTenTimesASecond() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 380, 400);
        QTest::qWait(250);
        const int before = view.redrawCount();
        QElapsedTimer timer;
        timer.start();
        int step = 0;
        while (timer.elapsed() < 1000) {
            ++step;
            grow(curves, "a", step, step);
            QCoreApplication::processEvents();
        }
        const int redraws = view.redrawCount() - before;
        QVERIFY2(redraws <= 10, qPrintable(QString::number(redraws)));
        QVERIFY2(redraws >= 3 && step > 20, qPrintable(QStringLiteral("%1 redraws, %2 steps").arg(redraws).arg(step)));
        QTRY_VERIFY(view.plot()->xAxis->range().upper >= step);  // the last point is drawn too
    }

    void theRunIsSeenInItsColour() {
        RunCurves curves;
        curves.addRun("a", "first", 4);
        grow(curves, "a", 1, 500);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        QTest::qWait(150);
        QVERIFY(pixelsLike(view.plot()->grab().toImage(), theme().runs[4].color) > 100);
        curves.setVisible("a", false);
        QTest::qWait(150);
        QCOMPARE(pixelsLike(view.plot()->grab().toImage(), theme().runs[4].color), 0);
    }

    void theBadgeSaysWhatTheDataSay() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        CurvesView view;
        view.setCurves(&curves);
        QTRY_VERIFY(view.badge()->sentence().contains("first validation"));
        validate(curves, "a", 100, 0.9, 0.9);
        validate(curves, "a", 300, 0.355, 0.355);
        QTRY_COMPARE(QString(view.badge()->sentence()).replace(QChar(u'\u202F'), ' '), QStringLiteral("Beats smooth inpainting by 50 %"));
        QVERIFY(view.badge()->accessibleName().contains("0.645"));
        view.setTimeCursor(200.0);
        QVERIFY(view.badge()->sentence().contains("the mean patch"));
    }

    void aNarrowBadgeLosesNoWord() {
        SkillBadge badge;
        const QString sentence = QStringLiteral("Beats the nearest visible patch by 12 %, not yet smooth inpainting");
        badge.setSkill(SkillSummary{.skill = 0.1, .sentence = sentence, .details = QStringLiteral("Pixel error 0.151, step 200")}, {});
        QCOMPARE(badge.lines(scaled(900)), QStringList(sentence));
        const QStringList narrow = badge.lines(scaled(270));  // beside the stage of a small window
        QVERIFY(narrow.size() > 1);
        QCOMPARE(narrow.join(QLatin1Char(' ')), sentence);
        const QFontMetricsF metrics(font(TextStyle::AreaTitle));
        for (const QString& line : narrow) QVERIFY2(metrics.horizontalAdvance(line) <= scaled(270 - 72 - 9), qPrintable(line));
    }

    void rawValuesOfAFastBeginningAreOnTheAxis() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        std::vector<StepRecord> records;
        for (int step = 1; step <= 10; ++step) records.push_back({step, 1.7 - 0.1 * step, 1e-3, 1.0, 0.1 * step, 500.0});
        curves.append("a", records);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 600, 400);
        QTRY_VERIFY(view.plot()->xAxis->range().upper >= 10.0);
        QVERIFY2(view.plot()->yAxis->range().lower <= 0.7, "the newest values lie below the axis");
    }

    void oneWildValueFlattensNoCurve() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 600);
        std::vector<StepRecord> wild{{601, 400.0, 1e-3, 1.0, 60.1, 500.0}};
        curves.append("a", wild);
        grow(curves, "a", 602, 1200);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 600, 400);
        QTRY_VERIFY(view.plot()->xAxis->range().upper >= 1200.0);
        QVERIFY(view.plot()->yAxis->range().upper < 50.0);
    }

    void referenceLinesStandOnlyOnTheirOwnScale() {
        RunCurves curves;
        curves.addRun("a", "pixels", 0);
        grow(curves, "a", 1, 300);
        validate(curves, "a", 100, 0.6, 0.6);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 600, 500);
        QTRY_VERIFY(!view.plot()->references()->references().empty());
        QTRY_COMPARE(view.plot()->references()->labelRects().size(), std::size_t{3});
        const auto& labels = view.plot()->references()->labelRects();
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(labels[i].isValid());
            QVERIFY(view.plot()->axisRect()->rect().contains(labels[i].toRect()));
            for (std::size_t j = 0; j < i; ++j) {
                QVERIFY(!labels[i].intersects(labels[j]));
            }
        }
        QVERIFY(!button(view, "pixel error")->isVisible());

        curves.addRun("b", "normalised", 1);
        grow(curves, "b", 1, 300);
        validate(curves, "b", 100, 0.16, 0.98);
        view.setCurrentRun("b");
        QTRY_VERIFY(view.plot()->references()->references().empty());
        QVERIFY(button(view, "pixel error")->isVisible());
        button(view, "pixel error")->click();
        QVERIFY(!view.plot()->references()->references().empty());
    }

    void labelsOfCloseLinesDoNotOverlap() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        ValidationRecord record;
        record.step = 300;
        record.objective = 0.5;
        record.pixelLoss = 0.5;
        record.baselines = {0.700, 0.695, 0.690};
        curves.append("a", record);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 600, 400);
        QTRY_COMPARE(view.plot()->references()->labelRects().size(), std::size_t{3});
        const auto& labels = view.plot()->references()->labelRects();
        QVERIFY(!labels[0].intersects(labels[1]) && !labels[1].intersects(labels[2]) && !labels[0].intersects(labels[2]));
    }

    void closeLinesAreNamedBesideTheCurve() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        ValidationRecord record;
        record.step = 300;
        record.objective = 0.5;
        record.pixelLoss = 0.5;
        record.baselines = {0.52, 0.51, 0.50};
        curves.append("a", record);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 300, 330);  // a narrow area of the small window
        QTRY_COMPARE(view.plot()->references()->labelRects().size(), std::size_t{3});
        const auto& labels = view.plot()->references()->labelRects();
        QTRY_VERIFY(labels[0].isValid());
        for (std::size_t i = 0; i < 3; ++i) QVERIFY(QRectF(view.plot()->axisRect()->rect()).adjusted(-1, -1, 1, 1).contains(labels[i]));
        QVERIFY(labels[0].bottom() <= labels[1].top() + 0.5 && labels[1].bottom() <= labels[2].top() + 0.5);  // in the order of their values
        for (const double value : {0.52, 0.51, 0.50}) {
            const double y = view.plot()->yAxis->coordToPixel(value);
            QVERIFY2(y < labels[0].top() || y > labels[2].bottom(), "a label covers a reference line");
        }
    }

    void labelsLeaveTheCurveFree() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        std::vector<StepRecord> records;
        for (int step = 1; step <= 400; ++step) {
            records.push_back({step, step < 200 ? 0.9 : 0.5, 1e-3, 1.0, 0.1 * step, 500.0});  // the right half lies on a line
        }
        curves.append("a", records);
        ValidationRecord record;
        record.step = 400;
        record.objective = 0.5;
        record.pixelLoss = 0.5;
        record.baselines = {1.0, 0.8, 0.5};
        curves.append("a", record);
        CurvesView view;
        view.setCurves(&curves);
        view.setSmoothing(0.0);
        showSized(view, 700, 400);
        QTRY_COMPARE(view.plot()->references()->labelRects().size(), std::size_t{3});
        QTRY_VERIFY(view.plot()->references()->labelRects()[2].right() < view.plot()->xAxis->coordToPixel(200.0));
        QVERIFY(view.plot()->references()->labelRects()[0].left() > view.plot()->xAxis->coordToPixel(200.0));
    }

    void aClickMovesTheCursorOfTheWindow() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 1000);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        QTest::qWait(150);
        QSignalSpy moved(&view, &CurvesView::cursorMoved);
        const QRect area = view.plot()->axisRect()->rect();
        QTest::mouseClick(view.plot(), Qt::LeftButton, {}, area.center());
        QCOMPARE(moved.count(), 1);
        QCOMPARE(moved[0][0].toDouble(), std::round(view.plot()->xAxis->pixelToCoord(area.center().x())));
        QTest::keyClick(view.plot(), Qt::Key_End);
        QCOMPARE(moved.last()[0].toDouble(), 1000.0);
        QTest::keyClick(view.plot(), Qt::Key_Left);
        QCOMPARE(moved.last()[0].toDouble(), 1000.0 - std::max(1.0, std::round(view.plot()->xAxis->range().size() / 200.0)));
        view.setTimeCursor(123.0);  // from outside: no echo
        QCOMPARE(moved.count(), 3);
        QCOMPARE(view.plot()->cursor()->cursor(), std::optional<double>(123.0));
    }

    void theCrosshairIsDrawnAlone() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 1000);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        QTest::qWait(150);
        QSignalSpy hovered(&view, &CurvesView::crosshairMoved);
        const int redraws = view.redrawCount();
        const int cursorRedraws = view.plot()->cursorRedrawCount();
        testing::moveMouse(view.plot(), view.plot()->axisRect()->rect().center());
        QTRY_VERIFY(hovered.count() > 0);
        QVERIFY(hovered.last()[0].toDouble() > 0.0);
        QCOMPARE(view.redrawCount(), redraws);
        QVERIFY(view.plot()->cursorRedrawCount() > cursorRedraws);
        QCOMPARE(view.plot()->cursor()->crosshairValues().size(), std::size_t{1});
        view.setCrosshair(std::nullopt);
        QVERIFY(!view.plot()->cursor()->crosshair());
    }

    void theWheelZoomsAroundThePointerAndFitGoesBack() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 1000);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        QTest::qWait(150);
        const QCPRange whole = view.plot()->xAxis->range();
        const QPointF middle = view.plot()->axisRect()->rect().center();
        const double about = view.plot()->xAxis->pixelToCoord(middle.x());
        QWheelEvent wheel(middle, view.plot()->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(view.plot(), &wheel);
        QVERIFY(view.plot()->xAxis->range().size() < whole.size());
        QVERIFY(std::abs(view.plot()->xAxis->pixelToCoord(middle.x()) - about) < 1e-6 * whole.size());
        QVERIFY(!view.plot()->followsNewest());
        grow(curves, "a", 1001, 1500);
        QTest::qWait(200);
        QVERIFY(view.plot()->xAxis->range().upper < 1500.0);  // who looks at something is not moved away
        view.fit();
        QVERIFY(view.plot()->xAxis->range().upper >= 1500.0);
    }

    void severalRunsHaveMarkersAndNoValidation() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        validate(curves, "a", 100, 0.6, 0.6);
        CurvesView view;
        view.setCurves(&curves);
        QVERIFY(view.plot()->validationVisible());
        curves.addRun("b", "second", 1);
        grow(curves, "b", 1, 300);
        QVERIFY(!view.plot()->validationVisible());
        toggle(view, "validation")->click();
        QVERIFY(view.plot()->validationVisible());
    }

    void theLegendShowsAndHidesRuns() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        curves.addRun("b", "second", 1);
        grow(curves, "a", 1, 30);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 500);
        QSignalSpy chosen(&view, &CurvesView::runChosen);
        QTest::mouseClick(button(view, "second"), Qt::LeftButton);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0][0].toString(), QStringLiteral("b"));
        QToolButton* first = button(view, "first");
        QCOMPARE(first->actions().size(), 1);
        first->actions().first()->trigger();
        QVERIFY(!curves.find("a")->visible);
    }

    void everyRunHasItsPlaceInTheLegend() {
        RunCurves curves;
        for (int i = 0; i < 8; ++i) {
            curves.addRun(QString::number(i), QStringLiteral("run number %1").arg(i), i);
            grow(curves, QString::number(i), 1, 30);
        }
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 380, 520);
        curves.setVisible("3", false);
        QTest::qWait(150);
        auto* legend = view.findChild<RunLegend*>();
        int seen = 0;
        QRegion taken;
        for (const QToolButton* entry : legend->findChildren<QToolButton*>()) {
            seen += entry->isVisible() && legend->rect().contains(entry->geometry()) ? 1 : 0;
            QVERIFY(entry->isHidden() || !taken.intersects(entry->geometry()));
            taken += entry->isHidden() ? QRect() : entry->geometry();
        }
        QCOMPARE(seen, 8);
        QCOMPARE(legend->height(), legend->heightForWidth(legend->width()));
    }

    void logarithmicAxesHaveNoZero() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 1000);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        view.setLogSteps(true);
        view.setLogValues(true);
        QCOMPARE(view.plot()->xAxis->scaleType(), QCPAxis::stLogarithmic);
        QVERIFY(view.plot()->xAxis->range().lower > 0.0);
        QVERIFY(view.plot()->yAxis->range().lower > 0.0);
        QVERIFY(view.plot()->yAxis->range().upper > 0.9);  // the steep beginning is worth seeing here
        QVERIFY(view.plot()->drawnPoints() > 0);
    }

    void theSliderSmooths() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 1000);
        CurvesView view;
        view.setCurves(&curves);
        auto* slider = view.findChild<QSlider*>();
        slider->setValue(slider->maximum());
        QVERIFY(view.smoothing() >= 1000.0);
        view.setSmoothing(20.0);
        QCOMPARE(view.smoothing(), 20.0);
        slider->setValue(0);
        QCOMPARE(view.smoothing(), 0.0);
    }

    void smallCurvesShowWhatHasValues() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        SmallCurves small;
        small.setCurves(&curves);
        small.resize(700, 80);
        QVERIFY(small.shownMetrics().empty());
        grow(curves, "a", 1, 100);
        QCOMPARE(small.shownMetrics(), (std::vector<Metric>{Metric::LearningRate, Metric::GradientNorm, Metric::Throughput}));
        validate(curves, "a", 50, 0.6, 0.6);
        QCOMPARE(small.shownMetrics().back(), Metric::Skill);
        small.resize(220, 80);
        QCOMPARE(small.shownMetrics().size(), std::size_t{2});
        QVERIFY(!small.cellRect(0).intersects(small.cellRect(1)));
        QSignalSpy moved(&small, &SmallCurves::cursorMoved);
        small.setSteps(0, 100, false);
        QTest::mouseClick(&small, Qt::LeftButton, {}, small.cellRect(0).center().toPoint());
        QCOMPARE(moved.count(), 1);
        QVERIFY(std::abs(moved[0][0].toDouble() - 50.0) <= 1.0);
    }

    void figuresAreWrittenWhole_data() {
        QTest::addColumn<QString>("ending");
        QTest::addColumn<QByteArray>("beginning");
        QTest::newRow("a picture") << "png" << QByteArray("\x89PNG");
        QTest::newRow("a drawing") << "svg" << QByteArray("<?xml");
        QTest::newRow("a page") << "pdf" << QByteArray("%PDF");
        QTest::newRow("numbers") << "csv" << QByteArray("run,step,loss");
    }
    void figuresAreWrittenWhole() {
        QFETCH(QString, ending);
        QFETCH(QByteArray, beginning);
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        CurvesView view;
        view.setCurves(&curves);
        view.resize(500, 400);
        QTemporaryDir folder;
        const QString path = folder.filePath("figure." + ending);
        view.writeTo(path, "A caption", "the view");
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().startsWith(beginning));
        if (ending == "png") {
            const QImage image(path);
            QCOMPARE(image.size(), QSize(2400, 1440));
            QCOMPARE(image.text("maskscope-view"), QStringLiteral("the view"));
            QVERIFY(pixelsLike(image, theme().runs[0].color) > 500);
        }
    }

    void afterAFigureTheWidgetIsAsBefore() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        QTest::qWait(150);
        const QRect before = view.plot()->axisRect()->rect();
        QTemporaryDir folder;
        view.writeTo(folder.filePath("figure.svg"));
        QCOMPARE(view.plot()->axisRect()->rect(), before);
    }

    void aFigureThatCannotBeWrittenSaysSo() {
        CurvesView view;
        QVERIFY_EXCEPTION_THROWN(view.writeTo("/nowhere/at/all/figure.png"), FileError);
        QTemporaryDir folder;
        QVERIFY_EXCEPTION_THROWN(view.writeTo(folder.filePath("figure.bmp")), UsageError);
    }

    void smallAreasKeepThePicture() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 280, 200);
        QVERIFY(view.plot()->isVisible());
        QVERIFY(view.plot()->height() >= 80);
        QVERIFY(!view.smallCurves()->isVisible());
        view.resize(400, 500);
        QTRY_VERIFY(view.smallCurves()->isVisible());
    }

    void everyControlHasANameAndAnExplanation() {
        CurvesView view;
        for (QToolButton* control : view.findChildren<QToolButton*>()) {
            QVERIFY2(!control->accessibleName().isEmpty() && !control->toolTip().isEmpty(), qPrintable(control->text()));
        }
        QVERIFY(!view.findChild<QSlider*>()->accessibleName().isEmpty());
        QCOMPARE(view.plot()->focusPolicy(), Qt::StrongFocus);
    }

    void ofAMillionPointsFewAreDrawn() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        std::vector<StepRecord> records;
        for (int step = 1; step <= 1000000; ++step) {
            records.push_back({step, 0.4 + 0.1 * std::sin(step * 0.37), 1e-3, 1.0, 0.1 * step, 500.0});
        }
        curves.append("a", records);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 900, 600);
        view.plot()->refresh();
        for (int i = 0; i < 20; ++i) {
            view.plot()->zoomSteps(0.8, 5e5);
            QVERIFY(view.plot()->drawnPoints() < 4 * 4 * 900);
        }
    }

    void themesChangeColoursInPlace() {
        RunCurves curves;
        curves.addRun("a", "first", 0);
        grow(curves, "a", 1, 300);
        CurvesView view;
        view.setCurves(&curves);
        showSized(view, 500, 400);
        setTheme(ThemeKind::Light, 100);
        QTest::qWait(150);
        const QImage image = view.plot()->grab().toImage();
        const QColor light = theme().runs[0].color;
        const QColor corner = image.pixelColor(2, 2);
        const QColor panel = theme().panel;
        setTheme(ThemeKind::Dark, 100);
        QCOMPARE(corner.rgb(), panel.rgb());
        QVERIFY(pixelsLike(image, light) > 100);
    }
};

MASKSCOPE_TEST(TestCurvesView)
#include "tst_curves_view.moc"
