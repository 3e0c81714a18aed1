#pragma once

#include <QString>

namespace maskscope {

/// What one sample of a run is; it decides the words of units.
enum class SampleKind { Image, Text, Graph };

/// "image", "text", "graph" as a recipe's `domain` says it; other words count as images.
SampleKind sampleKindOf(const QString& domain);
/// "img/s", "texts/s", "graphs/s".
QString rateUnit(SampleKind kind);
/// What a mask hides: "patches", "tokens", "nodes".
QString partsWord(SampleKind kind);

}  // namespace maskscope
