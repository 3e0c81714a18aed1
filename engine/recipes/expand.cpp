#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "core/text.h"
#include "masks/mask_schedule.h"
#include "recipes/method_spec.h"

namespace maskscope {
namespace {

const Value kNone;

/// A table, or a list of tables, as a list with the place of each.
struct Member {
    const Value* value;
    std::string path;
};

std::vector<Member> members(const Value* value, const std::string& key) {
    std::vector<Member> result;
    if (value == nullptr) return result;
    if (value->isArray())
        for (std::size_t i = 0; i < value->asArray().size(); ++i) result.push_back({&value->asArray()[i], fmt::format("{}.{}", key, i)});
    else
        result.push_back({value, key});
    return result;
}

std::pair<std::int64_t, std::int64_t> sides(ParamReader& reader, const char* key, std::vector<std::int64_t> standard, const char* help) {
    const std::vector<std::int64_t> given = reader.integers(key, std::move(standard), Range::between(1, 1 << 16), help);
    if (given.empty() || given.size() > 2) reader.fail(key, fmt::format("has {} numbers, expected one or [height, width]", given.size()));
    return {given.front(), given.back()};
}

std::vector<double> perChannel(ParamReader& reader, const char* key, double standard, Range range, std::int64_t channels, const char* help) {
    std::vector<double> values = reader.numbers(key, {standard}, range, help);
    if (values.size() == 1) values.assign(static_cast<std::size_t>(channels), values.front());
    if (static_cast<std::int64_t>(values.size()) != channels)
        reader.fail(key, fmt::format("has {} numbers, expected one or one for each of the {} channels", values.size(), channels));
    return values;
}

ImageInput readImageInput(ParamReader& reader) {
    ImageInput input;
    input.channels = reader.integer("channels", 3, Range::between(1, 4096), "channels of an image");
    std::tie(input.height, input.width) = sides(reader, "size", {32, 32}, "height and width in pixels");
    std::tie(input.patchHeight, input.patchWidth) = sides(reader, "patch", {4, 4}, "height and width of a patch in pixels");
    input.mean = perChannel(reader, "mean", 0.5, {}, input.channels, "mean of the input statistics, in units of the [0, 1] range");
    input.std = perChannel(reader, "std", 0.5, Range::positive(), input.channels, "deviation of the input statistics");
    if (input.height % input.patchHeight != 0 || input.width % input.patchWidth != 0)
        reader.fail("patch", fmt::format("is {} x {}, which does not divide the image size {} x {}; choose a patch that divides both sides",
                                         input.patchHeight, input.patchWidth, input.height, input.width));
    if (input.patches() < 2) reader.fail("patch", "leaves a single patch; masking needs at least two");
    return input;
}

TextInput readTextInput(ParamReader& reader) {
    TextInput input;
    input.tokenizer = reader.choice("tokenizer", "bytes", {"bytes", "bpe"}, "bytes, or byte-pair encoding learned from the training data");
    const std::int64_t bytes = input.firstContent + 256;
    input.vocabulary = reader.integer("vocabulary", input.tokenizer == "bytes" ? bytes : 1000, Range::between(static_cast<double>(bytes), 1 << 20),
                                      "token numbers, special tokens included");
    input.length = reader.integer("length", 64, Range::between(4, 1 << 16), "tokens a sample at most, special tokens included");
    if (input.tokenizer == "bytes" && input.vocabulary != bytes)
        reader.fail("vocabulary", fmt::format("is {}, but byte tokens are {} with the special ones; leave it out", input.vocabulary, bytes));
    return input;
}

GraphInput readGraphInput(ParamReader& reader) {
    GraphInput input;
    input.nodeFeatures = reader.integer("node_features", 0, Range::between(0, 1 << 20), "attributes of a node; 0: as many as the data have");
    input.edgeFeatures = reader.integer("edge_features", 0, Range::between(0, 1 << 20), "attributes of an edge; 0: as many as the data have");
    input.categorical = reader.flag("categorical", false, "whether attributes are one-hot kinds, which can be predicted as codes");
    return input;
}

InputSpec readInput(const Value& table) {
    ParamReader reader(table, "input", "the input");
    const std::string kind = reader.choice("kind", "image", {"image", "text", "graph"}, "what the data are made of");
    InputSpec input;
    if (kind == "image") input.form = readImageInput(reader);
    if (kind == "text") input.form = readTextInput(reader);
    if (kind == "graph") input.form = readGraphInput(reader);
    reader.finish();
    return input;
}

/// Reads the keys that belong to the place of a component and returns the table without them.
Value withoutKeys(const Value& table, std::initializer_list<const char*> keys) {
    Value copy = table;
    for (const char* key : keys) copy.erase(key);
    return copy;
}

MaskSpec readMask(const Member& member, std::int64_t& copies) {
    ParamReader reader(*member.value, member.path, "a mask");
    MaskSpec mask;
    mask.role = reader.text("role", "hidden", "what passes and objectives call this mask");
    mask.view = reader.text("view", "main", "the view that it masks");
    copies = std::max(copies, reader.integer("copies", 1, Range::between(1, 64), "masks a sample"));
    const std::string space = reader.choice("space", "token", {"token", "edge", "frequency"},
                                            "what is hidden: tokens (the nodes of a graph), its edges, or frequencies of an image");
    mask.space = space == "edge" ? MaskSpace::Edge : space == "frequency" ? MaskSpace::Frequency : MaskSpace::Token;
    mask.strategy = withoutKeys(*member.value, {"role", "view", "copies", "space"});
    return mask;
}

NetworkSpec readNetwork(const Member& member) {
    ParamReader reader(*member.value, member.path, "a network");
    NetworkSpec network;
    network.id = reader.text("id", "encoder", "its name");
    network.emaOf = reader.text("ema_of", "", "the network whose moving average it is");
    network.momentum = reader.number("momentum", 0.996, Range::between(0, 1), "EMA momentum at the first step");
    network.momentumEnd = reader.number("momentum_end", 1.0, Range::between(0, 1), "EMA momentum at the last step");
    network.frozen = reader.flag("frozen", false, "whether it never learns");
    network.run = reader.text("run", "", "folder of a run that it begins as: of its network of the same name, else of its first one");
    network.component =
        withoutKeys(*member.value, {"id", "ema_of", "momentum", "momentum_end", "frozen", "run", "sees", "random_share", "keep_share"});
    return network;
}

void readShares(ParamReader& reader, Corruption& corruption) {
    corruption.randomShare = reader.number("random_share", 0.0, Range::between(0, 1), "of the hidden places, the share with a random replacement");
    corruption.keepShare = reader.number("keep_share", 0.0, Range::between(0, 1), "of the hidden places, the share that stays as it is");
    if (corruption.randomShare + corruption.keepShare > 1.0)
        reader.fail("random_share",
                    fmt::format("is {} and keep_share {}, expected a sum of at most 1", corruption.randomShare, corruption.keepShare));
    if (corruption.drawsChances() && corruption.kind != CorruptionKind::Token)
        reader.fail("random_share", "goes with mask tokens alone; the corruption must be of the kind 'token'");
}

Corruption readCorruption(const Value* table, const std::string& path) {
    ParamReader reader(table != nullptr ? *table : kNone, path, "a corruption");
    Corruption corruption;
    corruption.kind = corruptionKind(reader.choice(
        "kind", "none", {"none", "drop", "sparse", "token", "zero", "noise", "swap", "mix", "filter", "random"}, "what happens to hidden places"));
    const std::string place = reader.choice("at", "embedding", {"input", "embedding", "layer"}, "where it happens");
    corruption.place = place == "input" ? CorruptionPlace::Input : place == "layer" ? CorruptionPlace::Layer : CorruptionPlace::Embedding;
    corruption.layer = reader.integer("layer", 0, Range::atLeast(0), "before which block, counted from 0");
    corruption.role = reader.text("role", "hidden", "the mask that says where");
    readShares(reader, corruption);
    reader.finish();
    return corruption;
}

PassSpec readPass(const Member& member) {
    ParamReader reader(*member.value, member.path, "a pass");
    PassSpec pass;
    pass.id = reader.text("id", "main", "its name");
    pass.network = reader.text("network", "encoder", "the network that runs");
    pass.view = reader.text("view", "main", "the view that it sees");
    pass.codesOf = reader.text("codes_of", "", "the pass of a tokenizer whose codes the network reads in place of the view");
    pass.paintedBy = reader.text("painted_by", "", "the objective whose painting of the view the network sees in place of it");
    if (!pass.codesOf.empty() && !pass.paintedBy.empty()) reader.fail("painted_by", "excludes codes_of; a network sees one thing in a pass");
    pass.corruption = readCorruption(reader.section("corruption", "what is hidden, and how"), member.path + ".corruption");
    pass.maskedBy = reader.text("masked_by", "", "the pass whose features draw the masks in training, as many a sample as it has channels");
    pass.taps.layers = reader.flag("keep_layers", false, "whether to keep every block's output");
    pass.taps.attentions = reader.flag("keep_attentions", false, "whether to keep attention probabilities");
    pass.gradient = reader.flag("gradient", true, "whether gradients flow");
    reader.finish();
    return pass;
}

ObjectiveSpec readObjective(const Member& member, std::size_t index) {
    ParamReader reader(*member.value, member.path, "an objective");
    ObjectiveSpec objective;
    objective.name = reader.text("name", index == 0 ? "reconstruction" : fmt::format("objective{}", index), "its name in curves and files");
    objective.pass = reader.text("pass", "main", "the pass whose features the head reads");
    objective.targetPass = reader.text("target_pass", "", "the pass whose features are the target; empty: the data");
    objective.role = reader.text("role", "", "the mask that tells hidden from visible tokens; without it the one that the pass hides by");
    objective.weight = reader.number("weight", 1.0, {}, "factor of its loss");
    objective.balance = reader.text("balance", "",
                                    "an objective before this one: while training, the weight is multiplied by how much longer the gradient of that "
                                    "one's loss is at the last layer of its head");
    const auto need = [&](const char* key, const char* help) -> const Value& {
        const Value* table = reader.section(key, help);
        if (table == nullptr)
            throw RecipeError(
                fmt::format("{}{} has no {}; every objective needs target, head and loss", member.value->source().prefix(), member.path, key));
        return *table;
    };
    objective.target = need("target", "what to predict");
    objective.headOf = reader.text("head_of", "", "an objective before this one whose head it shares, in place of one of its own");
    if (objective.headOf.empty()) objective.head = need("head", "how to predict it");
    const Value& loss = need("loss", "how to compare");
    ParamReader lossReader(loss, member.path + ".loss", "a loss");
    objective.on = lossReader.choice("on", "hidden", {"hidden", "visible", "all", "class"},
                                     "the tokens that count; class: the class token, which stands for the sample");
    objective.loss = withoutKeys(loss, {"on"});
    reader.finish();
    return objective;
}

SignalSpec readSignal(const Member& member) {
    ParamReader reader(*member.value, member.path, "a signal");
    SignalSpec signal;
    signal.name = reader.text("name", "attention", "what mask strategies call it");
    signal.pass = reader.text("pass", "main", "the pass whose network looks at the view before masks are drawn; it sees everything");
    signal.take =
        reader.choice("take", "attention", {"attention", "prediction"},
                      "attention: of the class token in the last block, mean over heads; prediction: one value a token from an objective's head");
    signal.objective = reader.text("objective", "", "the objective whose head predicts");
    if (signal.take == "prediction" && signal.objective.empty()) reader.fail("objective", "is missing: the objective whose head predicts the signal");
    reader.finish();
    return signal;
}

UpdateSpec readUpdate(const Member& member) {
    ParamReader reader(*member.value, member.path, "an update");
    UpdateSpec update;
    update.networks = reader.texts("networks", {}, "networks that learn");
    update.objectives = reader.texts("objectives", {}, "objectives whose losses are summed");
    update.sign = reader.number("sign", 1.0, {}, "1 descends, -1 ascends");
    update.penalties = reader.texts("penalties", {}, "objectives whose losses it lowers, whatever the sign");
    update.every = reader.integer("every", 1, Range::atLeast(1), "steps between updates");
    update.stage = reader.text("stage", "", "the stage in which it happens; empty: in all of them");
    reader.finish();
    return update;
}

StageSpec readStage(const Member& member) {
    ParamReader reader(*member.value, member.path, "a stage");
    StageSpec stage;
    stage.name = reader.text("name", "", "its name");
    stage.until = reader.number("until", 1.0, Range::between(0, 1), "share of train.steps at which it ends and the next begins");
    reader.finish();
    return stage;
}

/// What the short form's `sees` stands for.
Corruption corruptionOf(const Value& encoder) {
    ParamReader reader(encoder, "encoder", "the encoder");
    const std::string sees = reader.choice("sees", "visible", {"visible", "all", "sparse"},
                                           "visible: hidden tokens are dropped; all: a mask token stands in; sparse: convolutions skip them");
    Corruption corruption{.kind = sees == "visible" ? CorruptionKind::Drop : sees == "sparse" ? CorruptionKind::Sparse : CorruptionKind::Token};
    readShares(reader, corruption);
    return corruption;
}

SamplerSpec readSampler(const Value& table) {
    ParamReader reader(table, "sampler", "the sampler");
    SamplerSpec sampler;
    sampler.order = reader.choice("order", "confidence", {"raster", "random", "confidence"}, "which hidden place is decided first");
    sampler.steps = reader.integer("steps", 0, Range::between(0, 1 << 16), "network passes until nothing is hidden; 0: one place at a time");
    sampler.schedule = reader.choice("schedule", "cosine", maskSchedules(), "of the share of places that is still hidden");
    sampler.temperature = reader.number("temperature", 1.0, Range::atLeast(0), "of the draw of codes; 0 takes the likeliest");
    sampler.choiceTemperature = reader.number("choice_temperature", 4.5, Range::atLeast(0), "of the noise on the confidence; falls to 0 on the way");
    if (sampler.order == "raster" && sampler.steps != 0)
        reader.fail("steps", "goes with the orders random and confidence; in raster order each place waits for the one before it");
    reader.finish();
    return sampler;
}

void readHeadlines(ParamReader& reader, MethodSpec& spec) {
    const std::int64_t schema = reader.integer("schema", 1, Range::atLeast(1), "version of the recipe format");
    if (schema != 1) reader.fail("schema", fmt::format("is {}, but this program reads schema 1; update the program", schema));
    spec.id = reader.text("id", "", "id");
    spec.name = reader.text("name", spec.id, "name");
    spec.domain = reader.text("domain", "image", "domain");
    spec.family = reader.text("family", "", "folder of related recipes");
    spec.paper = reader.text("paper", "", "where the method was published");
    spec.summary = reader.text("summary", "", "two sentences");
    spec.type = reader.choice("type", "AE", {"AE", "AR"}, "auto-encoding or auto-regressive");
    spec.surveyCategory = reader.text("survey_category", "", "the survey's category code where it differs from the derived one");
    spec.note = reader.text("note", "", "why it differs");
    reader.skip("train");
    reader.skip("init");
}

/// Whether a recipe describes a network that nobody trains, such as an opened checkpoint without a decoder.
bool onlyLooks(ParamReader& reader) {
    return reader.flag("only_looks", false, "a network without objectives, to be looked into; it cannot be trained");
}

std::vector<std::string> idsOf(const auto& specs, auto member) {
    std::vector<std::string> ids;
    for (const auto& spec : specs) ids.push_back(spec.*member);
    return ids;
}

void checkName(const std::string& name, const std::vector<std::string>& known, const std::string& what) {
    if (std::find(known.begin(), known.end(), name) == known.end())
        throw RecipeError(fmt::format("{} '{}' does not exist{}", what, name,
                                      suggestion(name, known).empty() ? fmt::format("; there are {}", join(known)) : suggestion(name, known)));
}

void checkUnique(std::vector<std::string> names, const char* what) {
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) throw RecipeError(fmt::format("two {} have the name '{}'; names must differ", what, *twice));
}

/// Objectives that name no mask go by the one that their pass hides by.
void completeRoles(MethodSpec& spec) {
    for (ObjectiveSpec& objective : spec.objectives)
        if (objective.role.empty()) objective.role = spec.pass(objective.pass).corruption.role;
}

/// Stages follow each other up to the last step, and each has something to do.
void checkStages(const MethodSpec& spec) {
    const auto stages = idsOf(spec.stages, &StageSpec::name);
    checkUnique(stages, "stages");
    for (const UpdateSpec& update : spec.updates)
        if (!update.stage.empty()) checkName(update.stage, stages, "an update's stage");
    double before = 0.0;
    for (const StageSpec& stage : spec.stages) {
        if (stage.until < before)
            throw RecipeError(
                fmt::format("stage '{}' ends at {} of the steps, before the one that precedes it, at {}", stage.name, stage.until, before));
        before = stage.until;
        if (std::none_of(spec.updates.begin(), spec.updates.end(), [&](const auto& u) { return u.stage.empty() || u.stage == stage.name; }))
            throw RecipeError(fmt::format("stage '{}' has no update; name it in the stage of an [[update]]", stage.name));
    }
    if (!spec.stages.empty() && before != 1.0)
        throw RecipeError(fmt::format("the last stage '{}' ends at {} of the steps, expected 1", spec.stages.back().name, before));
}

/// A pass that reads what another one made: it exists, looks at the same view, and reads nothing of a third.
void checkSource(const MethodSpec& spec, const PassSpec& pass, const std::vector<std::string>& passes, const std::vector<std::string>& objectives) {
    if (pass.codesOf.empty() && pass.paintedBy.empty()) return;
    const bool codes = !pass.codesOf.empty();
    if (codes) checkName(pass.codesOf, passes, fmt::format("pass '{}': codes_of", pass.id));
    if (!codes) checkName(pass.paintedBy, objectives, fmt::format("pass '{}': painted_by", pass.id));
    const auto painter = std::find_if(spec.objectives.begin(), spec.objectives.end(), [&](const auto& o) { return o.name == pass.paintedBy; });
    const PassSpec& source = spec.pass(codes ? pass.codesOf : painter->pass);
    if (source.view != pass.view || !source.codesOf.empty() || !source.paintedBy.empty())
        throw RecipeError(fmt::format("pass '{}' reads what pass '{}' makes, which must look at the same view itself", pass.id, source.id));
    if (codes && spec.input.ifImage() == nullptr)
        throw RecipeError(fmt::format("pass '{}': codes_of goes with images; set input.kind = \"image\"", pass.id));
}

void checkNames(const MethodSpec& spec) {
    const auto views = idsOf(spec.views, &ViewSpec::name), networks = idsOf(spec.networks, &NetworkSpec::id);
    const auto passes = idsOf(spec.passes, &PassSpec::id), objectives = idsOf(spec.objectives, &ObjectiveSpec::name);
    checkUnique(views, "views");
    checkUnique(networks, "networks");
    checkUnique(passes, "passes");
    checkUnique(objectives, "objectives");
    for (const MaskSpec& mask : spec.masks) checkName(mask.view, views, "the mask's view");
    for (const NetworkSpec& network : spec.networks)
        if (!network.emaOf.empty()) checkName(network.emaOf, networks, fmt::format("network '{}': ema_of", network.id));
    for (const PassSpec& pass : spec.passes) {
        checkName(pass.network, networks, fmt::format("pass '{}': network", pass.id));
        checkName(pass.view, views, fmt::format("pass '{}': view", pass.id));
        if (!pass.maskedBy.empty()) checkName(pass.maskedBy, passes, fmt::format("pass '{}': masked_by", pass.id));
    }
    for (const PassSpec& pass : spec.passes) checkSource(spec, pass, passes, objectives);
    for (const ObjectiveSpec& objective : spec.objectives) {
        checkName(objective.pass, passes, fmt::format("objective '{}': pass", objective.name));
        if (!objective.headOf.empty()) checkName(objective.headOf, objectives, fmt::format("objective '{}': head_of", objective.name));
        if (!objective.balance.empty()) checkName(objective.balance, objectives, fmt::format("objective '{}': balance", objective.name));
        if (!objective.targetPass.empty()) checkName(objective.targetPass, passes, fmt::format("objective '{}': target_pass", objective.name));
    }
    for (const SignalSpec& signal : spec.signals) {
        checkName(signal.pass, passes, fmt::format("signal '{}': pass", signal.name));
        if (!spec.pass(signal.pass).codesOf.empty() || !spec.pass(signal.pass).paintedBy.empty())
            throw RecipeError(fmt::format("signal '{}' comes of pass '{}', which must see the view itself", signal.name, signal.pass));
        if (!signal.objective.empty()) checkName(signal.objective, objectives, fmt::format("signal '{}': objective", signal.name));
    }
    for (const UpdateSpec& update : spec.updates) {
        for (const std::string& name : update.networks) checkName(name, networks, "an update's network");
        for (const std::string& name : update.objectives) checkName(name, objectives, "an update's objective");
        for (const std::string& name : update.penalties) checkName(name, objectives, "an update's penalty");
    }
}

/// Fills in what the short form leaves out: one view, one network, one pass, one update of everything.
void completeShortForm(MethodSpec& spec, const Value* encoder) {
    if (spec.views.empty()) spec.views.emplace_back();
    if (encoder != nullptr) spec.networks.push_back({.id = "encoder", .component = withoutKeys(*encoder, {"sees", "random_share", "keep_share"})});
    if (spec.passes.empty() && encoder != nullptr) spec.passes.push_back({.corruption = corruptionOf(*encoder)});
    if (spec.updates.empty()) {
        UpdateSpec all{.objectives = idsOf(spec.objectives, &ObjectiveSpec::name)};
        for (const NetworkSpec& network : spec.networks)
            if (network.emaOf.empty() && !network.frozen) all.networks.push_back(network.id);
        spec.updates.push_back(all);
    }
}

}  // namespace

