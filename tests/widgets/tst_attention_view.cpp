#include "widgets/attention/attention_view.h"

#include <QAccessible>
#include <QComboBox>
#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>
#include <cmath>

#include "support/test_main.h"
#include "widgets/attention/attention_grid.h"
#include "widgets/attention/attention_map.h"
#include "widgets/attention/feature_colors.h"
#include "widgets/attention/token_attention.h"
#include "widgets/made_pictures.h"
#include "widgets/pictures/color_map.h"
#include "widgets/pictures/graph_view.h"
#include "widgets/pictures/picture_tile.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/shown.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using maskscope::testing::madeText;
using maskscope::testing::showSized;

namespace {

/// Head (l, h) looks at patch l * heads + h alone (counted around where there are fewer patches), with weight 0.5; the rest of its attention goes
/// elsewhere.
std::shared_ptr<AttentionRecord> record(std::int64_t layers, std::int64_t heads, std::int64_t rows, std::int64_t columns) {
    auto attention = std::make_shared<AttentionRecord>();
    attention->network = "encoder";
    attention->layers = layers;
    attention->heads = heads;
    attention->rows = rows;
    attention->columns = columns;
    attention->prefixTokens = 1;
    attention->hasClassToken = true;
    attention->query = 1;
    attention->weights.assign(static_cast<std::size_t>(layers * heads * rows * columns), 0.0F);
    for (std::int64_t l = 0; l < layers; ++l) {
        for (std::int64_t h = 0; h < heads; ++h) {
            const std::int64_t patch = (l * heads + h) % (rows * columns);
            attention->weights[attention->headIndex(l, h) * static_cast<std::size_t>(rows * columns) + static_cast<std::size_t>(patch)] = 0.5F;
            attention->prefixWeights.push_back(0.5F);
            attention->meanDistance.push_back(1.0F + static_cast<float>(h));
            attention->entropyBits.push_back(3.18F);
        }
    }
    return attention;
}

std::shared_ptr<FeatureRecord> colors() {
    auto features = std::make_shared<FeatureRecord>();
    features->rows = features->columns = 2;
    features->width = 192;
    features->layer = 11;
    features->effectiveRank = 118.2;
    features->explainedVariance = {0.4, 0.15, 0.063};
    const float none = std::nanf("");
    features->colors = {1, 0, 0, 0, 1, 0, 0, 0, 1, none, none, none};
    return features;
}

QToolButton* button(const QWidget& widget, const QString& text) {
    for (QToolButton* candidate : widget.findChildren<QToolButton*>()) {
        if (candidate->text() == text) {
            return candidate;
        }
    }
    return nullptr;
}

}  // namespace

