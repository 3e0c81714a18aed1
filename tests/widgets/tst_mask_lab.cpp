#include "widgets/pictures/mask_lab.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QSlider>
#include <QToolButton>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/pictures/color_map.h"
#include "widgets/pictures/hatch.h"
#include "widgets/pictures/mask_lab_sheet.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using maskscope::testing::contains;
using Mask = std::vector<std::uint8_t>;

namespace {

MaskLabSheet::Strategy madeStrategy(const char* name, std::uint8_t first) {
    MaskLabSheet::Strategy strategy;
    strategy.name = name;
    strategy.masks = {{first, 0, 0, 1}, {1, 1, 0, first}};
    strategy.hiddenProbability = {0.0F, 1.0F, 0.5F, 0.25F};
    strategy.clusterSize = {1, 5, {4, 0, 2, 0}, 1.75};
    strategy.visibleDistance = {1, 3, {6, 0}, 1.0};
    strategy.hiddenRatio = 0.5;
    return strategy;
}

std::shared_ptr<MaskLabSheet> madeSheet() {
    auto sheet = std::make_shared<MaskLabSheet>();
    sheet->gridRows = sheet->gridColumns = 2;
    sheet->draws = 1000;
    sheet->rowNames = {"seed 1", "seed 2"};
    sheet->strategies = {madeStrategy("random", 1), madeStrategy("block", 0)};
    return sheet;
}

}  // namespace

