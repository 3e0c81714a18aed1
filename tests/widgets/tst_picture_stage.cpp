#include "widgets/pictures/picture_stage.h"

#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/mouse.h"
#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/stage_canvas.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/pictures/token_view.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;
using Mask = std::vector<std::uint8_t>;

namespace {

const Mask kMask = {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

}  // namespace

class TestPictureStage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        stage_ = std::make_unique<PictureStage>();
        stage_->resize(620, 360);
        stage_->show();
        stage_->setState(ViewState::ready());
        stage_->setPicture(shared(madePicture(4, 4, kMask)), 100);
    }
    void cleanup() { stage_.reset(); }

    void showsFiveViewsWithTheirImages() {
        QCOMPARE(tile(PictureView::Original)->image().pixelColor(1, 1).red(), 200);
        QCOMPARE(tile(PictureView::Composite)->image().pixelColor(1, 1).red(), 150);
        QCOMPARE(tile(PictureView::Prediction)->image().pixelColor(31, 1).red(), 150);
        for (const PictureView view : kPictureViews) {
            QVERIFY(tile(view)->isVisible());
            QVERIFY(!tile(view)->accessibleName().isEmpty());
        }
    }

    void nothingOverlapsInAnyModeAndSize_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<QSize>("size");
        const QList<QSize> sizes = {{420, 300}, {620, 360}, {460, 640}, {1200, 500}};
        for (int mode = 0; mode < 3; ++mode)
            for (const QSize& size : sizes) QTest::addRow("mode %d at %d x %d", mode, size.width(), size.height()) << mode << size;
    }
    void nothingOverlapsInAnyModeAndSize() {
        QFETCH(int, mode);
        QFETCH(QSize, size);
        stage_->setMode(static_cast<PictureStage::Mode>(mode));
        stage_->resize(size);
        QCoreApplication::processEvents();
        for (const PictureView a : kPictureViews) {
            const QRectF first = pictureOf(a);
            QVERIFY2(first.width() >= 40, qPrintable(pictureViewName(a)));
            QVERIFY2(QRectF(canvas()->rect()).contains(first), qPrintable(pictureViewName(a)));
            for (const PictureView b : kPictureViews) QVERIFY(a == b || !first.intersects(pictureOf(b)));
        }
        const bool focus = stage_->mode() != PictureStage::Mode::SideBySide;
        QCOMPARE(pictureOf(PictureView::Composite).width() > 1.5 * pictureOf(PictureView::Original).width(), focus);
    }

    void whatARecipeShowsBesideIsShown_data() { nothingOverlapsInAnyModeAndSize_data(); }
    void whatARecipeShowsBesideIsShown() {
        QFETCH(int, mode);
        QFETCH(QSize, size);
        ImagePicture picture = madePicture(4, 4, kMask);
        picture.composite = picture.error = {};
        picture.extras = {{"target", flatImage(60, 60, 90)}, {"attention", flatImage(4, 4, 20)}, {"other", flatImage(4, 4, 30)}};
        stage_->setMode(static_cast<PictureStage::Mode>(mode));
        stage_->resize(size);
        stage_->setPicture(shared(picture), 100);
        QCoreApplication::processEvents();
        QVERIFY(!tile(PictureView::Composite)->isVisible() && !tile(PictureView::Residual)->isVisible());
        QCOMPARE(stage_->focusedView(), PictureView::Prediction);  // there is no composite to look at
        QCOMPARE(tile(PictureView::FirstExtra)->accessibleName(), QStringLiteral("Target"));
        const std::vector<PictureView> views{PictureView::Original,   PictureView::Masked,      PictureView::Prediction,
                                             PictureView::FirstExtra, PictureView::SecondExtra, PictureView::ThirdExtra};
        for (const PictureView a : views) {
            QVERIFY(tile(a)->isVisible());
            QVERIFY(QRectF(canvas()->rect()).contains(pictureOf(a)));
            for (const PictureView b : views) QVERIFY(a == b || !pictureOf(a).intersects(pictureOf(b)));
        }
        QTest::keyClick(stage_.get(), Qt::Key_7);
        QCOMPARE(stage_->focusedView(), PictureView::SecondExtra);
        stage_->setPicture(shared(madePicture(4, 4, kMask)), 101);
        QVERIFY(tile(PictureView::Composite)->isVisible() && !tile(PictureView::FirstExtra)->isVisible());
        QCOMPARE(stage_->focusedView(), PictureView::Prediction);
    }

    void keysChooseWhatIsLarge() {
        QSignalSpy changed(stage_.get(), &PictureStage::focusedViewChanged);
        QTest::keyClick(stage_.get(), Qt::Key_2);
        QCOMPARE(stage_->focusedView(), PictureView::Masked);
        QTest::keyClick(stage_.get(), Qt::Key_5);
        QCOMPARE(stage_->focusedView(), PictureView::Residual);
        QCOMPARE(changed.count(), 2);
        QVERIFY(pictureOf(PictureView::Residual).width() > 1.5 * pictureOf(PictureView::Masked).width());
    }

    void truthAndErrorAreOneKeyAwayAndBack() {
        stage_->setFocusedView(PictureView::Prediction);
        QTest::keyClick(stage_.get(), Qt::Key_G);
        QCOMPARE(stage_->focusedView(), PictureView::Original);
        QTest::keyClick(stage_.get(), Qt::Key_O);
        QCOMPARE(stage_->focusedView(), PictureView::Residual);
        QTest::keyClick(stage_.get(), Qt::Key_O);
        QCOMPARE(stage_->focusedView(), PictureView::Prediction);
    }

    void aClickOnASmallViewMakesItLarge() {
        QSignalSpy patches(stage_.get(), &PictureStage::patchClicked);
        QTest::mouseClick(tile(PictureView::Prediction), Qt::LeftButton, {}, tile(PictureView::Prediction)->rect().center());
        QCOMPARE(stage_->focusedView(), PictureView::Prediction);
        QCOMPARE(patches.count(), 0);
        QTest::mouseClick(tile(PictureView::Prediction), Qt::LeftButton, {}, patchCentre(PictureView::Prediction, 6));
        QCOMPARE(patches.count(), 1);
        QCOMPARE(patches[0][0].toInt(), 6);
        QCOMPARE(stage_->selectedPatch(), 6);
        for (const PictureView view : kPictureViews) QCOMPARE(tile(view)->selectedPatch(), 6);
    }

    void hoveringLightsEveryView() {
        QSignalSpy hovered(stage_.get(), &PictureStage::patchHovered);
        moveMouse(tile(PictureView::Original), patchCentre(PictureView::Original, 9));
        QCOMPARE(hovered.last()[0].toInt(), 9);
        for (const PictureView view : kPictureViews) QCOMPARE(tile(view)->hoveredPatch(), 9);
        stage_->setHoveredPatch(3);
        QCOMPARE(tile(PictureView::Residual)->hoveredPatch(), 3);
        QCOMPARE(hovered.count(), 1);
    }

    void trueStatisticsAreLabelledAndNeverStay() {
        QSignalSpy changed(stage_.get(), &PictureStage::leakingChanged);
        QVERIFY(!stage_->isLeaking());
        stage_->setLeaking(true);
        QVERIFY(tile(PictureView::Composite)->leaks() && tile(PictureView::Residual)->leaks());
        QVERIFY(!tile(PictureView::Original)->leaks() && !tile(PictureView::Prediction)->leaks());
        QCOMPARE(tile(PictureView::Composite)->image().pixelColor(1, 1).red(), 190);
        stage_->setPicture(shared(madePicture(4, 4, kMask, false)), 101);  // nothing to leak here
        QVERIFY(!stage_->isLeaking());
        QVERIFY(!tile(PictureView::Composite)->leaks());
        QCOMPARE(changed.count(), 2);
        stage_->setLeaking(true);
        QVERIFY(!stage_->isLeaking());
        QVERIFY(!PictureStage().isLeaking());
    }

    void theSwitchSaysWhyItIsOff() {
        QToolButton* leaks = nullptr;
        for (QToolButton* button : stage_->findChildren<QToolButton*>())
            if (button->accessibleName().contains(QStringLiteral("leaks"))) leaks = button;
        QVERIFY(leaks && leaks->isEnabled());
        leaks->click();
        QVERIFY(stage_->isLeaking());
        stage_->setPicture(shared(madePicture(4, 4, kMask, false)), 101);
        QVERIFY(!leaks->isEnabled());
        QVERIFY(leaks->toolTip().contains(QStringLiteral("not normalised")));
    }

    void aStrokeAsksTheModelAndCanBeUndone() {
        QSignalSpy edited(stage_.get(), &PictureStage::maskEdited), strokes(stage_.get(), &PictureStage::strokeFinished);
        QTest::keyClick(stage_.get(), Qt::Key_B);
        QVERIFY(stage_->isBrushEnabled());
        paint(2, 3);
        Mask expected = kMask;
        expected[2] = expected[3] = 1;
        QCOMPARE(stage_->hidden(), expected);
        QCOMPARE(edited.last()[0].value<Mask>(), expected);
        QCOMPARE(strokes.count(), 1);
        QCOMPARE(strokes[0][0].value<Mask>(), kMask);
        const qsizetype asked = edited.count();
        stage_->setHidden(strokes[0][0].value<Mask>());
        QCOMPARE(stage_->hidden(), kMask);
        QCOMPARE(edited.count(), asked);  // setting is not painting
    }

    void whatIsSeenWholeHasNoHatch() {
        QVERIFY(tile(PictureView::Masked)->isHatched());
        ImagePicture filtered = madePicture(4, 4, kMask);
        filtered.seenWhole = true;
        stage_->setPicture(shared(filtered), 100);
        QVERIFY(!tile(PictureView::Masked)->isHatched());
        QCOMPARE(tile(PictureView::Masked)->image().pixelColor(1, 1).red(), 128);  // what the network saw
    }

    void withoutAnswersTheMaskedImageIsLarge() {
        stage_->setFocusedView(PictureView::Residual);
        stage_->setNoAnswer(ViewState::empty(QStringLiteral("Not filled in yet"), QStringLiteral("Start")));
        QCOMPARE(stage_->focusedView(), PictureView::Masked);
        stage_->setNoAnswer(ViewState::ready());
        QCOMPARE(stage_->focusedView(), PictureView::Residual);
        stage_->setNoAnswer(ViewState::empty(QStringLiteral("Not filled in yet"), QStringLiteral("Start")));
        stage_->setFocusedView(PictureView::Original);
        stage_->setNoAnswer(ViewState::ready());
        QCOMPARE(stage_->focusedView(), PictureView::Original);  // chosen meanwhile
    }

    void theMaskedViewShowsWhatIsPaintedAtOnce() {
        stage_->setBrushEnabled(true);
        QCOMPARE(tile(PictureView::Masked)->image().pixelColor(1, 1).red(), 128);
        paint(2, 3);
        QCOMPARE(tile(PictureView::Masked)->image().pixelColor(1, 1).red(), 200);  // the original, hatched by the new mask
        QVERIFY(tile(PictureView::Masked)->accessibleDescription().contains(QStringLiteral("7 of 16 patches hidden")));
    }

    void aPaintedMaskStaysUntilItIsAnswered() {
        stage_->setBrushEnabled(true);
        paint(2, 3);
        const Mask painted = stage_->hidden();
        stage_->setPicture(shared(madePicture(4, 4, kMask)), 101);  // training goes on with the pinned mask
        QCOMPARE(stage_->hidden(), painted);
        stage_->setPicture(shared(madePicture(4, 4, painted)), 101);  // the answer
        QCOMPARE(stage_->hidden(), painted);
        stage_->setPicture(shared(madePicture(4, 4, kMask)), 102);
        QCOMPARE(stage_->hidden(), kMask);
    }

    void anotherImageBringsItsOwnMask() {
        stage_->setBrushEnabled(true);
        paint(2, 3);
        ImagePicture other = madePicture(4, 4, kMask);
        other.original.pixels[0] = 7;
        stage_->setPicture(shared(other), 101);
        QCOMPARE(stage_->hidden(), kMask);
    }

    void picturesOfOtherSizesAndKinds() {
        stage_->setSelectedPatch(15);
        stage_->setPicture(shared(madePicture(2, 3, Mask(6, 1))), 1);
        QCOMPARE(stage_->selectedPatch(), -1);
        QCOMPARE(stage_->hidden(), Mask(6, 1));
        ImagePicture broken = madePicture(4, 4, kMask);
        broken.hidden.clear();
        broken.prediction = {};
        broken.composite.channels = 1;
        stage_->setPicture(shared(broken), 1);
        QVERIFY(!stage_->grab().isNull());
        QCOMPARE(stage_->hidden(), Mask(16, 0));
        stage_->setPicture(shared(madeText()), 2);
        QVERIFY(stage_->findChild<TokenView*>()->isVisible());
        stage_->setPicture(shared(madeGraph()), 3);
        QVERIFY(stage_->findChild<GraphView*>()->isVisible());
        QVERIFY(!stage_->findChild<TokenView*>()->isVisible());
        stage_->setPicture(nullptr);
        QVERIFY(stage_->hidden().empty());
        QVERIFY(!stage_->grab().isNull());
    }

    void groundTruthOfATextIsTheTrueWord() {
        stage_->setPicture(shared(madeText()), 2);
        QTest::keyClick(stage_.get(), Qt::Key_G);
        QCOMPARE(stage_->findChild<TokenView*>()->text(), TokenText::Truth);
        QTest::keyClick(stage_.get(), Qt::Key_G);
        QCOMPARE(stage_->findChild<TokenView*>()->text(), TokenText::Guess);
    }

    void residualKeepsItsRangeUntilAsked() {
        const QRgb before = tile(PictureView::Residual)->image().pixel(1, 1);
        stage_->setPicture(shared(madePicture(4, 4, kMask)), 101);
        QCOMPARE(tile(PictureView::Residual)->image().pixel(1, 1), before);
        stage_->setResidualHigh(50.0 / 255.0);
        QCOMPARE(tile(PictureView::Residual)->image().pixel(1, 1), colorOf(ColorMap::Viridis, 1.0));
        setHeatMap(ColorMap::Cividis);
        QCOMPARE(tile(PictureView::Residual)->image().pixel(1, 1), colorOf(ColorMap::Cividis, 1.0));
        setHeatMap(ColorMap::Viridis);
        QCOMPARE(tile(PictureView::Residual)->image().pixel(1, 1), colorOf(ColorMap::Viridis, 1.0));
    }

    void theLeakSwitchIsWholeInANarrowHeader_data() {
        QTest::addColumn<int>("width");
        for (const int width : {230, 300, 420, 700}) QTest::addRow("%d pixels wide", width) << width;
    }
    void theLeakSwitchIsWholeInANarrowHeader() {
        QFETCH(int, width);
        QWidget* header = stage_->headerWidget();
        header->setParent(nullptr);
        header->resize(width, 30);
        header->show();
        QCoreApplication::processEvents();
        int seen = 0;
        for (auto* button : header->findChildren<QToolButton*>()) {
            QVERIFY(header->rect().contains(button->geometry()));
            QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->accessibleName()));
            ++seen;
        }
        QCOMPARE(seen, 2);
        header->setParent(stage_.get());
    }

    void wipesTheLargeViewOverTheOriginal() {
        stage_->setMode(PictureStage::Mode::Wipe);
        QVERIFY(tile(PictureView::Composite)->isWiping());
        QVERIFY(!tile(PictureView::Prediction)->isWiping());
        stage_->setFocusedView(PictureView::Prediction);
        QVERIFY(tile(PictureView::Prediction)->isWiping() && !tile(PictureView::Composite)->isWiping());
        stage_->setMode(PictureStage::Mode::Focus);
        QVERIFY(!tile(PictureView::Prediction)->isWiping());
    }

    void statesCoverOrLabel() {
        auto* layer = stage_->findChild<StateLayer*>();
        PictureStage fresh;
        fresh.show();
        QVERIFY(fresh.findChild<StateLayer*>()->isVisible());  // never a bare area
        QSignalSpy action(stage_.get(), &PictureStage::actionTriggered);
        stage_->setState(ViewState::failed(QStringLiteral("Gone."), QStringLiteral("Kept."), QStringLiteral("Go back")));
        QVERIFY(layer->isVisible());
        Q_EMIT layer->actionTriggered();
        QCOMPARE(action.count(), 1);
        stage_->setState(ViewState::ready());
        QVERIFY(!layer->isVisible());
    }

private:
    StageCanvas* canvas() { return stage_->findChild<StageCanvas*>(); }
    PictureTile* tile(PictureView view) { return canvas()->tile(view); }
    QRectF pictureOf(PictureView view) { return tile(view)->pictureRect().translated(tile(view)->pos()); }
    QPoint patchCentre(PictureView view, int patch) { return tile(view)->grid().rectOf(patch, tile(view)->pictureRect()).center().toPoint(); }
    void paint(int from, int to) {
        PictureTile* large = tile(stage_->focusedView());
        QTest::mousePress(large, Qt::LeftButton, {}, patchCentre(stage_->focusedView(), from));
        moveMouse(large, patchCentre(stage_->focusedView(), to));
        QTest::mouseRelease(large, Qt::LeftButton, {}, patchCentre(stage_->focusedView(), to));
    }

    std::unique_ptr<PictureStage> stage_;
};

MASKSCOPE_TEST(TestPictureStage)
#include "tst_picture_stage.moc"
