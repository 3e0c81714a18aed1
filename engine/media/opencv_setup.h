#pragma once

namespace maskscope {

/// Makes OpenCV silent and single-threaded (the workers are ours). Cheap after the first call; thread-safe.
void setUpOpenCv();

}  // namespace maskscope