class TestMaskLab : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        lab_ = std::make_unique<MaskLab>();
        lab_->resize(640, 600);
        lab_->show();
        lab_->setState(ViewState::ready());
    }
    void cleanup() { lab_.reset(); }

    void asksForWhatTheControlsSay() {
        QSignalSpy wanted(lab_.get(), &MaskLab::wanted);
        lab_->setStrategies({QStringLiteral("random"), QStringLiteral("block")}, {QStringLiteral("block"), QStringLiteral("no such")});
        QCOMPARE(lab_->chosenStrategies(), QStringList{QStringLiteral("block")});
        QTRY_COMPARE_WITH_TIMEOUT(wanted.count(), 1, 1000);
        const auto request = wanted[0][0].value<MaskLabRequest>();
        QCOMPARE(request.strategies, std::vector<std::string>{"block"});
        QCOMPARE(request.ratios.size(), std::size_t{1});
        QVERIFY(request.seeds.size() > 1);
        QCOMPARE(request.draws, std::int64_t{1000});
    }

    void controlsAreWholeInANarrowArea() {
        lab_->setStrategies({QStringLiteral("random"), QStringLiteral("block")}, {QStringLiteral("block")});
        for (const int width : {260, 420, 800}) {
            lab_->resize(width, 500);
            QCoreApplication::processEvents();
            for (QWidget* control : lab_->findChildren<QWidget*>()) {
                const bool isControl = qobject_cast<QToolButton*>(control) || qobject_cast<QComboBox*>(control) || qobject_cast<QSlider*>(control);
                if (!isControl || !control->isVisible()) continue;
                const QRect place(control->mapTo(lab_.get(), QPoint(0, 0)), control->size());
                QVERIFY2(lab_->rect().contains(place), qPrintable(control->accessibleName()));
                QVERIFY2(control->width() >= std::min(control->sizeHint().width(), control->maximumWidth()), qPrintable(control->accessibleName()));
            }
        }
    }

    void columnsGetNarrowerBeforeTheSheetScrolls() {
        auto* sheet = lab_->findChild<MaskLabSheetView*>();
        lab_->setSheet(madeSheet());
        lab_->resize(700, 500);
        QCoreApplication::processEvents();
        const int wide = sheet->cellRect(0).width();
        lab_->resize(270, 500);
        QCoreApplication::processEvents();
        QVERIFY(sheet->cellRect(0).width() < wide);
        QVERIFY(sheet->rect().contains(sheet->cellRect(1)));
        QVERIFY(sheet->width() <= 270);
    }

    void draggingTheRatioAsksOnce() {
        lab_->setStrategies({QStringLiteral("random")}, {QStringLiteral("random")});
        QSignalSpy wanted(lab_.get(), &MaskLab::wanted);
        auto* ratio = lab_->findChild<QSlider*>();
        for (int value = 30; value <= 40; ++value) ratio->setValue(value);
        QTRY_COMPARE_WITH_TIMEOUT(wanted.count(), 1, 1000);
        QCOMPARE(wanted[0][0].value<MaskLabRequest>().ratios, std::vector<double>{0.4});
    }

    void rowsAreSeedsOrRatios() {
        auto* sweep = lab_->findChild<QComboBox*>();
        auto* ratio = lab_->findChild<QSlider*>();
        QVERIFY(ratio->isEnabled());
        sweep->setCurrentIndex(1);
        QVERIFY(lab_->request().ratios.size() > 1);
        QCOMPARE(lab_->request().seeds.size(), std::size_t{1});
        QVERIFY(!ratio->isEnabled());
        QVERIFY(!ratio->toolTip().isEmpty());
    }

    void drawingAgainTakesOtherSeeds() {
        const auto before = lab_->request().seeds;
        for (QToolButton* button : lab_->findChildren<QToolButton*>())
            if (button->accessibleName() == QStringLiteral("Draw again")) button->click();
        const auto after = lab_->request().seeds;
        QCOMPARE(after.size(), before.size());
        for (const auto seed : after) QVERIFY(std::find(before.begin(), before.end(), seed) == before.end());
    }

    void masksStandInTheirColumnsAndRows() {
        const auto made = madeSheet();
        lab_->setSheet(made);
        auto* sheet = lab_->findChild<MaskLabSheetView*>();
        QCOMPARE(sheet->cellCount(), 4);
        QCOMPARE(sheet->cellName(3), QStringLiteral("block, seed 2"));
        QVERIFY(sheet->cellRect(1).left() > sheet->cellRect(0).right());
        QCOMPARE(sheet->cellRect(2).left(), sheet->cellRect(0).left());
        const QImage shot = sheet->grab().toImage();
        const auto quarter = [&](int cell, int patch) {
            const QRect box = sheet->cellRect(cell);
            return shot.copy(box.left() + patch % 2 * box.width() / 2 + 6, box.top() + patch / 2 * box.height() / 2 + 6, box.width() / 2 - 12,
                             box.height() / 2 - 12);
        };
        for (int cell = 0; cell < 4; ++cell) {
            const Mask& mask = made->strategies[static_cast<std::size_t>(cell % 2)].masks[static_cast<std::size_t>(cell / 2)];
            for (int patch = 0; patch < 4; ++patch)
                QCOMPARE(contains(quarter(cell, patch), hatchGround()), mask[static_cast<std::size_t>(patch)] != 0);
        }
    }

    void clickedMasksGoToTheStage() {
        lab_->setSheet(madeSheet());
        auto* sheet = lab_->findChild<MaskLabSheetView*>();
        QSignalSpy chosen(lab_.get(), &MaskLab::maskChosen);
        QTest::mouseClick(sheet, Qt::LeftButton, {}, sheet->cellRect(3).center());
        QCOMPARE(chosen.last()[0].value<Mask>(), (Mask{1, 1, 0, 0}));
        QTest::keyClick(sheet, Qt::Key_Up);
        QTest::keyClick(sheet, Qt::Key_Return);
        QCOMPARE(chosen.last()[0].value<Mask>(), (Mask{0, 0, 0, 1}));
        QCOMPARE(chosen.count(), 2);
    }

    void probabilitiesHaveTheColorsOfTheMap() {
        lab_->setSheet(madeSheet());
        const QImage shot = lab_->findChild<MaskLabSheetView*>()->grab().toImage();
        QVERIFY(contains(shot, QColor(colorOf(ColorMap::Viridis, 0.5))));
        QVERIFY(contains(shot, QColor(colorOf(ColorMap::Viridis, 0.25))));
    }

    void histogramBarsAreAsHighAsTheirCounts() {
        lab_->setSheet(madeSheet());
        auto* sheet = lab_->findChild<MaskLabSheetView*>();
        const QImage shot = sheet->grab().toImage();
        const QRect below(sheet->cellRect(0).left(), sheet->cellRect(2).bottom() + 1, sheet->cellRect(0).width(),
                          shot.height() - sheet->cellRect(2).bottom() - 1);
        const auto barHeight = [&](double place) {
            int bar = 0;
            const int x = below.left() + static_cast<int>(place * below.width());
            for (int y = below.top(); y < below.bottom(); ++y) {
                if (shot.pixelColor(x, y) == theme().text3)
                    ++bar;
                else if (bar > 0)
                    break;  // what follows is the histogram below
            }
            return bar;
        };
        const int four = barHeight(0.12), two = barHeight(0.62);
        QVERIFY(four > 20);
        QVERIFY2(std::abs(four - 2 * two) <= 2, qPrintable(QStringLiteral("%1 and %2").arg(four).arg(two)));
    }

    void strategiesThatCannotBeDrawnSayWhy() {
        auto sheet = madeSheet();
        sheet->strategies[1] = {};
        sheet->strategies[1].problem = "needs a model";
        lab_->setSheet(sheet);
        auto* view = lab_->findChild<MaskLabSheetView*>();
        QSignalSpy chosen(lab_.get(), &MaskLab::maskChosen);
        QVERIFY(view->cellDescription(1).contains(QStringLiteral("needs a model")));
        view->activateCell(1);
        QCOMPARE(chosen.count(), 0);
        QVERIFY(contains(view->grab().toImage(), theme().warning));
    }

    void brokenSheets() {
        auto sheet = madeSheet();
        sheet->strategies[0].masks = {{1}};
        sheet->strategies[0].hiddenProbability = {1.0F};
        sheet->strategies[0].clusterSize.counts.clear();
        lab_->setSheet(sheet);
        QVERIFY(!lab_->grab().isNull());
        lab_->setSheet(std::make_shared<MaskLabSheet>());
        QVERIFY(!lab_->grab().isNull());
        lab_->setSheet(nullptr);
        QVERIFY(!lab_->grab().isNull());
        MaskLab fresh;
        fresh.show();
        QVERIFY(fresh.findChild<StateLayer*>()->isVisible());
    }

private:
    std::unique_ptr<MaskLab> lab_;
};

MASKSCOPE_TEST(TestMaskLab)
#include "tst_mask_lab.moc"
