#include "inference/inference_session.h"

#include <torch/torch.h>

#include <QtTest>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "media/reconstruction_pictures.h"
#include "recipes/recipe.h"
#include "support/test_main.h"

using namespace maskscope;

namespace {

MethodSpec specOf(const std::vector<std::string>& more = {}) {
    std::vector<std::string> settings{"input.size=[16,24]", "encoder.width=16", "encoder.depth=1", "encoder.heads=2", "objective.head.width=16"};
    settings.insert(settings.end(), more.begin(), more.end());
    return expandRecipe(loadRecipe("mae", {"classroom", settings}, resourcesFolder() / "recipes").root);
}

DecodedImage ramp(int width, int height, int channels) {
    Image image{width, height, channels, {}};
    for (int i = 0; i < width * height * channels; ++i) image.pixels.push_back(static_cast<std::uint8_t>(i * 7 % 256));
    return toDecoded(image);
}

}  // namespace

class TestInferenceSession : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void weightsAreCopied();
    void otherWeightsAreRefused();
    void picturesHaveTheInputsSizeAndShowWhatTheySay();
    void givenMasksHideWhatTheySay();
    void masksOfAnotherGridAreRefused();
    void greyImagesWork();
    void normalisedTargetsHaveALeakingView();
    void featuresOfWholeImagesDoNotDependOnNeighbours();
};

void TestInferenceSession::weightsAreCopied() {
    const Method method(specOf(), Components(), 4);
    InferenceSession session(specOf(), method.namedState());
    const View view = session.viewOf(ramp(24, 16, 3));
    const at::Tensor before = session.features(view, {}).tokens;
    const torch::NoGradGuard noGrad;
    for (const auto& item : method.namedState()) at::Tensor(item.second).add_(1.0);
    QVERIFY(at::equal(before, session.features(view, {}).tokens));
}

void TestInferenceSession::otherWeightsAreRefused() {
    const Method method(specOf({"encoder.width=8"}), Components(), 4);
    QVERIFY_EXCEPTION_THROWN(InferenceSession(specOf(), method.namedState()), DataError);
}

void TestInferenceSession::picturesHaveTheInputsSizeAndShowWhatTheySay() {
    InferenceSession session(specOf(), Method(specOf(), Components(), 4).namedState());
    const View view = session.viewOf(ramp(24, 16, 3));
    const MaskPlan plan = session.drawMasks(view, 3);
    const Reconstruction result = session.reconstruct(view, plan);
    const ImagePicture answer = std::get<ImagePicture>(result.pictures.front());
    for (const Image* picture : {&answer.original, &answer.masked, &answer.prediction, &answer.composite, &answer.error}) {
        QCOMPARE(picture->width, 24);
        QCOMPARE(picture->height, 16);
    }
    QVERIFY(answer.original.pixels == toImage(ramp(24, 16, 3)).pixels);
    const at::Tensor hidden = plan.masks().front().hidden[0];
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 24; ++x) {
            const bool isHidden = hidden[y / 4 * 6 + x / 4].item<float>() > 0.5F;
            const auto place = answer.original.offset(x, y);
            QCOMPARE(answer.composite.pixels[place], (isHidden ? answer.prediction : answer.original).pixels[place]);
            if (!isHidden) QCOMPARE(answer.masked.pixels[place], answer.original.pixels[place]);
        }
    QVERIFY(result.hiddenLoss > 0.0);
    QVERIFY(!answer.leaking);
}

void TestInferenceSession::givenMasksHideWhatTheySay() {
    InferenceSession session(specOf(), Method(specOf(), Components(), 4).namedState());
    const View view = session.viewOf(ramp(24, 16, 3));
    at::Tensor hidden = at::zeros({24});
    hidden[5] = 1.0;
    const ImagePicture one = std::get<ImagePicture>(session.reconstruct(view, session.maskOf(view, hidden)).pictures.front());
    int differing = 0;
    for (std::size_t i = 0; i < one.original.pixels.size(); i += 3) differing += one.masked.pixels[i] != one.original.pixels[i] ? 1 : 0;
    QVERIFY(differing <= 16 && differing >= 8);  // one patch of 4 x 4
    const Value strategy = parseToml("strategy = \"block\"\nratio = 0.25", "test");
    QCOMPARE(session.drawMasks(view, strategy, 1).masks().front().hidden.sum().item<double>(), 6.0);
}

void TestInferenceSession::masksOfAnotherGridAreRefused() {
    InferenceSession session(specOf(), Method(specOf(), Components(), 4).namedState());
    const View view = session.viewOf(ramp(24, 16, 3));
    QVERIFY_EXCEPTION_THROWN(session.maskOf(view, at::ones({25})), ShapeError);
    QVERIFY_EXCEPTION_THROWN(session.maskOf(view, at::zeros({24})), ShapeError);  // nothing hidden
}

void TestInferenceSession::greyImagesWork() {
    InferenceSession session(specOf(), Method(specOf(), Components(), 4).namedState());
    const View view = session.viewOf(ramp(7, 31, 1));
    QCOMPARE(view.pixels().sizes().vec(), (std::vector<std::int64_t>{1, 3, 16, 24}));
    QVERIFY(session.reconstruct(view, session.drawMasks(view, 1)).hiddenLoss > 0.0);
}

void TestInferenceSession::normalisedTargetsHaveALeakingView() {
    const MethodSpec spec = specOf({"objective.target.normalize=true"});
    InferenceSession session(spec, Method(spec, Components(), 4).namedState());
    const View view = session.viewOf(ramp(24, 16, 3));
    const ImagePicture answer = std::get<ImagePicture>(session.reconstruct(view, session.drawMasks(view, 3)).pictures.front());
    QVERIFY(answer.leaking.has_value());
    QVERIFY(answer.leaking->pixels != answer.composite.pixels);
}

void TestInferenceSession::featuresOfWholeImagesDoNotDependOnNeighbours() {
    InferenceSession session(specOf(), Method(specOf(), Components(), 4).namedState());
    const View a = session.viewOf(ramp(24, 16, 3)), b = session.viewOf(ramp(30, 20, 3));
    View both = a;
    both.tensors["pixels"] = at::cat({a.pixels(), b.pixels()});
    both.geometry.batch = 2;
    both.sampleIds = {0, 1};
    const Features together = session.features(both, {});
    QVERIFY(at::allclose(together.tokens[1], session.features(b, {}).tokens[0], 1e-5, 1e-6));
    QVERIFY(!together.tokens.requires_grad());
}

MASKSCOPE_TEST(TestInferenceSession)
#include "tst_inference_session.moc"
