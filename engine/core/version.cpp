#include "core/version.h"

namespace maskscope {

const char* programVersion() { return MASKSCOPE_VERSION; }

}  // namespace maskscope
