#include "recipes/across_batch.h"

#include "recipes/components.h"
#include "recipes/method_spec.h"

namespace maskscope {

bool isAcrossBatch(const ObjectiveSpec& objective, const Components& components) {
    return components.losses.make(objective.loss, objective.name + ".loss", "kind")->acrossBatch();
}

}  // namespace maskscope
