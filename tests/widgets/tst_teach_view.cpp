#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"
#include "widgets/made_pictures.h"
#include "widgets/panels/action_button.h"
#include "widgets/pictures/state_layer.h"
#include "widgets/shown.h"
#include "widgets/teach/question_box.h"
#include "widgets/teach/step_parts.h"
#include "widgets/teach/teach_view.h"
#include "widgets/theme/theme.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

/// 3 x 3 patches, all but the first hidden; patch i is off by i tenths.
std::shared_ptr<const ImagePicture> gradedPicture() {
    ImagePicture picture = madePicture(3, 3, {0, 1, 1, 1, 1, 1, 1, 1, 1});
    for (std::size_t i = 0; i < picture.patchLoss.size(); ++i) picture.patchLoss[i] = 0.1F * static_cast<float>(i);
    return std::make_shared<const ImagePicture>(picture);
}

Lesson twoPages(const char* mark) {
    return readLesson(QStringLiteral("# Short\n## First\nA page.\n## Second\n@%1\nAnother.\n").arg(QLatin1String(mark)));
}

}  // namespace

class TestTeachView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setTheme(ThemeKind::Light); }

    void aLessonIsReadFromItsText() {
        const Lesson lesson = readLesson(QStringLiteral("# Title\n\n## One\n@loss\nText *here*.\n\nMore.\n## Two\n@most-wrong\nAsk.\n"));
        QCOMPARE(lesson.title, QStringLiteral("Title"));
        QCOMPARE(lesson.pages.size(), std::size_t{2});
        QCOMPARE(lesson.pages[0].part, StepPart::Loss);
        QCOMPARE(lesson.pages[0].text, QStringLiteral("Text *here*.\n\nMore."));
        QVERIFY(!lesson.pages[0].covered);
        QVERIFY(lesson.pages[1].covered);
        QVERIFY(lesson.pages[1].question == LessonQuestion::MostWrong);
    }

    void aLessonThatIsNoneSaysWhere_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("no title") << "## One\nText\n"
                                  << "no title";
        QTest::newRow("no page") << "# Title\n"
                                 << "no pages";
        QTest::newRow("text before the first page") << "# Title\nwords\n## One\n"
                                                    << "line 2";
        QTest::newRow("an unknown mark") << "# Title\n## One\n@dekoder\n"
                                         << "line 3: '@dekoder'";
    }
    void aLessonThatIsNoneSaysWhere() {
        QFETCH(QString, text);
        QFETCH(QString, says);
        try {
            readLesson(text);
            QFAIL("was taken");
        } catch (const UsageError& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(says), error.what());
        }
    }

    void theBuiltInLessonAsksBothQuestions() {
        const Lesson lesson = builtInLesson();
        int most = 0, least = 0;
        for (const LessonPage& page : lesson.pages) {
            QVERIFY2(!page.text.isEmpty(), qPrintable(page.title));
            most += page.question == LessonQuestion::MostWrong;
            least += page.question == LessonQuestion::LeastWrong;
        }
        QVERIFY(most == 1 && least == 1);
    }

    void withoutAPictureItSaysHowToGetOne() {
        TeachView view;
        showSized(view, 1000, 700);
        QSignalSpy start(&view, &TeachView::startRequested);
        view.setFacts({});
        QPushButton* button = nullptr;
        for (auto* each : view.findChildren<QPushButton*>())
            if (each->isVisible() && each->text() == QLatin1String("Start")) button = each;
        QVERIFY(button != nullptr);
        button->click();
        QCOMPARE(start.count(), 1);
    }

    void aRunWithoutPicturesSaysWhatToDo() {
        TeachView view;
        showSized(view, 1000, 700);
        view.setFacts({.noPicture = QStringLiteral("The recipe is on texts.")});
        QStringList said;
        for (const auto* layer : view.findChildren<StateLayer*>()) said << layer->accessibleDescription();
        QVERIFY2(said.contains(QStringLiteral("The recipe is on texts.")), qPrintable(said.join(QLatin1Char('|'))));
    }

    void theAnswerIsCoveredUntilOneHasChosen() {
        TeachView view;
        view.setLesson(twoPages("most-wrong"));
        view.setFacts({.picture = gradedPicture(), .step = 100, .cannotStep = {}});
        showSized(view, 1000, 700);
        QVERIFY(view.choices().empty());
        QVERIFY(!view.isCovered());
        view.showPage(1);
        QCOMPARE(view.choices(), (std::vector<int>{1, 4, 8}));  // closest, in the middle, furthest off
        QCOMPARE(view.rightChoice(), 2);
        QVERIFY(view.isCovered());
        view.questionBox()->reveal();
        QVERIFY2(view.isCovered(), "nothing was chosen");
        view.questionBox()->choose(0);
        view.questionBox()->reveal();
        QVERIFY(!view.isCovered());
        view.questionBox()->choose(2);
        QCOMPARE(view.questionBox()->chosen(), 0);
    }

    void theOtherQuestionHasTheOtherAnswer() {
        TeachView view;
        view.setLesson(twoPages("least-wrong"));
        view.setFacts({.picture = gradedPicture(), .step = 100, .cannotStep = {}});
        view.showPage(1);
        QCOMPARE(view.rightChoice(), 0);
    }

    void thePictureStaysStillWhileAQuestionIsOpen() {
        TeachView view;
        view.setLesson(twoPages("most-wrong"));
        view.setFacts({.picture = gradedPicture(), .step = 100, .cannotStep = {}});
        view.showPage(1);
        auto other = std::make_shared<ImagePicture>(*gradedPicture());
        std::reverse(other->patchLoss.begin(), other->patchLoss.end());
        view.setFacts({.picture = other, .step = 200, .cannotStep = {}});
        QCOMPARE(view.rightChoice(), 2);
        view.showPage(0);
        view.showPage(1);
        QCOMPARE(view.rightChoice(), 0);  // of the newer picture
    }

    void withoutAPredictionNothingIsAsked() {
        auto picture = std::make_shared<ImagePicture>(*gradedPicture());
        picture->prediction = {};
        TeachView view;
        view.setLesson(twoPages("most-wrong"));
        view.setFacts({.picture = picture, .step = -1, .cannotStep = {}});
        view.showPage(1);
        QVERIFY(view.choices().empty());
        QVERIFY(!view.isCovered());
    }

    void stepSaysWhyItCannotAct() {
        TeachView view;
        QSignalSpy steps(&view, &TeachView::stepRequested);
        view.setFacts({.picture = gradedPicture(), .step = 5, .cannotStep = QStringLiteral("Press Space to pause.")});
        showSized(view, 1000, 700);
        QTest::mouseClick(view.parts()->stepButton(), Qt::LeftButton);
        QCOMPARE(steps.count(), 0);
        QVERIFY(view.parts()->stepButton()->toolTip().contains("Press Space"));
        view.setFacts({.picture = gradedPicture(), .step = 5, .cannotStep = {}});
        QTest::mouseClick(view.parts()->stepButton(), Qt::LeftButton);
        QCOMPARE(steps.count(), 1);
    }
};

MASKSCOPE_TEST(TestTeachView)
#include "tst_teach_view.moc"
