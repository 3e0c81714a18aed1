#include <QAbstractScrollArea>
#include <QAction>
#include <QComboBox>
#include <QLayout>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QSignalSpy>
#include <QSlider>
#include <QStandardItemModel>
#include <QToolButton>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/command_palette.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/header_bar.h"
#include "widgets/panels/inspector.h"
#include "widgets/panels/number_label.h"
#include "widgets/panels/recipe_card.h"
#include "widgets/panels/recipe_column.h"
#include "widgets/panels/segment_bar.h"
#include "widgets/panels/status_line.h"
#include "widgets/panels/time_panel.h"
#include "widgets/panels/welcome_page.h"
#include "widgets/pictures/color_map.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

ControlStatus statusOf(RunState state) {
    ControlStatus status;
    status.state = state;
    status.step = 900;
    status.lastStep = 1800;
    status.hasCheckpoint = true;
    return status;
}

TimeLane laneOf(std::vector<qint64> checkpoints) {
    TimeLane lane;
    lane.id = QStringLiteral("a");
    lane.name = QStringLiteral("run");
    lane.step = 1000;
    lane.lastStep = 2000;
    lane.checkpoints = std::move(checkpoints);
    return lane;
}

void addViews(AreaTree& tree) {
    for (const char* id : {"stage", "curves", "wall", "doctor"}) tree.addView({QLatin1String(id), QLatin1String(id), {}, {}, new QWidget, nullptr});
}

}  // namespace

