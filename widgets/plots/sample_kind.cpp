#include "widgets/plots/sample_kind.h"

#include <QCoreApplication>

namespace maskscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("maskscope::SampleKind", text); }

}  // namespace

SampleKind sampleKindOf(const QString& domain) {
    return domain == QLatin1String("text") ? SampleKind::Text : domain == QLatin1String("graph") ? SampleKind::Graph : SampleKind::Image;
}

QString rateUnit(SampleKind kind) {
    switch (kind) {
        case SampleKind::Text:
            return tr("texts/s");
        case SampleKind::Graph:
            return tr("graphs/s");
        case SampleKind::Image:
            break;
    }
    return tr("img/s");
}

QString partsWord(SampleKind kind) {
    switch (kind) {
        case SampleKind::Text:
            return tr("tokens");
        case SampleKind::Graph:
            return tr("nodes");
        case SampleKind::Image:
            break;
    }
    return tr("patches");
}

}  // namespace maskscope
