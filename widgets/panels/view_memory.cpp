#include "widgets/panels/view_memory.h"

#include <QImageReader>
#include <QJsonDocument>
#include <QJsonObject>

#include "widgets/plots/figure_export.h"

namespace maskscope {
namespace {

constexpr int kVersion = 1;

QString bitsOf(const std::vector<std::uint8_t>& hidden) {
    QString bits;
    for (const auto value : hidden) bits += QLatin1Char(value != 0 ? '1' : '0');
    return bits;
}

}  // namespace

QString ViewMemory::toText() const {
    const QJsonObject object{{"maskscope", kVersion}, {"page", page},     {"view", view},           {"run", run},
                             {"step", step},          {"sample", sample}, {"mask", bitsOf(hidden)}, {"patch", patch}};
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

std::optional<ViewMemory> ViewMemory::fromText(const QString& text) {
    const QJsonObject object = QJsonDocument::fromJson(text.toUtf8()).object();
    if (object.value(QStringLiteral("maskscope")).toInt() != kVersion) return std::nullopt;
    const auto word = [&](const char* key) { return object.value(QLatin1String(key)).toString(); };
    ViewMemory memory{.page = word("page"), .view = word("view"), .run = word("run"), .sample = word("sample"), .hidden = {}};
    memory.step = object.value(QStringLiteral("step")).toInteger(-1);
    memory.patch = object.value(QStringLiteral("patch")).toInt(-1);
    for (const QChar bit : word("mask")) {
        if (bit != QLatin1Char('0') && bit != QLatin1Char('1')) return std::nullopt;
        memory.hidden.push_back(bit == QLatin1Char('1') ? 1 : 0);
    }
    return memory;
}

std::optional<ViewMemory> ViewMemory::ofPicture(const QString& path) {
    QImageReader reader(path, "png");
    return fromText(reader.text(QLatin1String(kViewTextKey)));
}

}  // namespace maskscope