const PassSpec& MethodSpec::pass(const std::string& passId) const {
    return *std::find_if(passes.begin(), passes.end(), [&](const PassSpec& pass) { return pass.id == passId; });
}

std::vector<std::string> UpdateSpec::allObjectives() const {
    std::vector<std::string> all = objectives;
    all.insert(all.end(), penalties.begin(), penalties.end());
    return all;
}

std::vector<ViewRequest> MethodSpec::viewRequests(const Value& trainAugment) const {
    std::vector<ViewRequest> requests;
    for (const ViewSpec& view : views) {
        if (view.augment.isNone())
            requests.push_back({.name = view.name, .augment = trainAugment});
        else
            requests.push_back({.name = view.name, .augment = view.augment, .path = "view." + view.name + ".augment"});
    }
    return requests;
}

MethodSpec expandRecipe(const Value& root) {
    MethodSpec spec;
    const Value* id = root.find("id");
    ParamReader reader(root, "", id != nullptr && id->isString() ? fmt::format("recipe '{}'", id->asString()) : "the recipe");
    readHeadlines(reader, spec);
    const bool looks = onlyLooks(reader);
    const Value* input = reader.section("input", "what the networks see");
    spec.input = readInput(input != nullptr ? *input : kNone);
    for (const Member& member : members(reader.section("view", "augmented looks at a sample"), "view")) {
        ParamReader view(*member.value, member.path, "a view");
        ViewSpec& added = spec.views.emplace_back();
        added.name = view.text("name", "main", "its name");
        added.source = view.choice("source", "data", {"data"}, "where it comes from");
        if (const Value* augment = view.section("augment", "its augmentation")) added.augment = *augment;
        view.finish();
    }
    for (const Member& member : members(reader.section("mask", "what is hidden"), "mask")) spec.masks.push_back(readMask(member, spec.maskCopies));
    for (const Member& member : members(reader.section("signal", "what networks say before masks are drawn"), "signal"))
        spec.signals.push_back(readSignal(member));
    const Value* encoder = reader.section("encoder", "the short form's only network");
    for (const Member& member : members(reader.section("network", "networks"), "network")) spec.networks.push_back(readNetwork(member));
    for (const Member& member : members(reader.section("pass", "forward passes"), "pass")) spec.passes.push_back(readPass(member));
    const auto objectives = members(reader.section("objective", "what is predicted"), "objective");
    for (std::size_t i = 0; i < objectives.size(); ++i) spec.objectives.push_back(readObjective(objectives[i], i));
    for (const Member& member : members(reader.section("update", "who learns from what"), "update")) spec.updates.push_back(readUpdate(member));
    for (const Member& member : members(reader.section("stage", "parts of a run, one after the other"), "stage"))
        spec.stages.push_back(readStage(member));
    if (const Value* sampler = reader.section("sampler", "how hidden codes are guessed one after the other")) spec.sampler = readSampler(*sampler);
    reader.finish();
    if (spec.objectives.empty() && !looks)
        throw RecipeError(fmt::format("{}the recipe has no [[objective]]; it needs at least one", root.source().prefix()));
    completeShortForm(spec, encoder);
    if (spec.networks.empty()) throw RecipeError(fmt::format("{}the recipe has no [encoder] and no [[network]]", root.source().prefix()));
    checkNames(spec);
    completeRoles(spec);
    checkStages(spec);
    return spec;
}

}  // namespace maskscope
