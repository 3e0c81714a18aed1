#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QtTest>
#include <cmath>
#include <functional>
#include <memory>
#include <set>

#include "support/test_main.h"
#include "widgets/accessible_walk.h"
#include "widgets/attention/attention_view.h"
#include "widgets/compare/compare_view.h"
#include "widgets/compare/run_table.h"
#include "widgets/made_pictures.h"
#include "widgets/panels/command_palette.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/header_bar.h"
#include "widgets/panels/help_browser.h"
#include "widgets/panels/inspector.h"
#include "widgets/panels/recipe_column.h"
#include "widgets/panels/status_line.h"
#include "widgets/panels/time_panel.h"
#include "widgets/panels/welcome_page.h"
#include "widgets/pictures/mask_lab.h"
#include "widgets/pictures/picture_stage.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/probe_wall.h"
#include "widgets/plots/curves_view.h"
#include "widgets/plots/doctor_view.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/shown.h"
#include "widgets/teach/teach_view.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

using Make = std::function<QWidget*()>;

RecipeSummary madeRecipe() {
    RecipeSummary recipe;
    recipe.strategies = {"random", "block"};
    recipe.strategy = "random";
    recipe.ratio = 0.75;
    for (CardSummary* card : {&recipe.mask, &recipe.encoder, &recipe.target, &recipe.head, &recipe.schedule}) {
        card->title = "Title";
        card->settings = {{.key = "a.b", .value = "1", .range = "0 < x", .help = "what it is", .live = false}};
    }
    return recipe;
}

QWidget* madeStage() {
    auto* stage = new PictureStage;
    stage->setPicture(shared(madePicture(4, 4, {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0})), 100);
    stage->setState(ViewState::ready());
    stage->setBrushEnabled(true);
    return stage;
}

QWidget* madeWall() {
    auto* wall = new ProbeWall;
    auto pictures = std::make_shared<std::vector<Picture>>(3, madePicture(2, 2, {1, 0, 0, 1}));
    wall->setPictures(pictures, {"one", "two", "three"}, 10);
    wall->setState(ViewState::ready());
    return wall;
}

QWidget* madeTable() {
    auto* table = new RunTable;
    table->model()->update({.id = "a", .name = "first", .recipe = "mae", .data = "shapes", .state = "done", .step = 10});
    return table;
}

QWidget* madeLesson() {
    auto* teach = new TeachView;
    teach->setFacts(
        {.picture = std::make_shared<const ImagePicture>(madePicture(3, 3, {0, 1, 1, 1, 1, 1, 1, 1, 1})), .step = 5, .cannotStep = "why"});
    teach->showPage(3);
    return teach;
}

QWidget* madeDoctor() {
    auto health = std::make_shared<HealthRecord>();
    health->verdict = Verdict::Learning;
    health->sentence = "The loss falls.";
    health->findings = {{.kind = HealthFinding::Kind::Good, .sentence = "Features differ.", .evidence = {{.name = "Rank", .value = 12}}}};
    auto* doctor = new DoctorView;
    doctor->setHealth(health);
    return doctor;
}

QWidget* madeRecipeColumn() {
    auto* column = new RecipeColumn;
    column->setRecipe(madeRecipe());
    return column;
}

QWidget* madeWelcome() {
    auto* welcome = new WelcomePage;
    welcome->setExamples({{.id = "a", .title = "Example", .text = "words", .note = {}, .pictures = {}, .problem = {}}});
    welcome->setRecentRuns({{.folder = "/runs/a", .name = "a", .text = "yesterday", .failed = false}});
    return welcome;
}

QWidget* madeLaboratory() {
    auto* lab = new MaskLab;
    lab->setStrategies({"random", "block"}, {"random"});
    lab->setState(ViewState::ready());
    return lab;
}

QWidget* madeTextStage() {
    auto* stage = new PictureStage;
    stage->setPicture(shared(testing::madeText()), 1);
    stage->setState(ViewState::ready());
    return stage;
}

