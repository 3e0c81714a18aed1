#include "app/gui/bridge/recipe_reading.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMap>
#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/files.h"
#include "recipes/components.h"
#include "training/live_settings.h"
#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

constexpr int kScheduleSamples = 121;

QString tr(const char* text) { return QCoreApplication::translate("maskscope::RecipeReading", text); }
QString text(const std::string& value) { return QString::fromStdString(value); }

QString written(const Value& value) {
    if (value.isString()) return text(value.asString());
    if (value.isBool()) return value.asBool() ? QStringLiteral("true") : QStringLiteral("false");
    if (value.isInteger()) return QString::number(value.asInteger());
    if (value.isNumber()) return QString::number(value.asNumber(), 'g', 12);
    if (value.isArray()) {
        QStringList parts;
        for (const Value& member : value.asArray()) parts << written(member);
        return QLatin1Char('[') + parts.join(QStringLiteral(", ")) + QLatin1Char(']');
    }
    return {};
}

QString nameOf(const Value& table, const char* key) {
    const Value* kind = table.find(key);
    return kind != nullptr && kind->isString() ? text(kind->asString()) : QString();
}

/// A component's settings: its documentation with the recipe's values over the defaults.
template <typename Registry>
std::vector<SettingRow> componentRows(const Registry& registry, const Value& table, const QString& prefix, const char* kindKey) {
    std::vector<SettingRow> rows;
    const std::string kind = nameOf(table, kindKey).toStdString();
    for (const auto& entry : registry.entries()) {
        if (entry.name != kind) continue;
        for (const ParamDoc& doc : registry.document(entry)) {
            if (doc.type == "section") continue;
            const Value* given = table.find(doc.name);
            rows.push_back({prefix + QLatin1Char('.') + text(doc.name), written(given != nullptr ? *given : doc.defaultValue),
                            doc.choices.empty() ? text(doc.range) : [&] {
                                QStringList choices;
                                for (const std::string& choice : doc.choices) choices << text(choice);
                                return choices.join(QStringLiteral(", "));
                            }(),
                            text(doc.help), false});
        }
    }
    return rows;
}

/// A component's name in words: "cross entropy", "GNN".
QString words(const QString& name) {
    static const QMap<QString, QString> initials{{QStringLiteral("vit"), QStringLiteral("ViT")}, {QStringLiteral("gin"), QStringLiteral("GIN")},
                                                 {QStringLiteral("gat"), QStringLiteral("GAT")}, {QStringLiteral("gnn"), QStringLiteral("GNN")},
                                                 {QStringLiteral("mlp"), QStringLiteral("MLP")}, {QStringLiteral("mse"), QStringLiteral("MSE")},
                                                 {QStringLiteral("l1"), QStringLiteral("L1")}};
    QStringList parts = name.split(QLatin1Char('_'));
    for (QString& part : parts) part = initials.value(part, part);
    return parts.join(QLatin1Char(' '));
}

