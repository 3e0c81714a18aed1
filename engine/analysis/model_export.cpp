#include "analysis/model_export.h"

#include <fmt/format.h>

#include "analysis/run_session.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "core/toml.h"
#include "core/version.h"
#include "families/exported_text.h"
#include "interop/safetensors.h"
#include "training/metrics_log.h"
#include "training/run_directory.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

ExportSource sourceOf(const RunSession& run) {
    const MethodSpec& spec = run.session->spec();
    const PassSpec& pass = spec.passes.front();
    ExportSource source;
    if (const TextInput* text = spec.input.ifText())
        source.text = *text;
    else
        source.input = spec.input.image("an export");
    for (const NetworkSpec& network : spec.networks)
        if (network.id == pass.network) source.encoder = network.component;
    source.corruption = pass.corruption.kind;
    source.network = pass.network + ".";
    for (const ObjectiveSpec& objective : spec.objectives) {
        if (objective.pass != pass.id || !source.head.isNone()) continue;
        source.head = objective.head;
        source.target = objective.target;
        source.loss = objective.loss;
        source.headNetwork = "head_" + objective.name + ".";
    }
    if (!spec.masks.empty())
        if (const Value* ratio = spec.masks.front().strategy.find("ratio"); ratio != nullptr && ratio->isNumber())
            source.maskRatio = ratio->asNumber();
    source.weights = run.weights;
    return source;
}

/// The last row of metrics.csv at or before the step that has a value, column by column.
std::string metricsText(const fs::path& run, std::int64_t step) {
    const fs::path file = RunDirectory::open(run).metricsFile();
    std::error_code code;
    if (!fs::exists(file, code)) return "none were written\n";
    const MetricsTable table = MetricsLog::read(file);
    std::string text;
    for (std::size_t column = 1; column < table.columns.size(); ++column) {
        std::optional<double> last;
        for (const auto& row : table.rows)
            if (row[0] && *row[0] <= static_cast<double>(step) && row[column]) last = row[column];
        if (last) text += fmt::format("| {} | {} |\n", table.columns[column], shortestNumber(*last));
    }
    return text.empty() ? "none were written\n" : "| column of metrics.csv | last value |\n|---|---|\n" + text;
}

std::string openingLines(const ExportedModel& model, ExportFormat format) {
    if (format == ExportFormat::Timm) return "    import timm\n    model = timm.create_model(\"local-dir:THIS_FOLDER\", pretrained=True)\n";
    return fmt::format("    from transformers import {0}\n    model = {0}.from_pretrained(\"THIS_FOLDER\")\n", model.className);
}

/// How the weights came about, after "that Maskscope VERSION".
std::string trainedHow(const TrainingRequest& asked) {
    const Value* init = asked.recipe.root.find("init");
    const Value* model = init == nullptr ? nullptr : init->find("model");
    if (model == nullptr || !model->isString()) return "trained from scratch";
    return fmt::format("trained, beginning with the encoder of {}", fs::path(model->asString()).filename().string());
}

std::string readmeText(const RunSession& run, const ExportRequest& request, const ExportedModel* model) {
    const TrainingRequest& asked = run.description.request;
    const RunFindings& found = run.description.findings;
    std::string text = fmt::format("# {}\n\n", run.session->spec().name.empty() ? run.session->spec().id : run.session->spec().name);
    if (model != nullptr) {
        text += fmt::format("{} with weights that Maskscope {} {}.{}\n\n", model->className, programVersion(), trainedHow(asked),
                            model->note.empty() ? "" : " " + model->note);
        text += "Open it with\n\n" + openingLines(*model, request.format) + "\n";
    } else {
        text += fmt::format("Weights of a method that Maskscope {} {}, by its own names; recipe.toml says what they are.\n\n", programVersion(),
                            trainedHow(asked));
    }
    text += fmt::format("## Training\n\n- recipe: {}{}\n- steps: {}\n- seed: {}\n", asked.recipe.id,
                        asked.recipe.scale.empty() ? "" : fmt::format(", scale {}", asked.recipe.scale), run.step, asked.seed);
    text += fmt::format("- data: {}, {} training and {} validation samples, fingerprint {}\n", asked.data.filename().string(), found.trainImages,
                        found.validationImages, found.fingerprint);
    const ImageInput* input = run.session->input().ifImage();
    if (input != nullptr)
        text += fmt::format("- input: {} x {} pixels (height x width), {} channels, patches of {} x {}\n", input->height, input->width,
                            input->channels, input->patchHeight, input->patchWidth);
    text += "\n## Metrics\n\n" + metricsText(request.run, run.step);
    text += "\n## Recipe\n\n```toml\n" + writeToml(asked.recipe.root) + "```\n";
    return text;
}

void requireEmpty(const fs::path& folder) {
    std::error_code code;
    if (fs::exists(folder, code) && !(fs::is_directory(folder, code) && fs::is_empty(folder, code)))
        throw UsageError(fmt::format("{}: this folder is not empty; choose a new one", folder.string()));
}

}  // namespace

ExportResult exportModel(const ExportRequest& request) {
    requireEmpty(request.out);
    const RunSession run = openRunSession(request.run, request.step);
    std::optional<ExportedModel> model;
    const bool isText = run.session->input().ifText() != nullptr;
    if (request.format == ExportFormat::Transformers) model = isText ? exportTextToTransformers(sourceOf(run)) : exportToTransformers(sourceOf(run));
    if (request.format == ExportFormat::Timm) {
        if (isText) throw UsageError("timm holds models of images alone; export a text model with --format hf or safetensors");
        model = exportToTimm(sourceOf(run));
    }

    makeFolder(request.out);
    ExportResult result{run.step, model ? model->className : "", model ? model->note : "", {}};
    const auto writeText = [&](const char* name, const std::string& content) {
        writeFileAtomically(request.out / name, content);
        result.files.emplace_back(name);
    };
    writeSafetensors(request.out / "model.safetensors", model ? model->tensors : run.weights, {{"format", "pt"}});
    result.files.emplace_back("model.safetensors");
    if (model)
        writeText("config.json", model->config.dump(2) + "\n");
    else
        writeText("recipe.toml", writeToml(run.description.request.recipe.root));
    if (model && !model->preprocessor.is_null()) writeText("preprocessor_config.json", model->preprocessor.dump(2) + "\n");
    writeText("README.md", readmeText(run, request, model ? &*model : nullptr));
    return result;
}

}  // namespace maskscope
