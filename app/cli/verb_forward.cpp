#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console.h"
#include "families/family.h"
#include "interop/safetensors.h"
#include "tensor/device.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

struct ForwardOptions {
    std::string model, inputs, outputs;
    int threads = 2;
    bool json = false;
};

NamedTensors readInputs(const std::string& path) {
    const SafetensorsFile file(path);
    NamedTensors tensors;
    for (const std::string& name : file.names()) tensors.emplace_back(name, file.tensor(name));
    return tensors;
}

int forward(const ForwardOptions& options) {
    setUpCompute(options.threads);
    const OpenedModel opened = readingInput([&] { return openFamilyModel(options.model); });
    const NamedTensors outputs = runForward(*opened.model, readingInput([&] { return readInputs(options.inputs); }));
    writeSafetensors(options.outputs, outputs);
    nlohmann::json shapes = nlohmann::json::object();
    for (const auto& [name, value] : outputs) shapes[name] = value.sizes().vec();
    if (options.json)
        printJson({{"family", opened.card.family}, {"outputs", shapes}, {"unexpected", opened.card.unexpected}, {"missing", opened.card.missing}});
    else
        fmt::print("{}: {} tensors in {}\n", opened.card.title, outputs.size(), options.outputs);
    return 0;
}

}  // namespace

void addForwardVerb(CLI::App& app, CommandLine& line) {
    CLI::App* verb = app.add_subcommand("forward", "Runs a checkpoint of another program as it stands, from tensors to tensors");
    auto options = std::make_shared<ForwardOptions>();
    verb->add_option("--model", options->model, "folder of Hugging Face transformers or timm, or a file of weights")->required();
    verb->add_option("--inputs", options->inputs, ".safetensors with tensors named as the arguments of the model's forward")->required();
    verb->add_option("--outputs", options->outputs, ".safetensors to write, tensors named as the model's outputs")->required();
    verb->add_option("--threads", options->threads, "processor cores to use")->check(CLI::Range(1, 1024))->capture_default_str();
    verb->add_flag("--json", options->json, "names and shapes on stdout");
    verb->footer("Example: maskscope-cli forward --model vit-mae-base --inputs in.safetensors --outputs out.safetensors");
    verb->callback([options, &line] { line.action = [options] { return forward(*options); }; });
}

}  // namespace maskscope::cli
