#include <QAccessible>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>
#include <cmath>
#include <set>

#include "support/test_main.h"
#include "widgets/mouse.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/doctor_view.h"
#include "widgets/plots/histogram_view.h"
#include "widgets/plots/run_marker.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/plots/schedule_curve.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using maskscope::testing::showSized;

namespace {

std::shared_ptr<EmbeddingRecord> embedding() {
    auto record = std::make_shared<EmbeddingRecord>();
    record->classes = {"cat", "dog"};
    record->points = {{0.0F, 0.0F, 10, 0}, {1.0F, 0.0F, 11, 0}, {0.0F, 1.0F, 12, 1}, {1.0F, 1.0F, 13, 1}};
    record->explainedVariance = {0.4, 0.2};
    return record;
}

bool isBlank(const QImage& image) {
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixel(x, y) != image.pixel(0, 0)) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

class TestSmallPlots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        setTheme(ThemeKind::Dark, 100);
    }

    void everyValueFallsIntoOneBin() {
        HistogramView view;
        const std::vector<float> values{0.0F, 0.24F, 0.25F, 0.5F, 0.999F, 1.0F, std::nanf("")};
        view.setValues(values, 4);
        QCOMPARE(view.counts(), (std::vector<double>{2, 1, 1, 2}));
        QCOMPARE(view.low(), 0.0);
        QCOMPARE(view.high(), 1.0);
        QVERIFY(view.accessibleDescription().contains("1 without a value"));
        QCOMPARE(view.binOf(0.25), std::optional<int>(1));
        QCOMPARE(view.binOf(1.0), std::optional<int>(3));
        QVERIFY(!view.binOf(1.01) && !view.binOf(-0.01) && !view.binOf(std::nan("")));
    }

    void equalValuesAndNoValuesAreNoTrouble() {
        HistogramView view;
        const std::vector<float> equal(5, 0.3F);
        view.setValues(equal, 8);
        QCOMPARE(view.counts()[0], 5.0);
        view.setValues({}, 8);
        QVERIFY(view.counts().empty());
        view.setMarked(0.5, "this");
        view.resize(200, 80);
        QVERIFY(!isBlank(view.grab().toImage()));  // it says that there is nothing
        const std::vector<float> none{std::nanf("")};
        view.setValues(none, 8);
        QVERIFY(view.counts().empty());
    }

    void aClickTellsTheBin() {
        HistogramView view;
        view.setCounts({1, 5, 2, 0}, 0.0, 2.0);
        view.resize(200, 80);
        QSignalSpy clicked(&view, &HistogramView::binClicked);
        QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(75, 40));
        QCOMPARE(clicked.count(), 1);
        QCOMPARE(clicked[0][0].toDouble(), 0.5);
        QCOMPARE(clicked[0][1].toDouble(), 1.0);
    }

    void theMarkedBinIsInTheAccentColour() {
        HistogramView view;
        view.setCounts({4, 4, 4, 4}, 0.0, 1.0);
        view.resize(200, 80);
        view.setMarked(0.6, "this patch");
        const QImage image = view.grab().toImage();
        QCOMPARE(image.pixelColor(110, 40).rgb(), theme().accent.rgb());
        QVERIFY(image.pixelColor(25, 40).rgb() != theme().accent.rgb());
        QVERIFY(view.accessibleDescription().contains("this patch 0.600"));
    }

    void aScheduleIsReadBetweenItsValues() {
        ScheduleCurve curve;
        QVERIFY(!curve.valueAt(0));
        curve.setValues({0.0, 1.0, 0.0}, 100.0);
        QCOMPARE(*curve.valueAt(0), 0.0);
        QCOMPARE(*curve.valueAt(25), 0.5);
        QCOMPARE(*curve.valueAt(50), 1.0);
        QCOMPARE(*curve.valueAt(100), 0.0);
        QVERIFY(!curve.valueAt(100.5) && !curve.valueAt(-1));
        curve.setReached(50.0);
        curve.setWarmup(10.0);
        QVERIFY(curve.accessibleDescription().contains("warm-up to step 10"));
        QVERIFY(curve.accessibleDescription().contains("now at step 50"));
    }

    void aScheduleThatIsZeroOrMissingIsDrawn() {
        ScheduleCurve curve;
        curve.resize(56, 56);
        const QImage none = curve.grab().toImage();
        QVERIFY(!isBlank(none));
        curve.setValues({0.0, 0.0}, 10.0);
        QVERIFY(curve.grab().toImage() != none);
    }

    void theEightMarkersDiffer() {
        for (int a = 0; a < 8; ++a) {
            QVERIFY(!markerPath(a, 10).isEmpty());
            QVERIFY(markerPath(a, 10).boundingRect().width() <= 12.0);
            for (int b = 0; b < a; ++b) {
                QVERIFY(markerPath(a, 10) != markerPath(b, 10));
            }
        }
    }

    void dashesKeepTheirLengthInPixels() {
        const RunStyle style{Qt::white, {9, 3}, 1};
        QCOMPARE(runPen(style, 2.0).dashPattern(), (QVector<qreal>{4.5, 1.5}));
        QCOMPARE(runPen(style, 1.0).dashPattern(), (QVector<qreal>{9, 3}));
        QCOMPARE(runPen(RunStyle{Qt::white, {}, 0}, 2.0).style(), Qt::SolidLine);
    }

    void sixtyFourClassesAreToldApart() {
        std::set<std::pair<QRgb, int>> looks;
        for (int label = 0; label < 64; ++label) {
            looks.insert({classStyle(label).color.rgb(), classStyle(label).marker});
        }
        QCOMPARE(looks.size(), std::size_t{64});
    }

    void pointsAreHoveredAndClicked() {
        ScatterView view;
        view.setEmbedding(embedding());
        showSized(view, 400, 300);
        QSignalSpy hovered(&view, &ScatterView::sampleHovered);
        QSignalSpy clicked(&view, &ScatterView::sampleClicked);
        const QPoint at = view.positionOf(12)->toPoint();
        testing::moveMouse(&view, at);
        QTRY_COMPARE(hovered.count(), 1);
        QCOMPARE(hovered[0][0].toLongLong(), 12);
        QTest::mouseClick(&view, Qt::LeftButton, {}, at);
        QCOMPARE(clicked.count(), 1);
        QCOMPARE(clicked[0][0].toLongLong(), 12);
        QCOMPARE(view.selected(), 12);
        QVERIFY(view.accessibleDescription().contains("dog"));
        view.setSelected(10);  // from another view: no echo
        QCOMPARE(clicked.count(), 1);
        QVERIFY(!view.positionOf(99));
    }

    void arrowsWalkFromPointToPoint() {
        ScatterView view;
        view.setEmbedding(embedding());
        showSized(view, 400, 300);
        view.setSelected(10);
        QSignalSpy clicked(&view, &ScatterView::sampleClicked);
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Up);
        QTest::keyClick(&view, Qt::Key_Left);
        QCOMPARE(clicked.count(), 3);
        QCOMPARE(clicked[0][0].toLongLong(), 11);
        QCOMPARE(clicked[1][0].toLongLong(), 13);  // up is greater y
        QCOMPARE(clicked[2][0].toLongLong(), 12);
        QTest::keyClick(&view, Qt::Key_Left);  // nothing further left
        QCOMPARE(clicked.count(), 3);
    }

    void allPointsLieInSightAndDistancesAreEven() {
        ScatterView view;
        view.setEmbedding(embedding());
        showSized(view, 500, 260);
        const QPointF origin = *view.positionOf(10);
        const double across = view.positionOf(11)->x() - origin.x();
        const double up = origin.y() - view.positionOf(12)->y();
        QVERIFY(across > 50.0);
        QVERIFY(std::abs(across - up) < 0.5);
        for (const qint64 sample : {10, 11, 12, 13}) {
            QVERIFY(view.rect().contains(view.positionOf(sample)->toPoint()));
        }
    }

    void emphasisTakesTheOthersBack() {
        ScatterView view;
        view.setEmbedding(embedding());
        showSized(view, 400, 300);
        view.setEmphasis({0});
        QSignalSpy clicked(&view, &ScatterView::sampleClicked);
        QTest::mouseClick(&view, Qt::LeftButton, {}, view.positionOf(12)->toPoint());
        QCOMPARE(clicked.count(), 0);
        QTest::mouseClick(&view, Qt::LeftButton, {}, view.positionOf(11)->toPoint());
        QCOMPARE(clicked.count(), 1);
    }

    void aScatterWithoutPointsSaysWhatWouldBeHere() {
        ScatterView view;
        QCOMPARE(view.findChild<StateLayer*>()->state().kind, ViewState::Kind::Empty);
        view.setEmbedding(std::make_shared<EmbeddingRecord>());
        QCOMPARE(view.findChild<StateLayer*>()->state().kind, ViewState::Kind::Empty);
        view.setEmbedding(embedding());
        QCOMPARE(view.findChild<StateLayer*>()->state().kind, ViewState::Kind::Ready);
        view.setState(ViewState::waiting(12000));
        QCOMPARE(view.findChild<StateLayer*>()->state().kind, ViewState::Kind::Waiting);
    }

    void theDoctorTellsOfLeaks() {
        DoctorView view;
        view.resize(360, 400);
        auto* button = view.findChildren<QPushButton*>().last();
        QCOMPARE(button->text(), QString("Check for leaks"));
        QSignalSpy asked(&view, &DoctorView::leakCheckRequested);
        button->click();
        QCOMPARE(asked.count(), 1);
        const auto says = [&](const QString& text) {
            const QList<QLabel*> labels = view.findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) { return label->text().contains(text); });
        };
        view.setLeaks(std::make_shared<const LeakRecord>(LeakRecord{1200, true, {{HealthFinding::Kind::Trouble, "codes: LEAKS: moved by 3", {}}}}));
        QVERIFY(says("codes: LEAKS: moved by 3"));
        QVERIFY(says("step 1,200"));
        view.setLeaks(nullptr, "There is no model to check yet");
        QVERIFY(!says("LEAKS") && says("There is no model to check yet"));
        view.setLeaks(nullptr);
        QVERIFY(!says("There is no model to check yet"));
    }

    void theDoctorSaysItsReasons() {
        auto health = std::make_shared<HealthRecord>();
        health->verdict = Verdict::Collapsing;
        health->sentence = "Collapsing: rank 3 of 192.";
        health->findings = {{HealthFinding::Kind::Trouble, "The features grow alike.", {{"Feature rank", 3.1, "of 192", 118.0}}}};
        health->suggestedStep = 3000;
        DoctorView view;
        view.setHealth(health);
        showSized(view, 300, 300);
        QStringList texts;
        for (const QLabel* label : view.findChildren<QLabel*>()) {
            texts << label->text();
        }
        const QString all = texts.join('|');
        for (const char* part : {"Collapsing", "rank 3 of 192", "The features grow alike.", "Feature rank", "3.10", "of 192", "vs 118"}) {
            QVERIFY2(all.contains(QLatin1String(part)), part);
        }
        auto* button = view.findChild<QPushButton*>();
        QCOMPARE(button->text(), QStringLiteral("Go back to 3,000"));
        QSignalSpy asked(&view, &DoctorView::rollBackRequested);
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toLongLong(), 3000);
    }

    void aWayBackThatIsClosedSaysWhy() {
        auto health = std::make_shared<HealthRecord>();
        health->suggestedStep = 3000;
        DoctorView view;
        view.setHealth(health);
        view.setRollBackEnabled(false, "Going back works while paused.");
        showSized(view, 300, 200);
        auto* button = view.findChild<QPushButton*>();
        QSignalSpy asked(&view, &DoctorView::rollBackRequested);
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(asked.count(), 0);
        QVERIFY(button->isEnabled());  // it stays in the focus order
        QCOMPARE(button->toolTip(), QStringLiteral("Going back works while paused."));
        QCOMPARE(button->accessibleDescription(), button->toolTip());
    }

    void withoutAVerdictItSaysSo() {
        DoctorView view;
        showSized(view, 300, 200);
        QVERIFY(view.accessibleDescription().startsWith("No verdict yet"));
        QVERIFY(!view.findChild<QPushButton*>()->isVisible());
        for (const Verdict verdict : {Verdict::TooEarly, Verdict::Learning, Verdict::Stalled, Verdict::Collapsing, Verdict::Diverged}) {
            QVERIFY(!verdictName(verdict).isEmpty());
        }
    }
};

MASKSCOPE_TEST(TestSmallPlots)
#include "tst_small_plots.moc"
