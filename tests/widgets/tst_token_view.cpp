#include "widgets/pictures/token_view.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QSignalSpy>
#include <QtTest>

#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/mouse.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

TokenFlowStyle madeStyle() { return {.body = font(TextStyle::Body), .special = font(TextStyle::Tag), .lineGap = 6.0, .boxPadding = 4.0}; }

TokensPicture words(std::initializer_list<const char*> texts) {
    TokensPicture picture;
    for (const char* text : texts) picture.tokens.push_back(TokensPicture::Token{.text = text});
    return picture;
}

}  // namespace

class TestTokenView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        setTheme(ThemeKind::Dark);
        view_ = std::make_unique<TokenView>();
        view_->resize(360, 200);
        view_->setPicture(std::make_shared<const TokensPicture>(madeText()));
        view_->show();
    }
    void cleanup() { view_.reset(); }

    void theGuessStandsInTheHiddenPlace() {
        const TokenFlow flow = flowTokens(madeText(), TokenText::Guess, madeStyle(), 1000);
        QCOMPARE(flow.boxes.size(), std::size_t{5});
        QVERIFY(flow.boxes[0].special && !flow.boxes[0].hidden);
        QCOMPARE(flow.boxes[2].text, QStringLiteral("be"));
        QVERIFY(flow.boxes[2].guessed && flow.boxes[2].right);
        QCOMPARE(flow.boxes[2].probability, 0.75);
        QCOMPARE(flow.boxes[3].text, QStringLiteral("and"));
        QVERIFY(flow.boxes[3].guessed && !flow.boxes[3].right);
        QCOMPARE(flow.boxes[4].text, QStringLiteral("not"));  // nothing was guessed
        QVERIFY(!flow.boxes[4].guessed && flow.boxes[4].hidden);
    }

    /// No thumbnail gives away what nobody has guessed: the same picture whatever stands there.
    void whatIsHiddenStaysHiddenInThumbnails() {
        const auto thumbnail = [](const char* last) {
            TokensPicture picture = madeText();
            picture.tokens[4].text = last;
            QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
            QPainter painter(&image);
            TokenView::paintThumbnail(painter, QRectF(image.rect()), picture);
            return image;
        };
        QCOMPARE(thumbnail(" not"), thumbnail(" ton"));
    }

    void theTruthStandsThereWhenAsked() {
        const TokenFlow flow = flowTokens(madeText(), TokenText::Truth, madeStyle(), 1000);
        QCOMPARE(flow.boxes[3].text, QStringLiteral("or"));
        QVERIFY(!flow.boxes[3].guessed && flow.boxes[3].hidden);
    }

    void boxesFollowEachOtherAndStayInside_data() {
        QTest::addColumn<double>("width");
        for (const double width : {40.0, 90.0, 200.0, 1000.0}) QTest::addRow("%g px wide", width) << width;
    }
    void boxesFollowEachOtherAndStayInside() {
        QFETCH(double, width);
        TokensPicture picture = madeText();
        for (int i = 0; i < 12; ++i) picture.tokens.push_back(picture.tokens[static_cast<std::size_t>(1 + i % 4)]);
        const TokenFlow flow = flowTokens(picture, TokenText::Guess, madeStyle(), width);
        for (std::size_t i = 0; i < flow.boxes.size(); ++i) {
            const QRectF rect = flow.boxes[i].rect;
            QVERIFY(rect.left() >= 0.0 && rect.right() <= width + 1e-6);
            QVERIFY(rect.bottom() <= flow.height);
            if (i == 0) continue;
            const QRectF before = flow.boxes[i - 1].rect;
            QVERIFY(rect.top() > before.top() || (rect.top() == before.top() && rect.left() >= before.right() - 1e-6));
        }
    }

    void roomToSpareMakesTypeLarger() {
        view_->resize(160, 60);
        const int usual = view_->cellRect(1).height();
        view_->resize(1400, 900);
        QVERIFY(view_->cellRect(1).height() > 3 * usual / 2);
        for (int i = 0; i < view_->cellCount(); ++i) QVERIFY(view_->viewport()->rect().contains(view_->cellRect(i)));
        const QRect before = view_->cellRect(1);
        view_->setText(TokenText::Truth);
        QCOMPARE(view_->cellRect(1).height(), before.height());  // whatever stands there
    }

    void wordsOfSeveralTokensStayTogether() {
        const TokenFlowStyle style = madeStyle();
        const double width = QFontMetricsF(style.body).horizontalAdvance(QStringLiteral("to fam")) + 1.0;
        const TokenFlow flow = flowTokens(words({"to", " fam", "ish", " no"}), TokenText::Guess, style, width);
        QCOMPARE(flow.boxes[1].rect.top(), flow.boxes[2].rect.top());
        QVERIFY(flow.boxes[1].rect.top() > flow.boxes[0].rect.top());
        QCOMPARE(flow.boxes[1].rect.left(), 0.0);
        QCOMPARE(flow.boxes[1].text, QStringLiteral("fam"));  // no space at the start of a line
        QVERIFY(std::abs(flow.boxes[2].rect.left() - flow.boxes[1].rect.right()) < 1e-6);
    }

    void lineFeedsBreak() {
        const TokenFlow flow = flowTokens(words({"one", ":\n", "two"}), TokenText::Guess, madeStyle(), 1000);
        QCOMPARE(flow.boxes[1].rect.top(), flow.boxes[0].rect.top());
        QVERIFY(flow.boxes[2].rect.top() > flow.boxes[1].rect.top());
        QCOMPARE(flow.boxes[2].rect.left(), 0.0);
    }

    void aHiddenLineFeedIsNotBlank() {
        TokensPicture picture = words({"one", "\n"});
        picture.tokens[1].hidden = true;
        const TokenFlow flow = flowTokens(picture, TokenText::Guess, madeStyle(), 1000);
        QVERIFY(!flow.boxes[1].text.trimmed().isEmpty());
    }

    void hiddenWordsDifferByMoreThanColor() {
        const QImage shot = view_->viewport()->grab().toImage();
        const QRect hidden = view_->cellRect(2), visible = view_->cellRect(1);
        // An edge along the whole top of a hidden word, none at a visible one.
        QVERIFY(shot.pixelColor(hidden.center().x(), hidden.top()) != theme().panel);
        QCOMPARE(shot.pixelColor(visible.center().x(), visible.top()), theme().panel);
        const auto accentBelow = [&](int token) {
            const QRect box = view_->cellRect(token);
            int count = 0;
            for (int x = box.left(); x <= box.right(); ++x)
                for (int y = box.bottom() - 3; y <= box.bottom(); ++y) count += shot.pixelColor(x, y) == theme().accent ? 1 : 0;
            return static_cast<double>(count) / box.width();
        };
        QVERIFY(accentBelow(2) > accentBelow(3));  // 0.75 against 0.5
        QVERIFY(accentBelow(3) > 0.0);
        QCOMPARE(accentBelow(4), 0.0);
    }

    void hoveringShowsTheGuesses() {
        QSignalSpy hovered(view_.get(), &TokenView::tokenHovered);
        const QImage before = view_->viewport()->grab().toImage();
        moveMouse(view_->viewport(), view_->cellRect(3).center());
        QCOMPARE(view_->current(), 3);
        QCOMPARE(hovered.last()[0].toInt(), 3);
        const QImage after = view_->viewport()->grab().toImage();
        const QPoint panel = view_->cellRect(3).bottomLeft() + QPoint(20, 30);
        QVERIFY(after.copy(QRect(panel, QSize(160, 20))) != before.copy(QRect(panel, QSize(160, 20))));
        moveMouse(view_->viewport(), QPoint(350, 190));
        QCOMPARE(view_->current(), -1);
    }

    void arrowsWalkTheHiddenWords() {
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->current(), 2);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->current(), 4);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->current(), 4);
        QTest::keyClick(view_.get(), Qt::Key_Left);
        QCOMPARE(view_->current(), 3);
    }

    void descriptionsSayTheProbability() {
        QVERIFY(view_->cellDescription(3).contains(QStringLiteral("and")));
        QVERIFY(view_->cellDescription(3).contains(QStringLiteral("0.50")));
        QVERIFY(view_->cellDescription(3).contains(QStringLiteral("0.25")));
        QVERIFY(view_->cellDescription(4).contains(QStringLiteral("nothing predicted")));
        QCOMPARE(view_->cellName(2), QStringLiteral("be"));
    }

    void emptyTexts() {
        view_->setCurrent(3);
        view_->setPicture(std::make_shared<const TokensPicture>());
        QCOMPARE(view_->current(), -1);
        QCOMPARE(view_->cellCount(), 0);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        view_->setPicture(nullptr);
        QVERIFY(!view_->grab().isNull());
    }

private:
    std::unique_ptr<TokenView> view_;
};

MASKSCOPE_TEST(TestTokenView)
#include "tst_token_view.moc"
