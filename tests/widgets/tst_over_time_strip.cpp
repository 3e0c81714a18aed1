#include "widgets/pictures/over_time_strip.h"

#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

std::vector<OverTimeStrip::Frame> madeFrames(int count) {
    std::vector<OverTimeStrip::Frame> frames;
    for (int i = 0; i < count; ++i) {
        QImage image(16, 16, QImage::Format_RGB32);
        image.fill(QColor(10 * i + 5, 60, 90));
        frames.push_back({i * 100, image});
    }
    return frames;
}

}  // namespace

class TestOverTimeStrip : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        strip_ = std::make_unique<OverTimeStrip>();
        strip_->resize(58, 300);
        strip_->setFrames(madeFrames(9));
        strip_->show();
    }
    void cleanup() { strip_.reset(); }

    void firstAndLastAreAlwaysThere_data() {
        QTest::addColumn<int>("height");
        for (const int height : {120, 300, 520, 2000}) QTest::addRow("%d px high", height) << height;
    }
    void firstAndLastAreAlwaysThere() {
        QFETCH(int, height);
        strip_->resize(58, height);
        QCOMPARE(strip_->shown().back(), 8);
        if (strip_->cellCount() > 1) QCOMPARE(strip_->shown().front(), 0);
        QVERIFY(std::is_sorted(strip_->shown().begin(), strip_->shown().end()));
        QVERIFY(std::adjacent_find(strip_->shown().begin(), strip_->shown().end()) == strip_->shown().end());
        for (int i = 0; i < strip_->cellCount(); ++i) QVERIFY(strip_->rect().contains(strip_->cellRect(i)));
        if (height == 2000) QCOMPARE(strip_->cellCount(), 9);
    }

    void everyFrameShowsItsImage() {
        strip_->resize(58, 2000);
        const QImage shot = strip_->grab().toImage();
        for (int i = 0; i < 9; ++i) QCOMPARE(shot.pixelColor(strip_->cellRect(i).center()), QColor(10 * i + 5, 60, 90));
    }

    void aClickMovesTheCursor() {
        QSignalSpy selected(strip_.get(), &OverTimeStrip::stepSelected);
        QTest::mouseClick(strip_.get(), Qt::LeftButton, {}, strip_->cellRect(1).center());
        QCOMPARE(selected.count(), 1);
        QCOMPARE(selected[0][0].toLongLong(), qint64{100} * strip_->shown()[1]);
        QCOMPARE(strip_->currentStep(), selected[0][0].toLongLong());
        QTest::keyClick(strip_.get(), Qt::Key_Home);
        QCOMPARE(selected.last()[0].toLongLong(), qint64{0});
        QTest::keyClick(strip_.get(), Qt::Key_End);
        QCOMPARE(selected.last()[0].toLongLong(), qint64{800});
        QTest::keyClick(strip_.get(), Qt::Key_Down);
        QCOMPARE(selected.last()[0].toLongLong(), qint64{800});
    }

    void theCursorBetweenFramesSelectsTheOneBefore() {
        QSignalSpy selected(strip_.get(), &OverTimeStrip::stepSelected);
        strip_->resize(58, 2000);
        strip_->setCurrentStep(250);
        QCOMPARE(strip_->currentStep(), qint64{200});
        strip_->setCurrentStep(-1);
        QCOMPARE(strip_->currentStep(), qint64{-1});
        QCOMPARE(selected.count(), 0);
    }

    void liesAcrossToo() {
        strip_->setOrientation(Qt::Horizontal);
        strip_->resize(400, 74);
        QVERIFY(strip_->cellRect(1).left() > strip_->cellRect(0).right());
        QVERIFY(strip_->rect().contains(strip_->cellRect(strip_->cellCount() - 1)));
    }

    void nothingYet() {
        strip_->setFrames({});
        QCOMPARE(strip_->currentStep(), qint64{-1});
        QTest::keyClick(strip_.get(), Qt::Key_Down);
        QTest::mouseClick(strip_.get(), Qt::LeftButton, {}, QPoint(10, 10));
        const QImage shot = strip_->grab().toImage();
        bool words = false;
        for (int y = 0; y < shot.height(); ++y)
            for (int x = 0; x < shot.width(); ++x) words = words || shot.pixelColor(x, y) == theme().text2;
        QVERIFY(words);
        strip_->setFrames({{100, QImage()}});
        QVERIFY(!strip_->grab().isNull());
    }

private:
    std::unique_ptr<OverTimeStrip> strip_;
};

MASKSCOPE_TEST(TestOverTimeStrip)
#include "tst_over_time_strip.moc"
