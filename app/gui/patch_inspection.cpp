#include "app/gui/patch_inspection.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>

#include "snapshot/filled_in.h"
#include "widgets/pictures/image_conversion.h"
#include "widgets/pictures/patch_grid.h"
#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("maskscope::PatchInspection", text); }

/// The patch with one patch around it.
QImage cutOut(const Image& image, const PatchGrid& grid, int patch) {
    const QImage whole = toQImage(image);
    if (whole.isNull()) return whole;
    const QRectF rect = grid.rectOf(patch, QRectF(whole.rect()));
    return whole.copy(rect.adjusted(-rect.width(), -rect.height(), rect.width(), rect.height()).toRect());
}

std::vector<float> hiddenLosses(const ImagePicture& picture) {
    std::vector<float> losses;
    for (std::size_t i = 0; i < std::min(picture.hidden.size(), picture.patchLoss.size()); ++i) {
        if (picture.hidden[i] != 0) losses.push_back(picture.patchLoss[i]);
    }
    return losses;
}

double nearestVisible(const ImagePicture& picture, const PatchGrid& grid, int patch) {
    double nearest = std::numeric_limits<double>::infinity();
    for (int other = 0; other < grid.count(); ++other) {
        if (picture.hidden[static_cast<std::size_t>(other)] != 0) continue;
        nearest = std::min(nearest, std::hypot(grid.rowOf(other) - grid.rowOf(patch), grid.columnOf(other) - grid.columnOf(patch)));
    }
    return nearest;
}

/// What is predicted in colours of features stands for itself: nothing of the image is left in it.
QString answerCaption(const ImagePicture& picture) { return picture.composite.empty() ? tr("predicted") : tr("filled in"); }

QString wordsFor(double loss, double mean, double distance) {
    const QString where =
        distance <= 1.0 ? tr("A visible patch lies right beside it") : tr("The nearest visible patch is %1 patches away").arg(significant(distance));
    if (loss > 1.5 * mean) return tr("The model is further off here than on most hidden patches of this image. %1.").arg(where);
    if (loss < 0.67 * mean) return tr("The model fills this patch in better than most hidden patches of this image. %1.").arg(where);
    return tr("The model does here about as well as on the other hidden patches of this image. %1.").arg(where);
}

void inspectTokens(const TokensPicture& tokens, InspectorContent& content) {
    content.kind = tr("Text");
    qint64 hidden = 0, guessed = 0, right = 0;
    double loss = 0.0;
    for (const auto& token : tokens.tokens) {
        hidden += token.hidden ? 1 : 0;
        if (!token.hidden || token.guesses.empty()) continue;
        ++guessed;
        right += token.guesses.front().text == token.text ? 1 : 0;
        loss -= std::log(std::max(token.trueProbability, 1e-12));
    }
    content.rows.push_back({tr("Tokens"), exact(static_cast<qint64>(tokens.tokens.size())), {}, tr("Words and parts of words")});
    content.rows.push_back({tr("Hidden"), exact(hidden), {}, {}});
    if (guessed == 0) return;
    content.rows.push_back(
        {tr("Guessed right"), tr("%1 of %2").arg(exact(right), exact(guessed)), {}, tr("The most probable token is the true one")});
    content.rows.push_back({tr("Loss on hidden tokens"),
                            significant(loss / static_cast<double>(guessed)),
                            {},
                            tr("Mean cross-entropy in nats: 0 is certain and right")});
    content.words = tr("Each box holds the model's best guess; hover it for the others. Click a word under Attention to see what it reads.");
}

void inspectGraph(const GraphPicture& graph, InspectorContent& content) {
    content.kind = tr("Graph");
    qint64 hidden = 0, predicted = 0;
    double loss = 0.0;
    for (const auto& node : graph.nodes) {
        hidden += node.hidden ? 1 : 0;
        if (!node.hidden || node.predicted.empty()) continue;
        ++predicted;
        loss += node.loss;
    }
    content.rows.push_back({tr("Nodes"), exact(static_cast<qint64>(graph.nodes.size())), {}, {}});
    content.rows.push_back({tr("Edges"), exact(static_cast<qint64>(graph.edges.size())), {}, {}});
    content.rows.push_back({tr("Hidden nodes"), exact(hidden), {}, {}});
    if (predicted > 0) content.rows.push_back({tr("Loss on hidden nodes"), significant(loss / static_cast<double>(predicted)), {}, {}});
    content.words = tr("Hidden nodes have lost their attributes, not their edges. Hover a node for what was there and what the model says.");
}

}  // namespace

