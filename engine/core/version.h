#pragma once

namespace maskscope {

/// Of this program, such as "0.1.0".
const char* programVersion();

}  // namespace maskscope