QString sentence(const QString& name) {
    QString text = words(name);
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

qint64 integerOf(const Value& table, const char* key, qint64 otherwise) {
    const Value* value = table.find(key);
    return value != nullptr && value->isInteger() ? value->asInteger() : otherwise;
}

/// The blocks of a network: of every stage, where it has stages.
std::vector<qint64> blocksOf(const Value& network) {
    const Value* depths = network.find("depths");
    if (depths == nullptr || !depths->isArray()) return {integerOf(network, "depth", 0)};
    std::vector<qint64> blocks;
    for (const Value& depth : depths->asArray()) blocks.push_back(depth.asInteger());
    return blocks;
}

/// The width of a network's tokens; of its first stage, where every stage has its own.
qint64 widthOf(const Value& network) {
    const Value* widths = network.find("widths");
    const bool isStaged = widths != nullptr && widths->isArray() && !widths->asArray().empty();
    return isStaged ? widths->asArray().front().asInteger() : integerOf(network, "width", 0);
}

QString sizeText(const std::vector<qint64>& blocks, qint64 width) {
    QStringList parts;
    for (const qint64 count : blocks) parts << QString::number(count);
    return tr("%1 blocks × %2").arg(parts.join(QStringLiteral(" + "))).arg(width);
}

QString inputText(const InputSpec& input) {
    if (const ImageInput* image = input.ifImage()) return tr("%1 × %2 px, patch %3 px").arg(image->width).arg(image->height).arg(image->patchWidth);
    if (const TextInput* words = input.ifText()) return tr("%1 tokens, %2 kinds").arg(words->length).arg(words->vocabulary);
    return tr("graphs");
}

void summarizeMask(RecipeReading& reading, const Components& components) {
    RecipeSummary& summary = reading.summary;
    for (const auto& entry : components.masks.entries()) {
        summary.strategies << text(entry.name);
        const std::vector<ParamDoc> docs = components.masks.document(entry);
        if (std::any_of(docs.begin(), docs.end(), [](const ParamDoc& doc) { return doc.name == "signal"; }))
            summary.modelStrategies << text(entry.name);
    }
    if (reading.spec.masks.empty()) {
        summary.mask.title = tr("None");
        summary.mask.lines << tr("hides nothing by itself");
        return;
    }
    const Value& table = reading.spec.masks.front().strategy;
    summary.strategy = nameOf(table, "strategy");
    summary.mask.title = sentence(summary.strategy);
    summary.mask.settings = componentRows(components.masks, table, QStringLiteral("mask"), "strategy");
    for (const SettingRow& row : summary.mask.settings) {
        if (row.key == QLatin1String("mask.ratio")) summary.ratio = row.value.toDouble();
    }
    if (const ImageInput* image = reading.spec.input.ifImage()) summary.mask.lines << tr("patch %1 px").arg(image->patchWidth);
}

void summarizeNetworks(RecipeReading& reading, const Components& components) {
    RecipeSummary& summary = reading.summary;
    const Value& encoder = reading.spec.networks.front().component;
    const std::vector<qint64> blocks = blocksOf(encoder);
    summary.network.encoderDepth = std::accumulate(blocks.begin(), blocks.end(), qint64{0});
    summary.network.encoderWidth = widthOf(encoder);
    summary.encoder.title = sentence(nameOf(encoder, "kind"));
    if (summary.network.encoderDepth > 0 && summary.network.encoderWidth > 0) summary.encoder.lines << sizeText(blocks, summary.network.encoderWidth);
    summary.encoder.settings = componentRows(components.encoders, encoder, QStringLiteral("encoder"), "kind");
    if (reading.spec.objectives.empty()) {
        summary.target.title = summary.head.title = tr("None");
        summary.target.lines << inputText(reading.spec.input);
        summary.head.lines << tr("answers with features alone");
        return;
    }
    const ObjectiveSpec& objective = reading.spec.objectives.front();
    summary.network.headDepth = integerOf(objective.head, "depth", 1);
    summary.network.headWidth = integerOf(objective.head, "width", std::max<qint64>(1, summary.network.encoderWidth / 4));
    const Value* normalize = objective.target.find("normalize");
    const bool normalized = normalize != nullptr && normalize->isBool() && normalize->asBool();
    summary.target.title = sentence(nameOf(objective.target, "kind")) + (normalized ? tr(", normalised") : QString());
    summary.target.lines << (normalized ? tr("per patch: mean 0, std 1") : tr("as they are"));
    summary.target.lines << inputText(reading.spec.input);
    summary.target.settings = componentRows(components.targets, objective.target, QStringLiteral("objective.target"), "kind");
    summary.head.title = tr("%1, %2").arg(sentence(nameOf(objective.head, "kind")), words(nameOf(objective.loss, "kind")));
    const QString parts = partsWord(summary.kind);
    summary.head.lines << (objective.on == "hidden" ? tr("on hidden %1 only").arg(parts)
                           : objective.on == "all"  ? tr("on all %1").arg(parts)
                                                    : tr("on visible %1").arg(parts));
    summary.head.settings = componentRows(components.heads, objective.head, QStringLiteral("objective.head"), "kind");
    for (const SettingRow& row : componentRows(components.losses, objective.loss, QStringLiteral("objective.loss"), "kind"))
        summary.head.settings.push_back(row);
}

void summarizeSchedule(RecipeReading& reading) {
    RecipeSummary& summary = reading.summary;
    if (reading.recipe.root.find("train") == nullptr) {  // a checkpoint of another program
        summary.schedule.title = tr("None");
        summary.schedule.lines << tr("left behind where it was trained");
        return;
    }
    const Schedule schedule = reading.settings.lrSchedule();
    summary.steps = static_cast<double>(reading.settings.steps);
    summary.warmupSteps = schedule.warmupSteps();
    for (int i = 0; i < kScheduleSamples; ++i) summary.learningRates.push_back(schedule.lrAt(summary.steps * i / (kScheduleSamples - 1)));
    const Value* train = reading.recipe.root.find("train");
    const auto kindOf = [&](const char* key) {
        const Value* table = train == nullptr ? nullptr : train->find(key);
        return table == nullptr ? QString() : nameOf(*table, "kind");
    };
    summary.schedule.title = tr("%1 · %2").arg(kindOf("optimizer").replace(QLatin1String("adamw"), QLatin1String("AdamW")), kindOf("schedule"));
    summary.schedule.lines << tr("peak %1").arg(learningRateText(reading.settings.lr));
    summary.schedule.lines << tr("batch %1 · %2 steps").arg(exact(reading.settings.batch), exact(reading.settings.steps));
    const std::vector<LiveSetting> live = liveSettingsOf(reading.settings);
    for (const LiveSetting& setting : live)
        summary.schedule.settings.push_back({text(setting.key), QString::number(setting.value, 'g', 6), {}, text(setting.help), true});
    const auto isListed = [&](const QString& key) {
        return std::any_of(live.begin(), live.end(), [&](const LiveSetting& setting) { return text(setting.key) == key; });
    };
    const auto add = [&](const char* key, qint64 value, const QString& help) {
        if (!isListed(QLatin1String(key))) summary.schedule.settings.push_back({QLatin1String(key), QString::number(value), {}, help, false});
    };
    add("train.steps", reading.settings.steps, tr("length of the schedule"));
    add("train.batch", reading.settings.batch, tr("samples a step"));
    add("train.checkpoint_every", reading.settings.checkpointEvery, tr("steps between checkpoints"));
}

void summarize(RecipeReading& reading) {
    const Components components;
    reading.summary.kind = domainOf(reading.recipe);
    reading.summary.name = text(reading.spec.name);
    reading.summary.summary = text(reading.spec.summary);
    summarizeMask(reading, components);
    summarizeNetworks(reading, components);
    summarizeSchedule(reading);
}

void flatten(const Value& value, const QString& path, std::vector<std::pair<QString, QString>>& rows) {
    if (value.isTable()) {
        for (const auto& [key, member] : value.asTable()) flatten(member, path.isEmpty() ? text(key) : path + QLatin1Char('.') + text(key), rows);
    } else if (value.isArray() && !value.asArray().empty() && value.asArray().front().isTable()) {
        for (std::size_t i = 0; i < value.asArray().size(); ++i) flatten(value.asArray()[i], QStringLiteral("%1.%2").arg(path).arg(i), rows);
    } else {
        rows.emplace_back(path, written(value));
    }
}

}  // namespace