class TestAttentionView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        setTheme(ThemeKind::Dark, 100);
    }

    void theAtlasHoldsEachHeadInItsPlace() {
        AttentionGrid grid;
        grid.setAttention(record(2, 3, 4, 5));
        QCOMPARE(grid.atlas().size(), QSize(3 * 5, 2 * 4));
        for (int l = 0; l < 2; ++l) {
            for (int h = 0; h < 3; ++h) {
                const int patch = l * 3 + h;
                for (int i = 0; i < 20; ++i) {
                    const QRgb expected = colorOf(ColorMap::Viridis, i == patch ? 1.0 : 0.0);  // its own scale: 0.5 is the top
                    QCOMPARE(grid.atlas().pixel(h * 5 + i % 5, l * 4 + i / 5), expected);
                }
            }
        }
    }

    void aPatchThatWasNotSeenHasNoColour() {
        AttentionGrid grid;
        auto attention = record(1, 1, 2, 2);
        attention->weights[3] = std::nanf("");
        grid.setAttention(attention);
        QCOMPARE(qAlpha(grid.atlas().pixel(1, 1)), 0);
        QCOMPARE(qAlpha(grid.atlas().pixel(0, 0)), 255);
    }

    void headsAreChosenByMouseAndKeys() {
        AttentionGrid grid;
        grid.setAttention(record(3, 4, 7, 7));
        showSized(grid, 300, 240);
        QSignalSpy selected(&grid, &AttentionGrid::headSelected);
        QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.cellRect(1, 2).center());
        QCOMPARE(selected.count(), 1);
        QCOMPARE(selected[0][0].toLongLong(), 1);
        QCOMPARE(selected[0][1].toLongLong(), 2);
        QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.cellRect(1, 2).center());  // the same again is no news
        QCOMPARE(selected.count(), 1);
        QTest::keyClick(&grid, Qt::Key_Down);
        QTest::keyClick(&grid, Qt::Key_Right);
        QCOMPARE(grid.selectedLayer(), 2);
        QCOMPARE(grid.selectedHead(), 3);
        QTest::keyClick(&grid, Qt::Key_Right);  // the last head stays
        QTest::keyClick(&grid, Qt::Key_Down);
        QCOMPARE(selected.count(), 3);
        grid.setSelected(0, 0);  // from outside: no echo
        QCOMPARE(selected.count(), 3);
    }

    void cellsNeverOverlapWhateverTheWidth() {
        AttentionGrid grid;
        grid.setAttention(record(12, 12, 14, 14));
        for (const int width : {200, 330, 700, 1400}) {
            grid.resize(width, grid.heightForWidth(width));
            QVERIFY(!grid.cellRect(0, 0).intersects(grid.cellRect(0, 1)));
            QVERIFY(!grid.cellRect(0, 0).intersects(grid.cellRect(1, 0)));
            QVERIFY(grid.cellRect(11, 11).bottom() < grid.height());
            QCOMPARE(grid.headAt(grid.cellRect(5, 7).center())->first, 5);
            QCOMPARE(grid.headAt(grid.cellRect(5, 7).center())->second, 7);
        }
        QVERIFY(!grid.headAt({0, 0}));
    }

    void theChosenHeadStaysOrGoesToTheNearest() {
        AttentionGrid grid;
        grid.setAttention(record(6, 4, 4, 4));
        grid.setSelected(5, 3);
        grid.setAttention(record(6, 4, 4, 4));
        QCOMPARE(grid.selectedLayer(), 5);
        grid.setAttention(record(2, 2, 4, 4));
        QCOMPARE(grid.selectedLayer(), 1);
        QCOMPARE(grid.selectedHead(), 0);
        grid.setAttention(nullptr);
        QCOMPARE(grid.cellCount(), 0);
    }

    void readersHearEveryHead() {
        AttentionGrid grid;
        grid.setAttention(record(2, 3, 4, 4));
        showSized(grid, 300, 200);
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(&grid);
        QVERIFY(interface != nullptr);
        QCOMPARE(interface->childCount(), 6);
        QCOMPARE(interface->child(5)->text(QAccessible::Name), QStringLiteral("layer 2, head 3"));
        QVERIFY(grid.cellDescription(2).contains("3.00 patches"));
        QVERIFY(grid.cellDescription(2).contains("3.18 bit"));
        QSignalSpy selected(&grid, &AttentionGrid::headSelected);
        grid.activateCell(4);
        QCOMPARE(selected.count(), 1);
        QVERIFY(grid.isCellSelected(4) && !grid.isCellSelected(3));
    }

    void theMapShowsTheHeadWithItsScaleAndNumbers() {
        AttentionMap map;
        map.setAttention(record(2, 3, 4, 4));
        map.setHead(1, 2);
        QCOMPARE(map.shownValues()[5], 0.5F);
        QCOMPARE(map.scaleTop(), 0.5);
        QCOMPARE(map.entropyText().replace(QChar(u'\u202F'), ' '), QStringLiteral("3.18 bit"));
        QCOMPARE(map.distanceText().replace(QChar(u'\u202F'), ' '), QStringLiteral("3.00 patches"));
        QCOMPARE(map.picture()->queryPatch(), 1);
        QCOMPARE(map.picture()->image().pixel(1, 1), colorOf(ColorMap::Viridis, 1.0));
        map.setHead(7, 0);  // not there
        QVERIFY(map.shownValues().empty());
        QCOMPARE(map.entropyText(), QStringLiteral("—"));
    }

    void theRolloutReplacesTheHead() {
        AttentionMap map;
        auto attention = record(2, 3, 4, 4);
        map.setAttention(attention);
        map.setRollout(true);
        QCOMPARE(map.shownValues()[0], 0.5F);  // no rollout in the record: the head stays
        auto withRollout = std::make_shared<AttentionRecord>(*attention);
        withRollout->rollout.assign(16, 0.0625F);
        map.setAttention(withRollout);
        QCOMPARE(map.shownValues(), std::vector<float>(16, 0.0625F));
        QCOMPARE(map.scaleTop(), 0.0625);
    }

    void aClickOnAPatchAsksForItsQuery() {
        AttentionView view;
        view.setAttention(record(2, 3, 4, 4));
        showSized(view, 700, 300);
        QSignalSpy asked(&view, &AttentionView::queryChanged);
        PictureTile* picture = view.map()->picture();
        const QRectF area = picture->pictureRect();
        QTest::mouseClick(picture, Qt::LeftButton, {}, (area.topLeft() + QPointF(area.width() * 0.6, area.height() * 0.9)).toPoint());
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toInt(), 3 * 4 + 2);
        QCOMPARE(picture->queryPatch(), 14);  // framed at once
        button(view, "Class token")->click();
        QCOMPARE(asked.last()[0].toInt(), -1);
        QCOMPARE(picture->queryPatch(), -1);
        view.setQuery(5);  // from outside: no echo
        QCOMPARE(asked.count(), 2);
        QCOMPARE(picture->queryPatch(), 5);
    }

    void choosingAHeadLeavesTheRollout() {
        AttentionView view;
        auto attention = record(2, 3, 4, 4);
        attention->rollout.assign(16, 0.0625F);
        view.setAttention(attention);
        showSized(view, 700, 300);
        QSignalSpy rollout(&view, &AttentionView::rolloutRequested);
        QSignalSpy selected(&view, &AttentionView::headSelected);
        button(view, "Rollout")->click();
        QCOMPARE(view.map()->scaleTop(), 0.0625);
        QTest::mouseClick(view.grid(), Qt::LeftButton, {}, view.grid()->cellRect(1, 1).center());
        QCOMPARE(selected.count(), 1);
        QCOMPARE(view.map()->scaleTop(), 0.5);
        QCOMPARE(rollout.count(), 2);
        QCOMPARE(rollout[1][0].toBool(), false);
    }

    void theChosenHeadIsScrolledIntoSight() {
        AttentionView view;
        view.setAttention(record(24, 6, 14, 14));
        view.setHead(20, 2);
        showSized(view, 700, 260);
        const auto inSight = [&view] { return view.grid()->visibleRegion().boundingRect(); };
        QTRY_VERIFY2(inSight().contains(view.grid()->shownWith(20, 2)),
                     qPrintable(QStringLiteral("from %1 to %2").arg(inSight().top()).arg(inSight().bottom())));
        view.setHead(0, 5);
        QTRY_VERIFY(view.grid()->visibleRegion().boundingRect().contains(view.grid()->cellRect(0, 5)));
    }

    void hoveringLightsThePatchEverywhere() {
        AttentionView view;
        view.setAttention(record(2, 3, 2, 2));
        view.setFeatures(colors());
        view.setHoveredPatch(2);
        QCOMPARE(view.map()->picture()->hoveredPatch(), 2);
        QCOMPARE(view.features()->picture()->hoveredPatch(), 2);
        view.setHoveredPatch(-1);
        QCOMPARE(view.map()->picture()->hoveredPatch(), -1);
    }

    void featuresAreColoursWithTheirShareOfVariance() {
        FeatureColors view;
        view.setFeatures(colors());
        const QImage& image = view.picture()->image();
        QCOMPARE(image.size(), QSize(2, 2));
        QCOMPARE(image.pixel(0, 0), qRgb(255, 0, 0));
        QCOMPARE(image.pixel(1, 0), qRgb(0, 255, 0));
        QCOMPARE(image.pixel(0, 1), qRgb(0, 0, 255));
        QCOMPARE(qAlpha(image.pixel(1, 1)), 0);
        QCOMPARE(view.varianceText().replace(QChar(u'\u202F'), ' '), QStringLiteral("61.3 %"));
        QCOMPARE(view.rankText(), QStringLiteral("118 of 192"));
        auto broken = colors();
        std::const_pointer_cast<FeatureRecord>(broken)->colors.pop_back();
        view.setFeatures(broken);
        QVERIFY(view.picture()->image().isNull());
    }

    void featuresOfAGraphColourItsNodes() {
        FeatureColors view;
        view.resize(300, 360);
        FeatureRecord nodes = *colors();
        nodes.rows = 1;
        nodes.columns = 4;
        view.setFeatures(std::make_shared<const FeatureRecord>(nodes));
        view.setGraph(std::make_shared<const GraphPicture>(maskscope::testing::madeGraph()));
        view.show();
        QVERIFY(view.graph()->isVisible() && !view.picture()->isVisible());
        const QImage shown = view.graph()->grab().toImage();
        const QRgb expected[] = {qRgb(255, 0, 0), qRgb(0, 255, 0), qRgb(0, 0, 255)};
        for (int i = 0; i < 3; ++i) QCOMPARE(shown.pixel(view.graph()->positionOf(i).toPoint()), expected[i]);
        view.setGraph(nullptr);
        QVERIFY(!view.graph()->isVisible() && view.picture()->isVisible());
    }

    void featuresOfATextColourItsWords() {
        AttentionView view;
        view.setAttention(record(2, 3, 1, 5));
        FeatureRecord words = *colors();
        words.rows = 1;
        words.columns = 4;
        view.setFeatures(std::make_shared<const FeatureRecord>(words));
        view.setTokens(std::make_shared<const TokensPicture>(maskscope::testing::madeText()));
        showSized(view, 700, 300);
        TokenAttention* text = view.features()->words();
        QVERIFY(text->isVisible() && !view.features()->picture()->isVisible());
        const QImage shown = text->viewport()->grab().toImage();
        const QRgb expected[] = {qRgb(255, 0, 0), qRgb(0, 255, 0), qRgb(0, 0, 255)};
        for (int i = 0; i < 3; ++i) QCOMPARE(shown.pixel(text->cellRect(i).topLeft() + QPoint(1, 1)), expected[i]);
        QCOMPARE(text->cellDescription(3), QStringLiteral("not seen"));
        QSignalSpy asked(&view, &AttentionView::queryChanged);
        QTest::mouseClick(text->viewport(), Qt::LeftButton, {}, text->cellRect(1).center());
        QCOMPARE(asked.last()[0].toInt(), 1);
    }

    void statesAreNeverABareArea() {
        AttentionView view;
        showSized(view, 630, 260);
        auto* layer = view.findChild<StateLayer*>();
        QCOMPARE(layer->state().kind, ViewState::Kind::Empty);
        view.setNoAttention("This encoder is convolutional: it has no attention.");
        QCOMPARE(layer->state().kind, ViewState::Kind::Empty);
        QVERIFY(layer->state().hint.contains("convolutional"));
        view.setFeatures(colors());
        QCOMPARE(layer->state().kind, ViewState::Kind::Ready);
        QVERIFY(view.features()->isVisible());
        QVERIFY(!view.map()->isVisible());
        view.setNoAttention({});
        view.setAttention(record(2, 3, 2, 2));
        QVERIFY(view.map()->isVisible());
        view.setState(ViewState::waiting(12000));
        QCOMPARE(layer->state().kind, ViewState::Kind::Waiting);
        QVERIFY(view.map()->isVisible());  // the old pictures stay
    }

    void theNetworkIsChosenWhereThereAreTwo() {
        AttentionView view;
        view.setAttention(record(2, 3, 2, 2));
        showSized(view, 700, 300);
        auto* choice = view.findChild<QComboBox*>();
        view.setNetworks({"encoder"});
        QVERIFY(!choice->isVisible());
        QSignalSpy changed(&view, &AttentionView::networkChanged);
        view.setNetworks({"encoder", "decoder"});
        QVERIFY(choice->isVisible());
        QCOMPARE(changed.count(), 0);
        choice->setCurrentIndex(1);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(changed[0][0].toString(), QStringLiteral("decoder"));
        view.setNetworks({"encoder", "decoder"});
        QCOMPARE(choice->currentText(), QStringLiteral("decoder"));
    }

    void attentionOfATextStandsOnItsWords() {
        AttentionView view;
        showSized(view, 700, 320);
        auto attention = record(2, 2, 1, 8);  // three more places than the text has: padding
        attention->query = 1;
        const auto text = std::make_shared<const TokensPicture>(madeText());
        view.setTokens(text);
        view.setAttention(attention);
        view.setHead(1, 0);  // looks at token 2 alone
        TokenAttention* words = view.map()->words();
        QVERIFY(words->isVisible());
        QVERIFY(!view.map()->picture()->isVisible());
        QCOMPARE(words->cellCount(), 5);
        QCOMPARE(words->query(), 1);
        const QImage shot = words->viewport()->grab().toImage();
        QCOMPARE(shot.pixel(words->cellRect(2).topLeft() + QPoint(1, 1)), colorOf(heatMap(), 1.0));
        QCOMPARE(shot.pixel(words->cellRect(4).topLeft() + QPoint(1, 1)), colorOf(heatMap(), 0.0));
        QVERIFY(view.map()->distanceText().endsWith(QLatin1String("tokens")));
        QCOMPARE(words->cellName(2), QStringLiteral("be"));
        QVERIFY(words->cellDescription(2).contains("0.5"));

        QSignalSpy asked(&view, &AttentionView::queryChanged);
        QTest::mouseClick(words->viewport(), Qt::LeftButton, {}, words->cellRect(3).center());
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toInt(), 3);
        QTest::keyClick(words, Qt::Key_Left);
        QCOMPARE(asked[1][0].toInt(), 2);
    }

    void anImageHasItsPatchesBack() {
        AttentionView view;
        showSized(view, 700, 320);
        view.setTokens(std::make_shared<const TokensPicture>(madeText()));
        view.setAttention(record(2, 2, 1, 8));
        view.setTokens(nullptr);
        view.setAttention(record(2, 2, 2, 2));
        QVERIFY(view.map()->picture()->isVisible());
        QVERIFY(!view.map()->words()->isVisible());
        QVERIFY(view.map()->distanceText().endsWith(QLatin1String("patches")));
    }

    void headsOfATextCanBeToldApart() {
        AttentionGrid grid;
        grid.setAttention(record(2, 2, 1, 64));
        grid.resize(400, 200);
        QVERIFY(grid.cellRect(0, 0).height() >= 8);
        QVERIFY(!grid.cellRect(0, 0).intersects(grid.cellRect(1, 0)));
    }
};

MASKSCOPE_TEST(TestAttentionView)
#include "tst_attention_view.moc"