InspectorContent inspectPatch(const ImagePicture& picture, int patch, const AttentionRecord* attention) {
    const PatchGrid grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)};
    const auto index = static_cast<std::size_t>(patch);
    InspectorContent content;
    content.kind = tr("Patch");
    content.title = tr("%1 · row %2, column %3").arg(patch + 1).arg(grid.rowOf(patch) + 1).arg(grid.columnOf(patch) + 1);
    content.pictures.push_back({cutOut(picture.original, grid, patch), tr("truth")});
    if (!picture.prediction.empty()) content.pictures.push_back({cutOut(filledIn(picture), grid, patch), answerCaption(picture)});
    const bool hidden = index < picture.hidden.size() && picture.hidden[index] != 0;
    content.rows.push_back({tr("State"), hidden ? tr("hidden") : tr("visible"), {}, tr("Hidden patches are what the model has to fill in")});
    content.action = tr("Use as query");
    const std::vector<float> losses = hiddenLosses(picture);
    if (hidden && index < picture.patchLoss.size() && !picture.prediction.empty()) {
        const double loss = picture.patchLoss[index];
        double mean = 0;
        for (const float value : losses) mean += value / static_cast<double>(losses.size());
        const auto better = std::count_if(losses.begin(), losses.end(), [&](float value) { return value > loss; });
        const double distance = nearestVisible(picture, grid, patch);
        content.rows.push_back({tr("Loss here"), significant(loss), {}, tr("Mean squared error in [-1, 1] pixel units")});
        content.rows.push_back({tr("Image mean"), significant(mean), {}, tr("The same over all hidden patches of this image")});
        content.rows.push_back({tr("Rank by error"), exact(better + 1), tr("of %1").arg(losses.size()), tr("1 is the patch that is furthest off")});
        content.rows.push_back({tr("Nearest visible"), significant(distance), tr("patches"), tr("How far away the nearest visible patch is")});
        content.values = losses;
        content.valuesTitle = tr("Loss of the %1 hidden patches").arg(losses.size());
        content.marked = loss;
        content.markedName = tr("this patch");
        content.words = wordsFor(loss, mean, distance);
    } else if (!hidden) {
        content.words = tr("The model sees this patch; nothing is predicted here.");
    }
    if (attention != nullptr && index < attention->rollout.size())
        content.rows.push_back(
            {tr("Attention received"), significant(attention->rollout[index]), {}, tr("From the present query, through all layers")});
    return content;
}

InspectorContent inspectPicture(const Picture& picture, const QString& name, qint64 step) {
    InspectorContent content;
    content.title = name;
    if (step >= 0) content.rows.push_back({tr("Model of step"), exact(step), {}, {}});
    if (const auto* image = std::get_if<ImagePicture>(&picture)) {
        content.kind = tr("Image");
        content.pictures.push_back({toQImage(image->original), tr("original")});
        const bool isAnswered = !image->prediction.empty();
        if (isAnswered) content.pictures.push_back({toQImage(filledIn(*image)), answerCaption(*image)});
        content.rows.push_back({tr("Size"), tr("%1 × %2").arg(image->original.width).arg(image->original.height), tr("px"), {}});
        content.rows.push_back({tr("Patches"), tr("%1 × %2").arg(image->rows).arg(image->columns), {}, {}});
        content.rows.push_back({tr("Hidden"), percent(hiddenShare(image->hidden)), {}, {}});
        const std::vector<float> losses = hiddenLosses(*image);
        if (isAnswered && !losses.empty()) {
            double mean = 0;
            for (const float value : losses) mean += value / static_cast<double>(losses.size());
            content.rows.push_back({tr("Loss on hidden patches"), significant(mean), {}, tr("Mean squared error in [-1, 1] pixel units")});
            content.values = losses;
            content.valuesTitle = tr("Loss of the %1 hidden patches").arg(losses.size());
        }
        content.words = tr("Click a patch for its numbers; B turns the brush on, to hide and show patches yourself.");
    } else if (const auto* tokens = std::get_if<TokensPicture>(&picture)) {
        inspectTokens(*tokens, content);
    } else if (const auto* graph = std::get_if<GraphPicture>(&picture)) {
        inspectGraph(*graph, content);
    }
    return content;
}

}  // namespace maskscope
