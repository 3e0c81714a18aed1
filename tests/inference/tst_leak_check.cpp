#include "inference/leak_check.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/toml.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

constexpr std::int64_t kBatch = 3;

const char* const kVit = "kind = 'vit'\nwidth = 16\ndepth = 2\nheads = 2\n";
const char* const kSwin = "kind = 'swin'\nstem_patch = 4\nwidth = 8\ndepths = [2, 2]\nheads = [1, 2]\nwindow = 2\n";
const char* const kConvNext = "kind = 'convnext_v2'\nstem_patch = 4\ndepths = [1, 2]\nwidths = [8, 12]\nkernel = 3\n";
const char* const kHiera =
    "kind = 'hiera'\nstem_kernel = 3\nstem_stride = 2\nstem_padding = 1\nwidth = 8\ndepths = [1, 1, 2]\nheads = [1, 2, 4]\n"
    "unit_attention = [1, 1, 0]\npools = 2\n";
const char* const kText = "kind = 'text_transformer'\nwidth = 16\ndepth = 2\nheads = 2\n";

const char* const kResNet = "kind = 'resnet'\nblock = 'basic'\nstem_kernel = 3\nstem_pool = false\nwidth = 8\ndepths = [1, 1, 1]\n";

Method method(const std::string& domain, const std::string& input, const std::string& mask, const std::string& encoder,
              const std::string& objective) {
    const std::string toml = "schema = 1\nid = 'made'\nname = 'made'\ndomain = '" + domain +
                             "'\nfamily = 'made'\npaper = 'none'\nsummary = 'Made by a test.'\n[input]\n" + input + "[mask]\n" + mask +
                             "[encoder]\n" + encoder + "[[objective]]\nname = 'reconstruction'\n" + objective;
    return Method(expandRecipe(parseToml(toml, "made.toml")), Components(), 5);
}

Method imageMethod(const std::string& mask, const std::string& encoder, const std::string& sees) {
    const std::string head = sees == "visible"  ? "{ kind = 'transformer', width = 16, depth = 1, heads = 2 }"
                             : sees == "sparse" ? "{ kind = 'pyramid', width = 16 }"
                                                : "{ kind = 'linear' }";
    return method("image", "kind = 'image'\nsize = [32, 32]\npatch = [8, 8]\n", mask, encoder + ("sees = '" + sees + "'\n"),
                  "target = { kind = 'pixel' }\nhead = " + head + "\nloss = { kind = 'mse', on = 'hidden' }\n");
}

View images() {
    View view;
    view.tensors["pixels"] = at::randn({kBatch, 3, 32, 32});
    view.geometry = Geometry::grid(kBatch, {4, 4});
    return view;
}

View texts() {
    View view;
    view.tensors["tokens"] = at::randint(5, 261, {kBatch, 12}, at::kLong);
    view.geometry = Geometry::sequence(kBatch, 12, {});
    return view;
}

std::vector<LeakFinding> leaksOf(Method& method, const View& view) {
    const MaskPlan masks = method.drawMasks({view}, Signals(), {.seed = 3, .purpose = "test", .step = 0, .samples = {0, 1, 2}});
    return findLeaks(method, {view}, masks, Signals(), 9);
}

Method textMethod(const std::string& keepShare) {
    return method("text", "kind = 'text'\nvocabulary = 261\nlength = 12\n", "strategy = 'random'\nratio = 0.5\n",
                  kText + ("sees = 'all'\nkeep_share = " + keepShare + "\n"),
                  "target = { kind = 'token' }\nhead = { kind = 'masked_language' }\nloss = { kind = 'cross_entropy', on = 'hidden' }\n");
}

}  // namespace

class TestLeakCheck : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(4); }

    void nothingHiddenReachesAPrediction_data() {
        QTest::addColumn<QByteArray>("encoder");
        QTest::addColumn<QByteArray>("sees");
        QTest::addColumn<QByteArray>("mask");
        const std::pair<const char*, const char*> encoders[] = {
            {"ViT", kVit}, {"Swin", kSwin}, {"ConvNeXt V2", kConvNext}, {"Hiera", kHiera}, {"ResNet", kResNet}};
        const std::pair<const char*, const char*> masks[] = {{"random", "strategy = 'random'\nratio = 0.5\n"},
                                                             {"units", "strategy = 'random'\nratio = 0.5\nunit = 2\n"},
                                                             {"block", "strategy = 'block'\nratio = 0.5\n"},
                                                             {"grid", "strategy = 'grid'\n"}};
        for (const auto& [name, encoder] : encoders)
            for (const char* sees : {"visible", "all", "sparse"})
                for (const auto& [mask, table] : masks)
                    QTest::newRow(qPrintable(QStringLiteral("%1 that sees %2, %3").arg(name, sees, mask)))
                        << QByteArray(encoder) << QByteArray(sees) << QByteArray(table);
    }
    void nothingHiddenReachesAPrediction() {
        QFETCH(QByteArray, encoder);
        QFETCH(QByteArray, sees);
        QFETCH(QByteArray, mask);
        std::unique_ptr<Method> method;
        try {
            method = std::make_unique<Method>(imageMethod(mask.toStdString(), encoder.toStdString(), sees.toStdString()));
        } catch (const RecipeError& error) {
            // A combination that cannot work is refused with what can be done instead.
            QVERIFY2(QString(error.what()).contains("choose"), error.what());
            return;
        }
        ++composed_;
        const auto findings = leaksOf(*method, images());
        QCOMPARE(findings.size(), std::size_t{1});
        QVERIFY2(findings[0].change == 0.0, qPrintable(QString::number(findings[0].change)));
        QVERIFY(!findings[0].leaks());
    }

    void mostCombinationsWork() { QVERIFY2(composed_ >= 20, qPrintable(QString::number(composed_))); }

    void anEncoderThatSeesWhatIsHiddenIsFound() {
        Method method = imageMethod("strategy = 'random'\nratio = 0.5\n", kVit, "all");
        MethodSpec spec = method.spec();
        spec.passes.front().corruption = {};
        Method leaking(spec, Components(), 5);
        const auto findings = leaksOf(leaking, images());
        QVERIFY(findings[0].change > 0.0 && findings[0].leaks());
    }

    void textsLeakWhatTheirRecipeKeeps() {
        Method strict = textMethod("0.0"), keeping = textMethod("0.5");
        QCOMPARE(leaksOf(strict, texts())[0].change, 0.0);
        const LeakFinding kept = leaksOf(keeping, texts())[0];
        QVERIFY(kept.change > 0.0 && !kept.leaks());
        QCOMPARE(QString::fromStdString(kept.permitted), QStringLiteral("50 % of the hidden tokens stay as they are"));
    }

    void trainingModeStays() {
        Method method = imageMethod("strategy = 'random'\nratio = 0.5\n", kVit, "visible");
        method.train();
        leaksOf(method, images());
        QVERIFY(method.is_training());
    }

private:
    int composed_ = 0;
};

MASKSCOPE_TEST(TestLeakCheck)
#include "tst_leak_check.moc"
