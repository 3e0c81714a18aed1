#include "widgets/pictures/picture_tile.h"

#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/mouse.h"
#include "widgets/pictures/hatch.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using maskscope::testing::contains;
using namespace maskscope::testing;
using Mask = std::vector<std::uint8_t>;

namespace {

QImage flat(int width, int height, const QColor& color) {
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(color);
    return image;
}

}  // namespace

class TestPictureTile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        tile_ = std::make_unique<PictureTile>();
        tile_->resize(106, 106);
        tile_->setImage(flat(64, 64, kPictureColor));
        tile_->setGrid({4, 4});
    }
    void cleanup() { tile_.reset(); }

    void picturesLieOnWholePixelsAPatch_data() {
        QTest::addColumn<QSizeF>("room");
        QTest::addColumn<QSizeF>("picture");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("columns");
        QTest::addColumn<qreal>("ratio");
        QTest::newRow("square") << QSizeF(285, 300) << QSizeF(224, 224) << 14 << 14 << 1.0;
        QTest::newRow("wide") << QSizeF(300, 300) << QSizeF(320, 224) << 14 << 20 << 1.0;
        QTest::newRow("one and a half") << QSizeF(285, 300) << QSizeF(224, 224) << 14 << 14 << 1.5;
        QTest::newRow("twice") << QSizeF(131, 77) << QSizeF(32, 32) << 8 << 8 << 2.0;
    }
    void picturesLieOnWholePixelsAPatch() {
        QFETCH(QSizeF, room);
        QFETCH(QSizeF, picture);
        QFETCH(int, rows);
        QFETCH(int, columns);
        QFETCH(qreal, ratio);
        const QRectF place(QPointF(3, 5), room);
        const QRectF area = alignedPictureRect(place, picture, {rows, columns}, ratio);
        const auto whole = [](qreal value) { return std::abs(value - std::round(value)) < 1e-6; };
        QVERIFY(whole(area.left() * ratio) && whole(area.top() * ratio));
        QVERIFY(whole(area.width() * ratio / columns) && whole(area.height() * ratio / rows));
        QVERIFY(place.adjusted(-1, -1, 1, 1).contains(area));
        QVERIFY(area.width() > 0.9 * std::min(room.width(), room.height() * picture.width() / picture.height()) - columns / ratio);
        QVERIFY(std::abs(area.width() / area.height() - picture.width() / picture.height()) < 0.1);
    }

    void theMouseFindsThePatchBelowIt() {
        QSignalSpy hovered(tile_.get(), &PictureTile::patchHovered), clicked(tile_.get(), &PictureTile::patchClicked);
        for (int patch = 0; patch < 16; ++patch) {
            const QPoint centre = tile_->grid().rectOf(patch, tile_->pictureRect()).center().toPoint();
            moveMouse(tile_.get(), centre);
            QTest::mouseClick(tile_.get(), Qt::LeftButton, {}, centre);
            QCOMPARE(clicked.last()[0].toInt(), patch);
            QCOMPARE(tile_->hoveredPatch(), patch);
        }
        QCOMPARE(hovered.count(), 16);
        QEvent leave(QEvent::Leave);
        QApplication::sendEvent(tile_.get(), &leave);
        QCOMPARE(hovered.last()[0].toInt(), -1);
    }

    void arrowKeysMoveTheSelection() {
        QSignalSpy selected(tile_.get(), &PictureTile::patchSelected), clicked(tile_.get(), &PictureTile::patchClicked);
        QTest::keyClick(tile_.get(), Qt::Key_Right);
        QCOMPARE(tile_->selectedPatch(), 0);
        QTest::keyClick(tile_.get(), Qt::Key_Right);
        QTest::keyClick(tile_.get(), Qt::Key_Down);
        QCOMPARE(tile_->selectedPatch(), 5);
        QTest::keyClick(tile_.get(), Qt::Key_Up);
        QTest::keyClick(tile_.get(), Qt::Key_Up);
        QCOMPARE(tile_->selectedPatch(), 1);
        QCOMPARE(selected.count(), 5);
        QTest::keyClick(tile_.get(), Qt::Key_Return);
        QCOMPARE(clicked.last()[0].toInt(), 1);
    }

    void hiddenPatchesAreHatchedAndVisibleOnesAreNot() {
        Mask mask(16, 0);
        mask[5] = 1;
        tile_->setHidden(mask);
        tile_->setHatched(true);
        const QImage shot = tile_->grab().toImage();
        const QRect hidden = tile_->grid().rectOf(5, tile_->pictureRect()).toRect(), visible = tile_->grid().rectOf(6, tile_->pictureRect()).toRect();
        QVERIFY(contains(shot.copy(hidden), hatchGround()));
        QVERIFY(!contains(shot.copy(hidden), kPictureColor));
        QCOMPARE(shot.pixelColor(visible.center()), kPictureColor);
        QVERIFY(!contains(shot.copy(visible), hatchGround()));
        tile_->setHatched(false);
        QCOMPARE(tile_->grab().toImage().pixelColor(hidden.center()), kPictureColor);
    }

    void outlinesLieBetweenHiddenAndVisible() {
        Mask mask(16, 0);
        for (const int patch : {0, 1, 4, 5}) mask[static_cast<std::size_t>(patch)] = 1;
        tile_->setHidden(mask);
        const QImage without = tile_->grab().toImage();
        tile_->setOutline(PictureTile::Outline::Strong);
        const QImage with = tile_->grab().toImage();
        const QRectF area = tile_->pictureRect();
        const qreal patch = area.width() / 4;
        const auto differs = [&](qreal column, qreal row) {
            const QPoint at = (area.topLeft() + QPointF(column * patch, row * patch)).toPoint();
            return with.pixel(at) != without.pixel(at);
        };
        QVERIFY(differs(2.0, 0.5) && differs(0.5, 2.0));    // the region's edges
        QVERIFY(!differs(1.0, 0.5) && !differs(3.0, 3.5));  // inside of it, and between visible patches
    }

    void leaksAreFramedAndNamed() {
        QVERIFY(!contains(tile_->grab().toImage(), theme().leaks));
        tile_->setLeaks(true);
        const QImage shot = tile_->grab().toImage();
        const QRect area = tile_->pictureRect().toRect();
        QCOMPARE(shot.pixelColor(area.right() - 1, area.center().y()), theme().leaks);
        QCOMPARE(shot.pixelColor(area.left() + 1, area.center().y()), theme().leaks);
        QVERIFY(contains(shot.copy(area.left() + 8, area.top() + 4, 50, 12), theme().textOnSemantic));
        QVERIFY(tile_->accessibleDescription().contains(QStringLiteral("Leaks")));
    }

    void patchesWithoutValueAreWells() {
        Mask none(16, 0);
        none[15] = 1;
        tile_->setNoValue(none);
        const QImage shot = tile_->grab().toImage();
        const QRect patch = tile_->grid().rectOf(15, tile_->pictureRect()).toRect();
        QCOMPARE(shot.pixelColor(patch.left() + 4, patch.top() + 4), theme().well);
        QVERIFY(shot.pixelColor(patch.center()) != theme().well);  // the diagonal
        QCOMPARE(shot.pixelColor(tile_->grid().rectOf(0, tile_->pictureRect()).center().toPoint()), kPictureColor);
    }

    void mapsStaySharp() {
        QImage map(2, 1, QImage::Format_RGB32);
        map.setPixelColor(0, 0, Qt::black);
        map.setPixelColor(1, 0, Qt::white);
        tile_->setGrid({});
        tile_->setImage(map, PictureTile::Scaling::Nearest);
        QImage shot = tile_->grab().toImage();
        const QRect area = tile_->pictureRect().toRect();
        QCOMPARE(shot.pixelColor(area.center().x() - 2, area.center().y()), QColor(Qt::black));
        QCOMPARE(shot.pixelColor(area.center().x() + 3, area.center().y()), QColor(Qt::white));
        tile_->setImage(map, PictureTile::Scaling::Smooth);
        shot = tile_->grab().toImage();
        const int middle = shot.pixelColor(area.center()).red();
        QVERIFY2(middle > 60 && middle < 200, qPrintable(QString::number(middle)));
    }

    void wipesAtTheLine() {
        tile_->setWipe(flat(64, 64, Qt::yellow), QStringLiteral("a"), QStringLiteral("b"));
        tile_->setWipePosition(0.25);
        const QRect area = tile_->pictureRect().toRect();
        QSignalSpy moved(tile_.get(), &PictureTile::wipeMoved), clicked(tile_.get(), &PictureTile::patchClicked);
        QImage shot = tile_->grab().toImage();
        QCOMPARE(shot.pixelColor(area.left() + 8, area.top() + 8), kPictureColor);
        QCOMPARE(shot.pixelColor(area.center().x(), area.top() + 8), QColor(Qt::yellow));
        const QPoint line(area.left() + area.width() / 4, area.center().y());
        QTest::mousePress(tile_.get(), Qt::LeftButton, {}, line);
        moveMouse(tile_.get(), QPoint(area.left() + area.width() * 3 / 4, area.center().y()));
        QTest::mouseRelease(tile_.get(), Qt::LeftButton, {}, QPoint(area.left() + area.width() * 3 / 4, area.center().y()));
        QVERIFY(std::abs(tile_->wipePosition() - 0.75) < 0.02);
        QVERIFY(moved.count() >= 1);
        QCOMPARE(clicked.count(), 0);
        QCOMPARE(tile_->grab().toImage().pixelColor(area.center().x(), area.top() + 8), kPictureColor);
        QTest::keyClick(tile_.get(), Qt::Key_Left, Qt::ShiftModifier);
        QVERIFY(std::abs(tile_->wipePosition() - 0.73) < 0.02);
        QCOMPARE(tile_->selectedPatch(), -1);
    }

    void strokesReplaceClicksWhileEditing() {
        QSignalSpy started(tile_.get(), &PictureTile::strokeStarted), moved(tile_.get(), &PictureTile::strokeMoved),
            ended(tile_.get(), &PictureTile::strokeEnded), cancelled(tile_.get(), &PictureTile::strokeCancelled),
            clicked(tile_.get(), &PictureTile::patchClicked);
        tile_->setEditing(true);
        const auto centre = [this](int patch) { return tile_->grid().rectOf(patch, tile_->pictureRect()).center().toPoint(); };
        QTest::mousePress(tile_.get(), Qt::LeftButton, {}, centre(5));
        moveMouse(tile_.get(), centre(7));
        moveMouse(tile_.get(), QPoint(500, centre(7).y()));  // beyond the edge: the nearest patch
        QTest::mouseRelease(tile_.get(), Qt::LeftButton, {}, centre(7));
        QCOMPARE(started.count(), 1);
        QCOMPARE(started[0][0].toInt(), 5);
        QCOMPARE(started[0][1].toBool(), false);
        QCOMPARE(moved.last()[0].toInt(), 7);
        QCOMPARE(ended.count(), 1);
        QCOMPARE(clicked.count(), 0);
        QTest::mousePress(tile_.get(), Qt::RightButton, {}, centre(0));
        QCOMPARE(started.last()[1].toBool(), true);
        QTest::keyClick(tile_.get(), Qt::Key_Escape);
        QCOMPARE(cancelled.count(), 1);
        tile_->setSelectedPatch(9);
        QTest::keyClick(tile_.get(), Qt::Key_Space);
        QCOMPARE(started.last()[0].toInt(), 9);
        QCOMPARE(ended.count(), 2);
    }

    void statesSayWhatIsMissing() {
        tile_->resize(220, 160);
        tile_->setState(ViewState::failed(QStringLiteral("No decoder"), QStringLiteral("Train one.")));
        const QImage failed = tile_->grab().toImage();
        QVERIFY(!contains(failed, kPictureColor));
        QVERIFY(contains(failed, theme().error));
        QVERIFY(tile_->accessibleDescription().contains(QStringLiteral("No decoder")));
        tile_->setState(ViewState::stale(18000));
        const QImage stale = tile_->grab().toImage();
        QCOMPARE(stale.pixelColor(tile_->pictureRect().center().toPoint()), kPictureColor);  // not dimmed
        QVERIFY(contains(stale, theme().paused));
        tile_->setState(ViewState::ready());
        QVERIFY(!contains(tile_->grab().toImage(), theme().paused));
        tile_->setImage({});
        QVERIFY(contains(tile_->grab().toImage(), theme().text2));  // words, never a bare area
    }

    void descriptionNamesTheSelectedPatch() {
        Mask mask(16, 0);
        mask[6] = 1;
        tile_->setHidden(mask);
        tile_->setSelectedPatch(6);
        QVERIFY2(tile_->accessibleDescription().contains(QStringLiteral("patch 7 · row 2, column 3, hidden")),
                 qPrintable(tile_->accessibleDescription()));
        QVERIFY(tile_->accessibleDescription().contains(QStringLiteral("1 of 16 patches hidden")));
        tile_->setGrid({2, 2});
        QCOMPARE(tile_->selectedPatch(), -1);
    }

    void masksOfOtherLengthsHideNothing() {
        tile_->setHidden({1, 1});
        tile_->setHatched(true);
        tile_->setOutline(PictureTile::Outline::Strong);
        QVERIFY(!contains(tile_->grab().toImage(), hatchGround()));
    }

private:
    const QColor kPictureColor{30, 160, 90};
    std::unique_ptr<PictureTile> tile_;
};

MASKSCOPE_TEST(TestPictureTile)
#include "tst_picture_tile.moc"
