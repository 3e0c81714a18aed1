#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>
#include <cmath>

#include "support/test_main.h"
#include "widgets/compare/compare_view.h"
#include "widgets/compare/picture_difference.h"
#include "widgets/compare/run_table.h"
#include "widgets/compare/settings_difference.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

/// 4 x 4 grey pixels on 2 x 2 patches; the two patches at the left are hidden.
ImagePicture picture(std::uint8_t predicted) {
    ImagePicture made;
    made.rows = made.columns = 2;
    made.hidden = {1, 0, 1, 0};
    made.original = made.masked = made.composite = made.prediction = Image{4, 4, 1, std::vector<std::uint8_t>(16, 100)};
    made.prediction.pixels.assign(16, predicted);
    return made;
}

RunSummary run(int number) {
    RunSummary summary;
    summary.id = QStringLiteral("/runs/%1").arg(number);
    summary.name = QStringLiteral("run %1").arg(number);
    summary.recipe = number % 2 == 0 ? "mae" : "simmim";
    summary.data = "birds";
    summary.state = "done";
    summary.step = 100 * number;
    if (number % 3 != 0) {
        summary.loss = 1.0 / (1 + number);
    }
    return summary;
}

std::vector<RunSummary> runs(int count) {
    std::vector<RunSummary> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(run(i));
    }
    return all;
}

QStringList column(const QTableView& view, int number) {
    QStringList texts;
    for (int row = 0; row < view.model()->rowCount(); ++row) {
        texts << view.model()->index(row, number).data().toString();
    }
    return texts;
}

}  // namespace