QWidget* madeGraphStage() {
    auto* stage = new PictureStage;
    stage->setPicture(shared(madeGraph()), 1);
    stage->setState(ViewState::ready());
    return stage;
}

const std::vector<std::pair<const char*, Make>>& parts() {
    static const std::vector<std::pair<const char*, Make>> all{
        {"top bar", [] { return new HeaderBar; }},
        {"training controls", [] { return new ControlBar; }},
        {"recipe", madeRecipeColumn},
        {"time", [] { return new TimePanel; }},
        {"inspector", [] { return new Inspector; }},
        {"status line", [] { return new StatusLine; }},
        {"welcome page", madeWelcome},
        {"stage", madeStage},
        {"stage of a text", madeTextStage},
        {"stage of a graph", madeGraphStage},
        {"empty stage", [] { return new PictureStage; }},
        {"probe wall", madeWall},
        {"curves", [] { return new CurvesView; }},
        {"attention", [] { return new AttentionView; }},
        {"embedding", [] { return new ScatterView; }},
        {"mask laboratory", madeLaboratory},
        {"doctor", madeDoctor},
        {"compare", [] { return new CompareView; }},
        {"runs", madeTable},
        {"lesson", madeLesson},
        {"help", [] { return new HelpBrowser; }},
    };
    return all;
}

void addParts() {
    QTest::addColumn<int>("part");
    for (std::size_t i = 0; i < parts().size(); ++i) QTest::newRow(parts()[i].first) << static_cast<int>(i);
}

/// Spread of the grey values inside of a rectangle: a flat surface has none, a hatch has.
double spreadIn(const QImage& image, const QRect& rect) {
    double sum = 0, squares = 0;
    int count = 0;
    for (int y = rect.top(); y <= rect.bottom(); ++y)
        for (int x = rect.left(); x <= rect.right(); ++x, ++count) {
            const int grey = qGray(image.pixel(x, y));
            sum += grey;
            squares += grey * grey;
        }
    return std::sqrt(std::max(0.0, squares / count - sum / count * sum / count));
}

}  // namespace

