#include <QtTest>
#include <algorithm>

#include "core/files.h"
#include "recipes/recipe.h"
#include "recipes/recipe_trial.h"
#include "support/image_views.h"
#include "support/test_main.h"

using namespace maskscope;
using namespace maskscope::testing;

/// What composing a recipe tells: its parameters, and the mask strategies that it could take in place of its own.
class TestRecipeTrial : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void plainRecipesTakePlainMasks() {
        const auto choices = choicesOf("mae");
        QVERIFY(choices.size() >= 10);
        for (const char* strategy : {"random", "block", "grid"}) QVERIFY2(problemOf(choices, strategy).empty(), problemOf(choices, strategy).c_str());
    }

    void whatCannotBeSaysWhy_data() {
        QTest::addColumn<QString>("strategy");
        QTest::addColumn<QString>("reason");
        QTest::newRow("a row of words, not a grid") << "span"
                                                    << "choose mask 'block' or 'random'";
        QTest::newRow("frequencies") << "frequency"
                                     << "frequencies";
        QTest::newRow("nobody pays attention") << "attention"
                                               << "signal";
    }
    void whatCannotBeSaysWhy() {
        QFETCH(QString, strategy);
        QFETCH(QString, reason);
        const QString problem = QString::fromStdString(problemOf(choicesOf("mae"), strategy.toStdString()));
        QVERIFY2(problem.contains(reason), qPrintable(problem));
        QVERIFY(!problem.contains(QLatin1Char('\n')));
    }

    /// What is refused here is refused by a run as well.
    void aRefusedStrategyCannotBeTrained() {
        const Value mae = recipe("mae");
        int refused = 0;
        for (const MaskChoice& choice : choicesOf("mae")) {
            if (choice.problem.empty()) continue;
            ++refused;
            Value changed = mae;
            applySettings(changed, {"mask.strategy=" + choice.strategy});
            const auto train = [&] {
                const MethodSpec spec = expandRecipe(changed);
                Method method(spec, Components(), 0);
                const View view = imagesFor(spec, 2);
                method.run({view}, masksFor(method, view), Signals());
            };
            QVERIFY_EXCEPTION_THROWN(train(), std::exception);
        }
        QVERIFY(refused > 0);
    }

    void parametersAreThoseOfTheMethod() {
        const Value root = recipe("mae");
        const MethodSpec spec = expandRecipe(root);
        QCOMPARE(tryRecipe(root, imagesFor(spec, 2), {}).parameters, Method(spec, Components(), 0).parameterCount());
    }

    void stoppingEndsIt() {
        std::stop_source stop;
        stop.request_stop();
        const Value root = recipe("mae");
        QVERIFY(tryRecipe(root, imagesFor(expandRecipe(root), 2), stop.get_token()).masks.empty());
    }

private:
    static Value recipe(const std::string& id) { return loadRecipe(id, {"classroom", {}}, resourcesFolder() / "recipes").root; }

    static std::vector<MaskChoice> choicesOf(const std::string& id) {
        const Value root = recipe(id);
        return tryRecipe(root, imagesFor(expandRecipe(root), 2), {}).masks;
    }

    static std::string problemOf(const std::vector<MaskChoice>& choices, const std::string& strategy) {
        const auto found = std::find_if(choices.begin(), choices.end(), [&](const MaskChoice& choice) { return choice.strategy == strategy; });
        return found == choices.end() ? "there is no such strategy" : found->problem;
    }
};

MASKSCOPE_TEST(TestRecipeTrial)
#include "tst_recipe_trial.moc"