class TestPanels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setTheme(ThemeKind::Dark); }

    void aButtonThatCannotActSaysWhy() {
        ActionButton button;
        button.setFace({}, QStringLiteral("Step"));
        QSignalSpy clicked(&button, &ActionButton::clicked), asked(&button, &ActionButton::reasonAsked);
        button.setUnavailable(QStringLiteral("Step works while paused."));
        QTest::mouseClick(&button, Qt::LeftButton);
        QTest::keyClick(&button, Qt::Key_Space);
        QCOMPARE(clicked.count(), 0);
        QCOMPARE(asked.count(), 2);
        QCOMPARE(button.toolTip(), QStringLiteral("Step works while paused."));
        QCOMPARE(button.accessibleDescription(), button.toolTip());
        QVERIFY(button.focusPolicy() & Qt::TabFocus);
        button.setUnavailable({});
        QTest::mouseClick(&button, Qt::LeftButton);
        QCOMPARE(clicked.count(), 1);
    }

    void thePrimaryButtonFitsTheState_data() {
        QTest::addColumn<int>("state");
        QTest::addColumn<QString>("verb");
        QTest::addColumn<QByteArray>("signal");
        QTest::newRow("ready") << static_cast<int>(RunState::Ready) << "Start" << QByteArray(SIGNAL(startRequested()));
        QTest::newRow("running") << static_cast<int>(RunState::Running) << "Pause" << QByteArray(SIGNAL(pauseRequested()));
        QTest::newRow("paused") << static_cast<int>(RunState::Paused) << "Go on" << QByteArray(SIGNAL(continueRequested()));
        QTest::newRow("stopped") << static_cast<int>(RunState::Stopped) << "Resume" << QByteArray(SIGNAL(resumeRequested()));
        QTest::newRow("failed") << static_cast<int>(RunState::Failed) << "Resume" << QByteArray(SIGNAL(resumeRequested()));
        QTest::newRow("done") << static_cast<int>(RunState::Finished) << "Start" << QByteArray(SIGNAL(startRequested()));
    }

    void thePrimaryButtonFitsTheState() {
        QFETCH(int, state);
        QFETCH(QString, verb);
        QFETCH(QByteArray, signal);
        ControlBar bar;
        bar.setStatus(statusOf(static_cast<RunState>(state)));
        QSignalSpy spy(&bar, signal.constData());
        QCOMPARE(bar.primaryButton()->text(), verb);
        bar.primaryButton()->click();
        QCOMPARE(spy.count(), 1);
    }

    void stepWorksWhilePausedOnly() {
        ControlBar bar;
        for (const RunState state : {RunState::Ready, RunState::Running, RunState::Finished, RunState::Watching}) {
            bar.setStatus(statusOf(state));
            QVERIFY2(!bar.stepButton()->isAvailable(), qPrintable(runStateName(state)));
            QVERIFY(!bar.stepButton()->toolTip().isEmpty());
        }
        bar.setStatus(statusOf(RunState::Paused));
        QVERIFY(bar.stepButton()->isAvailable());
    }

    void progressIsTheShareOfSteps() {
        ControlBar bar;
        bar.setStatus(statusOf(RunState::Running));
        auto* progress = bar.findChild<QProgressBar*>();
        QCOMPARE(progress->value() * 2, progress->maximum());
    }

    void figuresTakeEqualRoom() {
        const QFontMetricsF metrics(font(TextStyle::MetricValue));
        QCOMPARE(numberWidth(metrics, QStringLiteral("1,111")), numberWidth(metrics, QStringLiteral("8,888")));
        NumberLabel label(TextStyle::MetricValue);
        label.setWidest(QStringLiteral("00,000"), QStringLiteral("img/s"));
        const QSize before = label.sizeHint();
        label.setNumber(QStringLiteral("7"), QStringLiteral("img/s"));
        QCOMPARE(label.sizeHint(), before);
    }

    void aLayoutIsReadBackAsItWasWritten() {
        AreaTree tree;
        addViews(tree);
        tree.resize(1000, 800);
        const QString text = QStringLiteral("h(60 v(62 stage, 38 wall|doctor), 40 curves)");
        QVERIFY(tree.setLayoutText(text));
        QCOMPARE(tree.layoutText(), text);
        QCOMPARE(tree.shownViews(), QStringList({QStringLiteral("stage"), QStringLiteral("wall"), QStringLiteral("curves")}));
    }

    void theTabInFrontIsPartOfALayout() {
        AreaTree tree;
        addViews(tree);
        tree.resize(1000, 800);
        QVERIFY(tree.setLayoutText(QStringLiteral("h(60 stage, 40 wall|doctor)")));
        tree.showView(QStringLiteral("doctor"));
        const QString text = tree.layoutText();
        QCOMPARE(text, QStringLiteral("h(60 stage, 40 wall|doctor*)"));
        QVERIFY(tree.setLayoutText(QStringLiteral("stage")));
        QVERIFY(tree.setLayoutText(text));
        QCOMPARE(tree.shownViews(), QStringList({QStringLiteral("stage"), QStringLiteral("doctor")}));
    }

    void aLayoutThatMakesNoSenseChangesNothing_data() {
        QTest::addColumn<QString>("text");
        QTest::newRow("unknown view") << "h(50 stage, 50 nothing)";
        QTest::newRow("a view twice") << "h(50 stage, 50 stage)";
        QTest::newRow("no share") << "h(stage, 50 curves)";
        QTest::newRow("open bracket") << "h(50 stage, 50 curves";
        QTest::newRow("more behind it") << "stage)";
        QTest::newRow("nothing") << "";
    }

    void aLayoutThatMakesNoSenseChangesNothing() {
        QFETCH(QString, text);
        AreaTree tree;
        addViews(tree);
        QVERIFY(tree.setLayoutText(QStringLiteral("stage")));
        QVERIFY(!tree.setLayoutText(text));
        QCOMPARE(tree.layoutText(), QStringLiteral("stage"));
    }

    void aViewBehindATabComesForward() {
        AreaTree tree;
        addViews(tree);
        QVERIFY(tree.setLayoutText(QStringLiteral("h(50 stage, 50 wall|doctor)")));
        QVERIFY(!tree.isViewShown(QStringLiteral("doctor")));
        tree.showView(QStringLiteral("doctor"));
        QVERIFY(tree.isViewShown(QStringLiteral("doctor")));
        tree.showView(QStringLiteral("curves"));  // in no area so far
        QVERIFY(tree.isViewShown(QStringLiteral("curves")));
    }

    void paletteRanksBeginningsFirst() {
        const std::vector<CommandPalette::Entry> entries{{QStringLiteral("Unpause"), {}, {}, {}, [] {}},
                                                         {QStringLiteral("Pause"), {}, {}, {}, [] {}},
                                                         {QStringLiteral("Stop"), {}, {}, {}, [] {}}};
        QCOMPARE(CommandPalette::ranked(entries, QStringLiteral("pause")), std::vector<int>({1, 0}));
        QCOMPARE(CommandPalette::ranked(entries, QStringLiteral("pause now")), std::vector<int>());
        QCOMPARE(CommandPalette::ranked(entries, {}).size(), std::size_t{3});
    }

    void enterRunsWhatWasFound() {
        QWidget window;
        window.resize(800, 600);
        window.show();
        CommandPalette palette(&window);
        int ran = 0;
        palette.open({{QStringLiteral("Pause"), {}, {}, {}, [&] { ran = 1; }}, {QStringLiteral("Stop"), {}, {}, {}, [&] { ran = 2; }}});
        auto* line = palette.findChild<QLineEdit*>();
        const int heightOfBoth = palette.height();
        line->setText(QStringLiteral("xyz"));
        QTest::keyClick(line, Qt::Key_Return);  // nothing to run
        QVERIFY(palette.isVisible());
        line->setText(QStringLiteral("stop"));
        QVERIFY(palette.height() < heightOfBoth);
        QTest::keyClick(line, Qt::Key_Return);
        QCOMPARE(ran, 2);
        QVERIFY(!palette.isVisible());
    }

    void theRatioSliderTellsWhileMovingAndOnceAtTheEnd() {
        RecipeColumn column;
        RecipeSummary recipe;
        recipe.strategies = QStringList({QStringLiteral("random"), QStringLiteral("block")});
        recipe.strategy = QStringLiteral("block");
        recipe.ratio = 0.6;
        QSignalSpy spy(&column, &RecipeColumn::ratioChanged);
        column.setRecipe(recipe);
        QCOMPARE(spy.count(), 0);  // showing is not changing
        auto* slider = column.findChild<QSlider*>();
        QCOMPARE(slider->value(), 60);
        QCOMPARE(column.findChild<QComboBox*>()->currentText(), QStringLiteral("block"));
        slider->setSliderDown(true);
        slider->setValue(70);
        QCOMPARE(spy.takeFirst().at(1).toBool(), false);
        slider->setSliderDown(false);
        QCOMPARE(spy.takeLast().at(1).toBool(), true);
    }

    void aMaskThatCannotBeIsGreyAndSaysWhy() {
        RecipeColumn column;
        RecipeSummary recipe;
        recipe.strategies = QStringList({QStringLiteral("random"), QStringLiteral("span")});
        recipe.strategy = QStringLiteral("random");
        column.setStrategyProblems({{QStringLiteral("span"), QStringLiteral("needs words; choose mask 'random'")}});
        column.setRecipe(recipe);
        const auto* list = qobject_cast<QStandardItemModel*>(column.findChild<QComboBox*>()->model());
        QVERIFY(list->item(0)->isEnabled() && !list->item(1)->isEnabled());
        QCOMPARE(list->item(1)->toolTip(), QStringLiteral("needs words; choose mask 'random'"));
        column.setStrategyProblems({});
        QVERIFY(list->item(1)->isEnabled() && list->item(1)->toolTip().isEmpty());
    }

    void theSearchOpensTheOnlyCardThatFits() {
        RecipeColumn column;
        RecipeSummary recipe;
        recipe.schedule.settings = {{QStringLiteral("train.optimizer.lr"), QStringLiteral("1e-3"), {}, QStringLiteral("peak learning rate"), true}};
        column.setRecipe(recipe);
        column.search()->setText(QStringLiteral("learning rate"));
        QVERIFY(column.card(RecipeColumn::Schedule)->isOpen());
        QVERIFY(column.card(RecipeColumn::Mask)->isHidden());
        column.search()->clear();
        QVERIFY(!column.card(RecipeColumn::Mask)->isHidden());
    }

    void anEditedSettingIsTold() {
        RecipeColumn column;
        RecipeSummary recipe;
        recipe.mask.settings = {{QStringLiteral("mask.ratio"), QStringLiteral("0.75"), {}, {}, false}};
        column.setRecipe(recipe);
        column.card(RecipeColumn::Mask)->setOpen(true);
        QSignalSpy spy(&column, &RecipeColumn::settingEdited);
        QLineEdit* edit = column.card(RecipeColumn::Mask)->findChild<QLineEdit*>();
        edit->setText(QStringLiteral("0.6"));
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(spy.count(), 1);
        QCOMPARE(spy[0][0].toString(), QStringLiteral("mask.ratio"));
        QCOMPARE(spy[0][1].toString(), QStringLiteral("0.6"));
    }

    void arrowKeysGoFromCheckpointToCheckpoint() {
        TimeLanes lanes;
        lanes.setLanes({laneOf({0, 400, 800})});
        lanes.setCursor(500);
        QSignalSpy spy(&lanes, &TimeLanes::cursorMoved);
        QTest::keyClick(&lanes, Qt::Key_Left);
        QTest::keyClick(&lanes, Qt::Key_Right);
        QTest::keyClick(&lanes, Qt::Key_Home);
        QTest::keyClick(&lanes, Qt::Key_End);
        QCOMPARE(spy[0][0].toLongLong(), 400);
        QCOMPARE(spy[1][0].toLongLong(), 800);
        QCOMPARE(spy[2][0].toLongLong(), 0);
        QCOMPARE(spy[3][0].toLongLong(), 1000);
    }

    void movingTheCursorEndsFollowing() {
        TimePanel panel;
        panel.resize(900, 120);
        panel.setLanes({laneOf({0})});
        QSignalSpy moved(&panel, &TimePanel::cursorMoved), following(&panel, &TimePanel::followingChanged);
        QVERIFY(panel.isFollowing());
        QTest::keyClick(panel.lanes(), Qt::Key_Home);
        QVERIFY(!panel.isFollowing());
        QCOMPARE(moved.count(), 1);
        QCOMPARE(following.count(), 1);
    }

    void theStepHasRoomForAllItsFigures() {
        TimePanel panel;
        panel.setLanes({laneOf({0})});
        const auto* step = panel.findChild<NumberLabel*>();
        panel.setCursor(7);
        const int width = step->sizeHint().width();
        panel.setCursor(2000);  // the last one
        QCOMPARE(step->text(), QStringLiteral("step 2,000"));
        QCOMPARE(step->sizeHint().width(), width);
    }

    void theInspectorSpeaksAsText() {
        Inspector inspector;
        InspectorContent content;
        content.kind = QStringLiteral("Patch");
        content.title = QStringLiteral("75 · row 6, column 5");
        content.rows = {{QStringLiteral("Loss here"), QStringLiteral("0.568"), {}, {}}};
        inspector.setContent(content);
        QVERIFY(inspector.plainText().contains(QStringLiteral("Loss here\t0.568")));
        inspector.setEmpty(QStringLiteral("Nothing selected"), QStringLiteral("Click a patch."));
        QVERIFY(!inspector.plainText().contains(QStringLiteral("0.568")));
    }

    /// Empty, in every theme, at every scale: nothing fails, and what can be reached by Tab has a name.
    void everyReachableControlHasAName_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("scale");
        QTest::newRow("dark") << 0 << 100;
        QTest::newRow("light, large") << 1 << 200;
        QTest::newRow("high contrast, small") << 2 << 80;
    }

    void examplesAreEquallyWide() {
        WelcomePage welcome;
        welcome.setExamples(
            {{"a", "Shapes", "Short.", {}, {}, {}},
             {"b", "A very long name of an example that needs room", "Words that go on and on, over several lines of text.", {}, {}, {}},
             {"c", "Graphs", "Nodes.", {}, {}, {}}});
        welcome.resize(scaled(1280), scaled(760));
        welcome.show();
        QApplication::processEvents();
        std::vector<int> widths;
        for (const QFrame* card : welcome.findChildren<QFrame*>())
            if (QStringList{"Shapes", "A very long name of an example that needs room", "Graphs"}.contains(card->accessibleName()))
                widths.push_back(card->width());
        QCOMPARE(widths.size(), std::size_t{3});
        QVERIFY(*std::max_element(widths.begin(), widths.end()) - *std::min_element(widths.begin(), widths.end()) <= 1);
    }

    void everyReachableControlHasAName() {
        QFETCH(int, kind);
        QFETCH(int, scale);
        setTheme(static_cast<ThemeKind>(kind), scale);
        ControlBar control;
        RecipeColumn recipe;
        TimePanel time;
        WelcomePage welcome;
        Inspector inspector;
        for (QWidget* panel : std::initializer_list<QWidget*>{&control, &recipe, &time, &welcome, &inspector}) {
            panel->resize(scaled(900), scaled(500));
            QVERIFY(!panel->grab().isNull());
            for (const QWidget* child : panel->findChildren<QWidget*>()) {
                if ((child->focusPolicy() & Qt::TabFocus) == 0 || child->isHidden() || !child->isEnabled()) continue;
                if (qobject_cast<const QAbstractScrollArea*>(child) != nullptr) continue;
                QVERIFY2(!child->accessibleName().isEmpty(), qPrintable(QString::fromLatin1(child->metaObject()->className()) + " in " +
                                                                        QString::fromLatin1(panel->metaObject()->className())));
            }
        }
        setTheme(ThemeKind::Dark);
    }

    void theStatusLineChoosesTheColours() {
        StatusLine status;
        QSignalSpy changed(&status, &StatusLine::colorMapChanged);
        QToolButton* button = nullptr;
        for (auto* each : status.findChildren<QToolButton*>())
            if (each->accessibleName() == QLatin1String("Colours: viridis")) button = each;
        QVERIFY(button != nullptr);
        QCOMPARE(button->menu()->actions().size(), 2);
        button->menu()->actions().at(1)->trigger();
        QCOMPARE(heatMap(), ColorMap::Cividis);
        QCOMPARE(button->accessibleName(), QStringLiteral("Colours: cividis"));
        QCOMPARE(changed.count(), 1);
        button->menu()->actions().at(0)->trigger();
        QCOMPARE(heatMap(), ColorMap::Viridis);
    }

    void speedCountsWhatARunReads() {
        ControlBar bar;
        ControlStatus status = statusOf(RunState::Running);
        status.samplesPerSecond = 120;
        status.kind = SampleKind::Text;
        bar.setStatus(status);
        QStringList units;
        for (const auto* label : bar.findChildren<NumberLabel*>()) units << label->accessibleDescription();
        QVERIFY2(units.join(' ').contains(QLatin1String("texts/s")), qPrintable(units.join(' ')));
        QVERIFY(!units.join(' ').contains(QLatin1String("img/s")));
    }

    void theTopBarFitsIntoANarrowWindow() {
        setTheme(ThemeKind::Dark, 150);  // as in lessons
        QWidget window;
        HeaderBar bar(&window);
        bar.setRunName(QStringLiteral("mae"));
        for (const char* page : {"Explore", "Train", "Compare", "Masks", "Teach"})
            bar.pages()->add(QLatin1String(page), QStringLiteral("eye"), QLatin1String(page));
        QAction undo(QStringLiteral("Undo")), redo(QStringLiteral("Redo")), look(QStringLiteral("Theme")), help(QStringLiteral("Help"));
        bar.setActions(&undo, &redo, &look, &help);
        window.resize(1280, 66);
        bar.resize(1280, 66);
        window.show();
        QCoreApplication::processEvents();
        QVERIFY2(bar.layout()->minimumSize().width() <= 1280, qPrintable(QString::number(bar.layout()->minimumSize().width())));
        for (auto* button : bar.findChildren<QToolButton*>()) {
            const QRect place(button->mapTo(&bar, QPoint(0, 0)), button->size());
            QVERIFY2(!button->isVisible() || bar.rect().contains(place), qPrintable(button->accessibleName()));
        }
        setTheme(ThemeKind::Dark, 100);
    }
};

MASKSCOPE_TEST(TestPanels)
#include "tst_panels.moc"