RecipeReading readRecipe(const Recipe& recipe) {
    RecipeReading reading;
    reading.recipe = recipe;
    reading.spec = expandRecipe(recipe.root);
    reading.settings = TrainSettings::read(recipe.root);
    const MaskRegistry masks = makeMaskRegistry();
    for (const MaskSpec& mask : reading.spec.masks) masks.make(mask.strategy, "mask", "strategy");  // refuses what it cannot read
    summarize(reading);
    return reading;
}

RecipeReading readRecipe(const Project& project) {
    RecipeChanges changes{.scale = project.scale.toStdString(), .settings = {}};
    for (const QString& setting : project.settings) changes.settings.push_back(setting.toStdString());
    return readRecipe(loadRecipe(project.recipe.toStdString(), changes, resourcesFolder() / "recipes"));
}

SampleKind domainOf(const Recipe& recipe) { return sampleKindOf(nameOf(recipe.root, "domain")); }

Value inputOf(const Recipe& recipe) {
    const Value* input = recipe.root.find("input");
    return input == nullptr ? Value() : *input;
}

std::vector<std::pair<QString, QString>> flatSettings(const Value& root) {
    std::vector<std::pair<QString, QString>> rows;
    flatten(root, {}, rows);
    std::erase_if(rows, [](const auto& row) { return row.first == QLatin1String("summary") || row.first == QLatin1String("paper"); });
    return rows;
}

std::vector<RecipeEntry> availableRecipes() {
    std::vector<RecipeEntry> entries;
    for (const auto& [id, file] : listRecipes(resourcesFolder() / "recipes")) {
        try {
            const Recipe recipe = loadRecipe(file.string(), {}, resourcesFolder() / "recipes");
            entries.push_back({text(id), nameOf(recipe.root, "name"), nameOf(recipe.root, "summary"), nameOf(recipe.root, "domain")});
        } catch (const Error&) {
            continue;  // said by whoever opens it
        }
    }
    return entries;
}

}  // namespace maskscope