class TestAccessibility : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setTheme(ThemeKind::Dark); }

    void everyControlHasANameAndEveryDisabledOneAReason_data() { addParts(); }
    void everyControlHasANameAndEveryDisabledOneAReason() {
        QFETCH(int, part);
        const std::unique_ptr<QWidget> widget(parts()[static_cast<std::size_t>(part)].second());
        showSized(*widget, 900, 600);
        const QStringList problems = accessibilityProblems(*widget);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join('\n')));
    }

    void tabReachesEveryControlAndIsNowhereTrapped_data() { addParts(); }
    void tabReachesEveryControlAndIsNowhereTrapped() {
        QFETCH(int, part);
        const std::unique_ptr<QWidget> widget(parts()[static_cast<std::size_t>(part)].second());
        showSized(*widget, 900, 600);
        widget->activateWindow();
        if (!QTest::qWaitForWindowActive(widget.get())) QSKIP("no window can be active here");
        for (QWidget* child : widget->findChildren<QWidget*>())
            if ((child->focusPolicy() & Qt::TabFocus) != 0 && child->isVisible() && QApplication::focusWidget() == nullptr) child->setFocus();
        if (QApplication::focusWidget() == nullptr) return;  // nothing in it takes the focus
        const QStringList missed = unreachedByKeys(*widget);
        QVERIFY2(missed.isEmpty(), qPrintable(missed.join('\n')));
    }

    void aNewThemeAndScaleAreTaken_data() { addParts(); }
    void aNewThemeAndScaleAreTaken() {
        QFETCH(int, part);
        const std::unique_ptr<QWidget> widget(parts()[static_cast<std::size_t>(part)].second());
        showSized(*widget, 900, 600);
        const QImage before = widget->grab().toImage();
        setTheme(ThemeKind::Light, 150);
        QCoreApplication::processEvents();
        QVERIFY(widget->grab().toImage() != before);
        setTheme(ThemeKind::Dark, 100);
        QCoreApplication::processEvents();
        QVERIFY(accessibilityProblems(*widget).isEmpty());
    }

    void theWalkFindsWhatIsWrong() {
        QWidget window;
        auto* nameless = new QPushButton(&window);
        auto* silent = new QPushButton(QStringLiteral("Go"), &window);
        silent->setEnabled(false);
        showSized(window, 200, 100);
        const QStringList problems = accessibilityProblems(window);
        QCOMPARE(problems.size(), 2);
        nameless->setAccessibleName(QStringLiteral("Stop"));
        silent->setToolTip(QStringLiteral("Go works later."));
        QVERIFY(accessibilityProblems(window).isEmpty());
    }

    void modelsKeepTheirRules_data() { addParts(); }
    void modelsKeepTheirRules() {
        QFETCH(int, part);
        const std::unique_ptr<QWidget> widget(parts()[static_cast<std::size_t>(part)].second());
        std::vector<std::unique_ptr<QAbstractItemModelTester>> testers;
        for (auto* view : widget->findChildren<QAbstractItemView*>()) {
            testers.push_back(std::make_unique<QAbstractItemModelTester>(view->model(), QAbstractItemModelTester::FailureReportingMode::QtTest));
            if (auto* proxy = qobject_cast<QSortFilterProxyModel*>(view->model())) {
                testers.push_back(
                    std::make_unique<QAbstractItemModelTester>(proxy->sourceModel(), QAbstractItemModelTester::FailureReportingMode::QtTest));
                proxy->sort(0, Qt::DescendingOrder);
                proxy->sort(-1);
            }
        }
        if (auto* table = qobject_cast<RunTable*>(widget.get())) {
            QVERIFY(testers.size() >= 2);
            for (int i = 0; i < 4; ++i)
                table->model()->update({.id = QString::number(i), .name = "run", .recipe = "mae", .data = "d", .state = "done", .step = i});
            table->setFilter("run");
            table->model()->remove("2");
            table->setFilter("nothing like this");
            table->model()->setRuns({});
        }
    }

    void aMaskIsSeenWithoutColour_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("dark") << static_cast<int>(ThemeKind::Dark);
        QTest::newRow("light") << static_cast<int>(ThemeKind::Light);
        QTest::newRow("high contrast") << static_cast<int>(ThemeKind::HighContrast);
    }
    void aMaskIsSeenWithoutColour() {
        QFETCH(int, kind);
        setTheme(static_cast<ThemeKind>(kind));
        PictureTile tile;
        tile.setGrid({2, 2});
        QImage flat(64, 64, QImage::Format_RGB32);
        flat.fill(QColor(0x2b, 0x2e, 0x33));  // as dark as the ground of the hatch
        tile.setImage(flat);
        tile.setHidden({1, 0, 0, 0});
        tile.setHatched(true);
        showSized(tile, 206, 206);
        const QImage shot = tile.grab().toImage();
        const QRectF picture = tile.pictureRect();
        const auto inside = [&](int patch) { return tile.grid().rectOf(patch, picture).adjusted(12, 12, -12, -12).toRect(); };
        QVERIFY2(spreadIn(shot, inside(0)) > 8.0, "the hidden patch is flat");
        QVERIFY2(spreadIn(shot, inside(3)) < 1.0, "the visible patch is not");
    }

    void runsDifferByMoreThanColour() {
        for (const ThemeKind kind : {ThemeKind::Dark, ThemeKind::Light, ThemeKind::HighContrast}) {
            setTheme(kind);
            std::set<int> markers;
            std::set<std::vector<qreal>> dashes;
            for (const RunStyle& style : theme().runs) {
                markers.insert(style.marker);
                dashes.insert(std::vector<qreal>(style.dash.begin(), style.dash.end()));
            }
            QCOMPARE(markers.size(), std::size_t{8});
            QCOMPARE(dashes.size(), std::size_t{8});
        }
    }
};

MASKSCOPE_TEST(TestAccessibility)
#include "tst_accessibility.moc"
