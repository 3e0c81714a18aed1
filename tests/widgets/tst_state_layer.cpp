#include "widgets/pictures/state_layer.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

int countOf(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) count += image.pixelColor(x, y) == color ? 1 : 0;
    return count;
}

}  // namespace

class TestStateLayer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        view_ = std::make_unique<QWidget>();
        view_->setAutoFillBackground(true);
        QPalette palette;
        palette.setColor(QPalette::Window, kContent);
        view_->setPalette(palette);
        view_->resize(400, 200);
        layer_ = new StateLayer(view_.get());
        view_->show();
    }
    void cleanup() { view_.reset(); }

    void readyShowsTheContent() {
        layer_->setState(ViewState::ready());
        QVERIFY(layer_->isHidden());
        QCOMPARE(countOf(view_->grab().toImage(), kContent), 400 * 200);
    }

    void emptyCoversAndOffersOneButton() {
        QSignalSpy pressed(layer_, &StateLayer::actionTriggered);
        layer_->setState(ViewState::empty(QStringLiteral("Nothing yet."), QStringLiteral("Press Start."), QStringLiteral("Start")));
        const QImage shot = view_->grab().toImage();
        QCOMPARE(countOf(shot, kContent), 0);
        QVERIFY(countOf(shot, theme().text) > 20);
        auto* button = layer_->findChild<QPushButton*>();
        QVERIFY(button->isVisible());
        QVERIFY(layer_->rect().contains(button->geometry()));
        QCOMPARE(button->text(), QStringLiteral("Start"));
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(pressed.count(), 1);
        QCOMPARE(layer_->accessibleName(), QStringLiteral("Nothing yet."));
        layer_->setState(ViewState::empty(QStringLiteral("Nothing yet."), QString()));
        QVERIFY(!button->isVisible());
    }

    void failedHasAnOctagon() {
        layer_->setState(ViewState::empty(QStringLiteral("What"), QStringLiteral("How")));
        QCOMPARE(countOf(view_->grab().toImage(), theme().error), 0);
        layer_->setState(ViewState::failed(QStringLiteral("What"), QStringLiteral("How")));
        QVERIFY(countOf(view_->grab().toImage(), theme().error) > 5);
    }

    void staleIsLabelledAndNotDimmed() {
        layer_->setState(ViewState::stale(18000));
        const QImage shot = view_->grab().toImage();
        QVERIFY(countOf(shot, kContent) > 400 * 200 * 9 / 10);
        QVERIFY(countOf(shot, theme().paused) > 10);
        QVERIFY(layer_->state().label().contains(QStringLiteral("18")));
    }

    void waitingSaysNothingAtFirst() {
        layer_->setState(ViewState::waiting(12000, 0.5));
        QVERIFY(!layer_->isWaitingShown());
        QCOMPARE(countOf(view_->grab().toImage(), kContent), 400 * 200);
        QTRY_VERIFY_WITH_TIMEOUT(layer_->isWaitingShown(), 1000);
        const QImage shot = view_->grab().toImage();
        QVERIFY(countOf(shot, theme().panel) > 100);
        QCOMPARE(countOf(shot, theme().accent), 0);  // the bar comes later
        QTest::qWait(2000);
        const int half = countOf(view_->grab().toImage(), theme().accent);
        QVERIFY2(half >= 400 / 2 * 2 && half < 400 * 2, qPrintable(QString::number(half)));
    }

    void waitingOnIsNotWaitingAnew() {
        layer_->setState(ViewState::waiting(1));
        QTest::qWait(150);
        layer_->setState(ViewState::waiting(2));
        QTRY_VERIFY_WITH_TIMEOUT(layer_->isWaitingShown(), 120);
    }

    void followsItsViewAndLetsTheMouseThrough() {
        view_->resize(300, 120);
        QCOMPARE(layer_->size(), QSize(300, 120));
        layer_->setState(ViewState::stale(3));
        QVERIFY(layer_->testAttribute(Qt::WA_TransparentForMouseEvents));
        layer_->setState(ViewState::failed(QStringLiteral("What"), QStringLiteral("How")));
        QVERIFY(!layer_->testAttribute(Qt::WA_TransparentForMouseEvents));
    }

private:
    const QColor kContent{10, 200, 120};
    std::unique_ptr<QWidget> view_;
    StateLayer* layer_ = nullptr;
};

MASKSCOPE_TEST(TestStateLayer)
#include "tst_state_layer.moc"
