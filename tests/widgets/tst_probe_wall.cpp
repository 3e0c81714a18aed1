#include "widgets/pictures/probe_wall.h"

#include <QScrollBar>
#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>
#include <algorithm>
#include <cmath>

#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/pictures/hatch.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

bool contains(const QImage& image, const QColor& color) {
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y) == color) return true;
    return false;
}

/// Six images; number 3 has the highest loss, number 5 has nothing hidden and so none.
ProbeWall::Pictures madePictures() {
    auto pictures = std::make_shared<std::vector<Picture>>();
    for (int i = 0; i < 6; ++i) {
        ImagePicture picture = madePicture(2, 2, {1, 0, 0, 1});
        picture.patchLoss = {static_cast<float>(i == 3 ? 4 : i) / 4.0F, 0, 0, static_cast<float>(i == 3 ? 4 : i) / 4.0F};
        if (i == 5) picture.hidden = {0, 0, 0, 0};
        pictures->push_back(picture);
    }
    return pictures;
}

}  // namespace

class TestProbeWall : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        wall_ = std::make_unique<ProbeWall>();
        wall_->resize(320, 300);
        wall_->show();
        wall_->setState(ViewState::ready());
        wall_->setPictures(madePictures(), {QStringLiteral("jay"), QStringLiteral("zebra")}, 100);
    }
    void cleanup() { wall_.reset(); }

    void keepsTheOrderAndNamesWhatHasNoName() {
        QCOMPARE(wall_->cellCount(), 6);
        QCOMPARE(wall_->cellName(1), QStringLiteral("zebra"));
        QVERIFY(wall_->cellName(2).contains(QStringLiteral("3")));
        for (int i = 1; i < 6; ++i) {
            const QRect before = wall_->cellRect(i - 1), cell = wall_->cellRect(i);
            QVERIFY(cell.top() > before.top() || (cell.top() == before.top() && cell.left() > before.right()));
            QVERIFY(cell.right() <= wall_->viewport()->width());
        }
    }

    void lossIsTheMeanOverHiddenPatches() {
        QCOMPARE(wall_->lossOf(2), 0.5);
        QVERIFY(std::isnan(wall_->lossOf(5)));
        QVERIFY(std::isnan(wall_->lossOf(17)));
    }

    void theWorstIsMarked() {
        QCOMPARE(wall_->worst(), 3);
        QVERIFY(wall_->cellDescription(3).contains(QStringLiteral("worst")));
        const QRect captions = wall_->cellRect(3).adjusted(0, wall_->cellRect(3).width(), 0, 0);
        QVERIFY(contains(wall_->viewport()->grab(captions).toImage(), theme().warning));
        QVERIFY(!contains(wall_->viewport()->grab(wall_->cellRect(2)).toImage(), theme().warning));
        auto one = std::make_shared<std::vector<Picture>>();
        one->push_back(madePicture(2, 2, {1, 0, 0, 0}));
        wall_->setPictures(one, {});
        QCOMPARE(wall_->worst(), -1);
    }

    void clicksAndKeysSelect() {
        QSignalSpy selected(wall_.get(), &ProbeWall::imageSelected);
        QTest::mouseClick(wall_->viewport(), Qt::LeftButton, {}, wall_->cellRect(2).center());
        QCOMPARE(selected.last()[0].toInt(), 2);
        QTest::keyClick(wall_.get(), Qt::Key_Right);
        QCOMPARE(wall_->selected(), 3);
        QTest::keyClick(wall_.get(), Qt::Key_Home);
        QCOMPARE(wall_->selected(), 0);
        QTest::keyClick(wall_.get(), Qt::Key_Left);
        QCOMPARE(wall_->selected(), 0);
        QTest::keyClick(wall_.get(), Qt::Key_Down);
        QCOMPARE(wall_->selected(), wall_->columns());
        QTest::keyClick(wall_.get(), Qt::Key_End);
        QCOMPARE(selected.last()[0].toInt(), 5);
        QTest::mouseClick(wall_->viewport(), Qt::LeftButton, {}, QPoint(2, wall_->viewport()->height() - 1));
        QCOMPARE(wall_->selected(), 5);
    }

    void pinsAreToggled() {
        QSignalSpy toggled(wall_.get(), &ProbeWall::pinToggled);
        QVERIFY(wall_->isPinned(0));
        wall_->setSelected(0);
        QTest::keyClick(wall_.get(), Qt::Key_P);
        QCOMPARE(toggled.count(), 1);
        QCOMPARE(toggled[0][1].toBool(), false);
        QVERIFY(!wall_->isPinned(0));
        wall_->setPictures(madePictures(), {}, 101);  // newer predictions change no pins
        QVERIFY(!wall_->isPinned(0));
    }

    void newPicturesKeepSelectionAndPlace() {
        wall_->setSelected(4);
        const QRect place = wall_->cellRect(4);
        wall_->setPictures(madePictures(), {}, 200);
        QCOMPARE(wall_->selected(), 4);
        QCOMPARE(wall_->cellRect(4), place);
        wall_->setPictures(std::make_shared<std::vector<Picture>>(), {});
        QCOMPARE(wall_->selected(), -1);
    }

    void viewsShowWhatTheySay() {
        const auto colorAt = [this](double x, double y) {
            const QRect cell = wall_->cellRect(0);
            const QImage shot = wall_->viewport()->grab(QRect(cell.topLeft(), QSize(cell.width(), cell.width()))).toImage();
            return shot.pixelColor(static_cast<int>(x * cell.width()), static_cast<int>(y * cell.width()));
        };
        QCOMPARE(colorAt(0.25, 0.25).red(), 150);  // hidden: rebuilt
        QCOMPARE(colorAt(0.75, 0.25).red(), 200);  // visible
        QSignalSpy changed(wall_.get(), &ProbeWall::viewChanged);
        wall_->setView(PictureView::Prediction);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(colorAt(0.75, 0.25).red(), 150);
        wall_->setView(PictureView::Masked);
        QVERIFY(contains(wall_->viewport()->grab(wall_->cellRect(0)).toImage(), hatchGround()));
        wall_->setView(PictureView::Residual);
        QCOMPARE(colorAt(0.75, 0.25), theme().well);
    }

    void leakingPicturesAreLabelled() {
        wall_->setLeaking(true);
        QVERIFY(contains(wall_->viewport()->grab(wall_->cellRect(0)).toImage(), theme().leaks));
        wall_->setView(PictureView::Prediction);
        QVERIFY(!contains(wall_->viewport()->grab(wall_->cellRect(0)).toImage(), theme().leaks));
    }

    void allAreInSightWhereTheyCanBe_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("wide and low: one row") << QSize(540, 150);
        QTest::newRow("narrow and high: one column") << QSize(130, 800);
        QTest::newRow("as in a corner of the window") << QSize(300, 210);
        QTest::newRow("large: no larger than they read well") << QSize(1800, 900);
    }
    void allAreInSightWhereTheyCanBe() {
        QFETCH(QSize, size);
        wall_->resize(size);
        QApplication::processEvents();
        QCOMPARE(wall_->verticalScrollBar()->maximum(), 0);
        for (int i = 0; i < 6; ++i) {
            QVERIFY(wall_->viewport()->rect().contains(wall_->cellRect(i)));
            const int side = wall_->cellRect(i).width() / static_cast<int>(wall_->views().size());
            QVERIFY(side >= scaled(44) && side <= scaled(202));  // with the seams
        }
    }

    void onlyImagesHaveSeveralViews() {
        const auto isSwitchShown = [this] {
            const auto buttons = wall_->findChildren<QToolButton*>();
            return std::any_of(buttons.begin(), buttons.end(), [](QToolButton* button) { return button->isVisible(); });
        };
        QVERIFY(isSwitchShown());
        wall_->setPictures(std::make_shared<std::vector<Picture>>(2, Picture(madeText())), {});
        QVERIFY(!isSwitchShown());
        QCOMPARE(wall_->cellName(1), QStringLiteral("text 2"));
        wall_->setPictures(madePictures(), {});
        QVERIFY(isSwitchShown());
        QCOMPARE(wall_->cellName(1), QStringLiteral("image 2"));
    }

    void selectionScrollsIntoView() {
        auto many = std::make_shared<std::vector<Picture>>(60, Picture(madePicture(2, 2, {1, 0, 0, 1})));
        wall_->setPictures(many, {});
        QVERIFY(wall_->verticalScrollBar()->maximum() > 0);
        wall_->setSelected(59);
        QVERIFY(wall_->viewport()->rect().contains(wall_->cellRect(59)));
        wall_->setSelected(0);
        QVERIFY(wall_->viewport()->rect().contains(wall_->cellRect(0)));
    }

    void textsAndGraphsHaveTheirPictures() {
        auto mixed = std::make_shared<std::vector<Picture>>();
        mixed->push_back(madeText());
        mixed->push_back(madeGraph());
        mixed->push_back(ImagePicture());
        wall_->setPictures(mixed, {});
        QVERIFY(!wall_->grab().isNull());
        QVERIFY(std::abs(wall_->lossOf(0) - (-std::log(0.75) - std::log(0.25)) / 2) < 1e-12);
        QVERIFY(std::abs(wall_->lossOf(1) - (0.25 + 1.5) / 2) < 1e-12);
        QVERIFY(std::isnan(wall_->lossOf(2)));
        QVERIFY(contains(wall_->viewport()->grab(wall_->cellRect(0)).toImage(), theme().text));
    }

    void roomToSpareShowsTheOriginalsToo() {
        wall_->resize(1100, 330);
        const std::vector<PictureView> views = wall_->views();
        QVERIFY(views.size() > 1 && views.front() == PictureView::Original && views.back() == PictureView::Composite);
        const QRect cell = wall_->cellRect(2);
        const QImage shot = wall_->viewport()->grab(cell).toImage();
        const int side = cell.width() / static_cast<int>(views.size());
        QCOMPARE(shot.pixelColor(side / 4, side / 4).red(), 200);                     // what was there
        QCOMPARE(shot.pixelColor(cell.width() - 3 * side / 4, side / 4).red(), 150);  // what the model says
        QCOMPARE(wall_->verticalScrollBar()->maximum(), 0);
        QVERIFY(wall_->cellDescription(0).startsWith(pictureViewName(PictureView::Original)));
        wall_->setView(PictureView::Masked);
        QVERIFY(wall_->views().size() <= 2);
    }

    void aSmallWallShowsOneViewAndScrolls() {
        wall_->resize(300, 110);
        QCOMPARE(wall_->views(), std::vector{PictureView::Composite});
        QVERIFY(wall_->verticalScrollBar()->maximum() > 0);
        for (int i = 0; i < wall_->cellCount(); ++i) QVERIFY(wall_->cellRect(i).right() <= wall_->viewport()->width());
    }

    void textsAreWiderThanHigh() {
        auto texts = std::make_shared<std::vector<Picture>>();
        for (int i = 0; i < 8; ++i) texts->push_back(madeText());
        wall_->setPictures(texts, {});
        wall_->resize(1100, 330);
        QVERIFY(wall_->cellRect(0).width() > 3 * wall_->cellRect(0).height() / 2);
        QVERIFY(wall_->cellRect(7).right() <= wall_->viewport()->width());
        QVERIFY(wall_->cellRect(7).bottom() <= wall_->viewport()->height());
    }

    void emptyWallsSayWhatComes() {
        ProbeWall fresh;
        fresh.resize(300, 200);
        fresh.show();
        QVERIFY(fresh.findChild<StateLayer*>()->isVisible());
        QTest::keyClick(&fresh, Qt::Key_Right);
        QTest::keyClick(&fresh, Qt::Key_P);
        QCOMPARE(fresh.selected(), -1);
    }

private:
    std::unique_ptr<ProbeWall> wall_;
};

MASKSCOPE_TEST(TestProbeWall)
#include "tst_probe_wall.moc"
