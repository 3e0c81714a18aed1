#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>
#include <functional>
#include <memory>

#include "support/test_main.h"
#include "widgets/attention/attention_view.h"
#include "widgets/compare/compare_view.h"
#include "widgets/pictures/mask_lab.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/probe_wall.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/doctor_view.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// A view whose state can be set, and the signal of its one button.
struct StatedView {
    std::unique_ptr<QWidget> widget;
    std::function<void(const ViewState&)> setState;
    std::unique_ptr<QSignalSpy> pressed;
};

template <typename View>
StatedView stated() {
    auto view = std::make_unique<View>();
    View* raw = view.get();
    return {std::move(view), [raw](const ViewState& state) { raw->setState(state); }, std::make_unique<QSignalSpy>(raw, &View::actionTriggered)};
}

const std::vector<std::pair<const char*, std::function<StatedView()>>>& views() {
    static const std::vector<std::pair<const char*, std::function<StatedView()>>> all{
        {"stage", stated<PictureStage>},      {"probe wall", stated<ProbeWall>},  {"curves", stated<CurvesView>},
        {"attention", stated<AttentionView>}, {"embedding", stated<ScatterView>}, {"mask laboratory", stated<MaskLab>},
        {"compare", stated<CompareView>}};
    return all;
}

/// The largest visible one: a view may hold others with states of their own.
StateLayer* layerOf(const QWidget& view) {
    StateLayer* largest = nullptr;
    for (auto* layer : view.findChildren<StateLayer*>()) {
        const auto area = [](const QWidget* widget) { return widget->width() * widget->height(); };
        if (layer->isVisible() && (largest == nullptr || area(layer) > area(largest))) largest = layer;
    }
    return largest;
}

void addViews() {
    QTest::addColumn<int>("view");
    for (std::size_t i = 0; i < views().size(); ++i) QTest::newRow(views()[i].first) << static_cast<int>(i);
}

}  // namespace

/// Empty, waiting, stale and failed, the same in every view.
class TestViewStates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setTheme(ThemeKind::Dark); }

    void neverABareArea_data() { addViews(); }
    void neverABareArea() {
        QFETCH(int, view);
        StatedView made = views()[static_cast<std::size_t>(view)].second();
        showSized(*made.widget, 640, 480);
        const StateLayer* layer = layerOf(*made.widget);
        QVERIFY2(layer != nullptr, "a new view says nothing");
        QVERIFY(!layer->state().title.isEmpty() && !layer->state().hint.isEmpty());
    }

    void emptySaysWhatAndHowWithOneButton_data() { addViews(); }
    void emptySaysWhatAndHowWithOneButton() {
        QFETCH(int, view);
        StatedView made = views()[static_cast<std::size_t>(view)].second();
        showSized(*made.widget, 640, 480);
        made.setState(ViewState::empty(QStringLiteral("What would be here"), QStringLiteral("How to get it"), QStringLiteral("Get it")));
        const StateLayer* layer = layerOf(*made.widget);
        QVERIFY(layer != nullptr);
        QCOMPARE(layer->accessibleName(), QStringLiteral("What would be here"));
        auto* button = layer->findChild<QPushButton*>();
        QVERIFY(button->isVisible());
        QCOMPARE(button->text(), QStringLiteral("Get it"));
        button->click();
        QCOMPARE(made.pressed->count(), 1);
    }

    void failedSaysWhatHappenedAndWhatWasKept_data() { addViews(); }
    void failedSaysWhatHappenedAndWhatWasKept() {
        QFETCH(int, view);
        StatedView made = views()[static_cast<std::size_t>(view)].second();
        showSized(*made.widget, 640, 480);
        made.setState(ViewState::failed(QStringLiteral("It went wrong"), QStringLiteral("Step 300 was kept")));
        const StateLayer* layer = layerOf(*made.widget);
        QVERIFY(layer != nullptr);
        QCOMPARE(layer->accessibleName(), QStringLiteral("It went wrong"));
        QCOMPARE(layer->accessibleDescription(), QStringLiteral("Step 300 was kept"));
        QVERIFY(!layer->findChild<QPushButton*>()->isVisible());
    }

    void waitingIsNotSeenAtOnceAndCoversNothing_data() { addViews(); }
    void waitingIsNotSeenAtOnceAndCoversNothing() {
        QFETCH(int, view);
        StatedView made = views()[static_cast<std::size_t>(view)].second();
        showSized(*made.widget, 640, 480);
        made.setState(ViewState::waiting(1200));
        const StateLayer* layer = layerOf(*made.widget);
        QVERIFY(layer != nullptr);
        QVERIFY(!layer->isWaitingShown());
        QVERIFY(layer->testAttribute(Qt::WA_TransparentForMouseEvents));
        QTRY_VERIFY_WITH_TIMEOUT(layer->isWaitingShown(), 2000);
        QVERIFY(layer->accessibleName().contains(QLatin1String("computing")));
    }

    void staleNamesItsStep_data() { addViews(); }
    void staleNamesItsStep() {
        QFETCH(int, view);
        StatedView made = views()[static_cast<std::size_t>(view)].second();
        showSized(*made.widget, 640, 480);
        made.setState(ViewState::stale(777));
        const StateLayer* layer = layerOf(*made.widget);
        QVERIFY(layer != nullptr);
        QVERIFY(layer->accessibleName().contains(QLatin1String("777")));
    }

    void theDoctorWithoutARunSaysHowToGetOne() {
        DoctorView doctor;
        showSized(doctor, 400, 300);
        QVERIFY(doctor.accessibleDescription().contains(QLatin1String("Start training")));
    }
};

MASKSCOPE_TEST(TestViewStates)
#include "tst_view_states.moc"
