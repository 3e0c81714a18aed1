#include "heads/head.h"

#include "core/error.h"

namespace maskscope {

Features Head::look(const Features& /*features*/, const TokenSplit* /*split*/, const Taps& /*taps*/) {
    throw UsageError("this head has no layers to look into; a head of kind 'transformer' has");
}

}  // namespace maskscope
