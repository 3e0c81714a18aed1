#include <QtTest>
#include <cmath>

#include "app/gui/bridge/data_desk.h"
#include "app/gui/patch_inspection.h"
#include "support/test_main.h"
#include "widgets/made_pictures.h"

using namespace maskscope;
using namespace maskscope::testing;

/// Texts and graphs beside images.
class TestDomains : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRecipeOfAnotherDomainTakesItsOwnSamples_data() {
        QTest::addColumn<SampleKind>("kind");
        QTest::addColumn<QString>("folder");
        QTest::newRow("texts") << SampleKind::Text << DataDesk::sampleTextsFolder();
        QTest::newRow("graphs") << SampleKind::Graph << DataDesk::sampleGraphsFolder();
    }
    void aRecipeOfAnotherDomainTakesItsOwnSamples() {
        QFETCH(SampleKind, kind);
        QFETCH(QString, folder);
        const QString images = DataDesk::sampleDataFolder();
        Project project{.data = images + QStringLiteral("/train"), .validation = images + QStringLiteral("/test")};
        QVERIFY(DataDesk::onSamplesOf(SampleKind::Image, project) == project);
        const Project other = DataDesk::onSamplesOf(kind, project);
        QCOMPARE(other.data, folder + QStringLiteral("/train"));
        QCOMPARE(other.validation, folder + QStringLiteral("/test"));
        QVERIFY(DataDesk::onSamplesOf(SampleKind::Image, other) == project);
    }

    void dataOfOnesOwnStay() {
        Project project{.data = QStringLiteral("/books/of/mine"), .validation = {}};
        QVERIFY(DataDesk::onSamplesOf(SampleKind::Graph, project) == project);
        project = {.data = DataDesk::sampleTextsFolder() + QStringLiteral("/train"), .validation = QStringLiteral("/letters/of/mine")};
        QVERIFY(DataDesk::onSamplesOf(SampleKind::Text, project) == project);
    }

    void theInspectorCountsWhatWasGuessed() {
        const InspectorContent text = inspectPicture(madeText(), QStringLiteral("a line"), 100);
        QCOMPARE(valueOf(text, QStringLiteral("Hidden")), QStringLiteral("3"));
        QCOMPARE(valueOf(text, QStringLiteral("Guessed right")), QStringLiteral("1 of 2"));
        QVERIFY(std::abs(valueOf(text, QStringLiteral("Loss on hidden tokens")).toDouble() - (-std::log(0.75) - std::log(0.25)) / 2) < 1e-3);
        const InspectorContent graph = inspectPicture(madeGraph(), QStringLiteral("a square"), 100);
        QCOMPARE(valueOf(graph, QStringLiteral("Hidden nodes")), QStringLiteral("3"));
        QVERIFY(std::abs(valueOf(graph, QStringLiteral("Loss on hidden nodes")).toDouble() - (0.25 + 1.5) / 2) < 1e-3);
    }

    void theInspectorShowsTheAnswerOfACheckpoint() {  // which has no step
        ImagePicture picture = madePicture(2, 2, {1, 0, 0, 1});
        const InspectorContent image = inspectPicture(picture, QStringLiteral("a jay"), -1);
        QCOMPARE(image.pictures.size(), std::size_t{2});
        QCOMPARE(image.pictures.back().caption, QStringLiteral("filled in"));
        QVERIFY(!valueOf(image, QStringLiteral("Loss on hidden patches")).isEmpty());
        picture.composite = {};  // colours of features
        QCOMPARE(inspectPicture(picture, QStringLiteral("a jay"), 10).pictures.back().caption, QStringLiteral("predicted"));
        picture.prediction = {};
        QCOMPARE(inspectPicture(picture, QStringLiteral("a jay"), -1).pictures.size(), std::size_t{1});
    }

private:
    static QString valueOf(const InspectorContent& content, const QString& name) {
        for (const auto& row : content.rows)
            if (row.name == name) return row.value;
        return {};
    }
};

MASKSCOPE_TEST(TestDomains)
#include "tst_domains.moc"