class TestCompare : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        setTheme(ThemeKind::Dark, 100);
    }

    void onlySettingsThatDifferAreListed() {
        SettingsDifference model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns("one", {{"mask.ratio", "0.75"}, {"train.lr", "0.002"}, {"head.depth", "4"}}, "two",
                      {{"train.steps", "100"}, {"train.lr", "0.004"}, {"mask.ratio", "0.75"}});
        QCOMPARE(model.rowCount(), 3);
        const auto row = [&](int number) {
            return QStringList{model.index(number, 0).data().toString(), model.index(number, 1).data().toString(),
                               model.index(number, 2).data().toString()};
        };
        QCOMPARE(row(0), (QStringList{"train.lr", "0.002", "0.004"}));
        QCOMPARE(row(1), (QStringList{"head.depth", "4", "—"}));
        QCOMPARE(row(2), (QStringList{"train.steps", "—", "100"}));
        QCOMPARE(model.headerData(2, Qt::Horizontal).toString(), QStringLiteral("two"));
        model.setRuns("one", {}, "two", {});
        QCOMPARE(model.rowCount(), 0);
    }

    void theDifferenceIsSecondMinusFirstOnHiddenPatches() {
        const PictureDifference result = pictureDifference(picture(51), picture(102));
        QCOMPARE(result.values.size(), std::size_t{16});
        for (std::size_t y = 0; y < 4; ++y) {
            for (std::size_t x = 0; x < 4; ++x) {
                const float value = result.values[y * 4 + x];
                QVERIFY(x < 2 ? std::abs(value - 0.2F) < 1e-6F : std::isnan(value));
            }
        }
        QVERIFY(std::abs(result.greatest - 0.2) < 1e-12);
        QVERIFY(std::abs(result.meanAbsolute - 0.2) < 1e-12);
        QVERIFY(std::abs(pictureDifference(picture(102), picture(51)).values[0] + 0.2F) < 1e-6F);
    }

    void whatCannotBeComparedSaysWhy() {
        ImagePicture other = picture(10);
        other.hidden = {0, 1, 1, 0};
        QCOMPARE(pictureDifference(picture(1), other).reason, PictureDifference::Reason::Mask);
        other = picture(10);
        other.original.pixels[3] = 7;
        QCOMPARE(pictureDifference(picture(1), other).reason, PictureDifference::Reason::Image);
        other = picture(10);
        other.rows = 4;
        QCOMPARE(pictureDifference(picture(1), other).reason, PictureDifference::Reason::Size);
        QCOMPARE(pictureDifference({}, {}).reason, PictureDifference::Reason::Size);
        for (const auto reason : {PictureDifference::Reason::NothingYet, PictureDifference::Reason::Size, PictureDifference::Reason::Mask,
                                  PictureDifference::Reason::Image}) {
            QVERIFY(!reasonText(reason).isEmpty());
        }
    }

    void bothSidesShowTheSameThing() {
        CompareView view;
        view.resize(900, 600);
        view.show();
        QCOMPARE(view.findChild<StateLayer*>(QString(), Qt::FindDirectChildrenOnly)->state().kind, ViewState::Kind::Empty);
        view.setRuns({"a", "first", 0, {{"lr", "1"}}}, {"b", "second", 1, {{"lr", "2"}}});
        QCOMPARE(view.findChild<StateLayer*>(QString(), Qt::FindDirectChildrenOnly)->state().kind, ViewState::Kind::Ready);
        QCOMPARE(view.differences()->rowCount(), 1);
        view.setPictures(std::make_shared<ImagePicture>(picture(51)), std::make_shared<ImagePicture>(picture(102)));
        view.setShown(CompareView::Shown::Prediction);
        const auto tiles = view.findChildren<PictureTile*>();
        QCOMPARE(tiles.size(), 3);
        QCOMPARE(qRed(tiles[0]->image().pixel(0, 0)), 51);
        QCOMPARE(qRed(tiles[1]->image().pixel(0, 0)), 102);
        QCOMPARE(view.difference().size(), std::size_t{16});
        view.setHoveredPatch(3);
        for (const PictureTile* tile : tiles) {
            QCOMPARE(tile->hoveredPatch(), 3);
        }
        view.setPictures(std::make_shared<ImagePicture>(picture(51)), nullptr);
        QVERIFY(view.difference().empty());
    }

    void aStepThatARunLacksIsNamed() {
        CompareView view;
        view.setRuns({"a", "first", 0, {}}, {"b", "second", 1, {}});
        view.setSteps(1000, 1000, 800);
        QStringList texts;
        for (const QLabel* label : view.findChildren<QLabel*>()) {
            texts << label->text();
        }
        QVERIFY(texts.contains("step 1,000"));
        QVERIFY(texts.contains("step 800, no checkpoint at 1,000"));
    }

    void stepsThatBothKeptAreNoFaultOfEither() {
        CompareView view;
        view.setRuns({"a", "first", 0, {}}, {"b", "second", 1, {}});
        view.setSteps(1000, 600, 600);
        int notes = 0;
        for (const QLabel* label : view.findChildren<QLabel*>()) notes += label->text() == "step 600, the newest that both kept up to 1,000" ? 1 : 0;
        QCOMPARE(notes, 2);
    }

    void theTableKeepsTheRulesOfModels() {
        RunTableModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns(runs(5));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        RunSummary better = run(3);
        better.loss = 0.1;
        model.update(better);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(changed[0][0].toModelIndex().row(), 3);
        QCOMPARE(model.index(3, RunTableModel::Loss).data().toString(), QStringLiteral("0.100"));
        model.update(run(9));
        QCOMPARE(model.rowCount(), 6);
        model.remove("/runs/0");
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.find("/runs/9")->step, 900);
        better.loss = 0.2;
        model.update(better);  // the row moved up
        QCOMPARE(model.index(2, RunTableModel::Loss).data().toString(), QStringLiteral("0.200"));
        QVERIFY(model.find("/runs/0") == nullptr);
        model.remove("/runs/0");
        QCOMPARE(model.rowCount(), 5);
    }

    void missingValuesAreLastInEitherOrder() {
        RunTable table;
        table.model()->setRuns(runs(6));
        QCOMPARE(column(*table.view(), RunTableModel::Name).first(), QStringLiteral("run 0"));  // as given, until asked to sort
        table.view()->sortByColumn(RunTableModel::Loss, Qt::AscendingOrder);
        QCOMPARE(column(*table.view(), RunTableModel::Loss), (QStringList{"0.167", "0.200", "0.333", "0.500", "—", "—"}));
        table.view()->sortByColumn(RunTableModel::Loss, Qt::DescendingOrder);
        QCOMPARE(column(*table.view(), RunTableModel::Loss), (QStringList{"0.500", "0.333", "0.200", "0.167", "—", "—"}));
        table.view()->sortByColumn(RunTableModel::Step, Qt::DescendingOrder);
        QCOMPARE(column(*table.view(), RunTableModel::Step).first(), QStringLiteral("500"));
    }

    void numbersSortAsNumbers() {
        RunTable table;
        table.model()->setRuns(runs(120));
        table.view()->sortByColumn(RunTableModel::Step, Qt::AscendingOrder);
        QCOMPARE(column(*table.view(), RunTableModel::Step)[2], QStringLiteral("200"));  // not 1,000
    }

    void rowsStayWhereTheyAreWhileTheyChange() {
        RunTable table;
        table.model()->setRuns(runs(6));
        table.view()->sortByColumn(RunTableModel::Step, Qt::AscendingOrder);
        RunSummary far = run(0);
        far.step = 99999;
        table.model()->update(far);
        QCOMPARE(column(*table.view(), RunTableModel::Name).first(), QStringLiteral("run 0"));
    }

    void numbersAndDatesAreNotCutInASmallWindow() {
        RunTable table;
        RunSummary longest = run(0);
        longest.step = 100'000;
        longest.loss = 0.0428;
        longest.skill = -0.0878;
        longest.probeAccuracy = 0.127;
        longest.seconds = 807.0;
        longest.started = QDateTime(QDate(2026, 11, 24), QTime(2, 14));
        table.model()->update(longest);
        table.resize(834, 160);
        table.show();
        const auto* view = table.findChild<QTableView*>();
        for (int column = RunTableModel::Step; column <= RunTableModel::Started; ++column) {
            const QString text = view->model()->index(0, column).data().toString();
            QVERIFY2(view->fontMetrics().horizontalAdvance(text) + 6 <= view->columnWidth(column), qPrintable(text));
        }
        int width = 0;
        for (int column = 0; column < RunTableModel::ColumnCount; ++column) width += view->columnWidth(column);
        QVERIFY2(width <= view->viewport()->width(), qPrintable(QString::number(width)));
    }

    void everyWordOfTheSearchMustOccur() {
        RunTable table;
        table.model()->setRuns(runs(100));
        table.findChild<QLineEdit*>()->setText("MAE birds");
        QCOMPARE(table.visibleRuns(), 50);
        table.setFilter("simmim run 7");
        QCOMPARE(table.visibleRuns(), 14);  // the odd numbers with a seven
        table.setFilter("nothing");
        QCOMPARE(table.visibleRuns(), 0);
        table.setFilter({});
        QCOMPARE(table.visibleRuns(), 100);
    }

    void chosenRunsAreToldByTheirIds() {
        RunTable table;
        table.resize(800, 300);
        table.model()->setRuns(runs(5));
        QSignalSpy chosen(&table, &RunTable::selectionChanged);
        table.view()->sortByColumn(RunTableModel::Step, Qt::DescendingOrder);
        table.view()->selectRow(0);
        QCOMPARE(chosen.last()[0].toStringList(), QStringList{"/runs/4"});
        table.view()->selectionModel()->select(table.view()->model()->index(2, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
        QCOMPARE(table.selectedIds(), (QStringList{"/runs/4", "/runs/2"}));
        QSignalSpy activated(&table, &RunTable::runActivated);
        Q_EMIT table.view()->activated(table.view()->model()->index(1, 3));
        QCOMPARE(activated[0][0].toString(), QStringLiteral("/runs/3"));
    }

    void aThousandRunsStayFluid() {
        RunTable table;
        table.resize(1000, 500);
        table.show();
        QVERIFY(QTest::qWaitForWindowExposed(&table));
        QElapsedTimer timer;
        timer.start();
        table.model()->setRuns(runs(1000));
        table.view()->sortByColumn(RunTableModel::Loss, Qt::AscendingOrder);
        for (int i = 0; i < 100; ++i) {
            RunSummary grown = run(i);
            grown.step += 1;
            table.model()->update(grown);
            QCoreApplication::processEvents();
        }
        table.setFilter("simmim");
        table.grab();
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QStringLiteral("%1 ms").arg(timer.elapsed())));
        QCOMPARE(table.visibleRuns(), 500);
    }
};

MASKSCOPE_TEST(TestCompare)
#include "tst_compare.moc"
