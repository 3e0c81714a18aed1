#pragma once

#include <memory>

namespace maskscope {

/// While one lives, networks that this thread makes are not given random first values, which take most of the time that a large one
/// needs: for those whose every parameter comes from a file at once. Until then their parameters hold anything.
class WithoutFirstValues {
public:
    WithoutFirstValues();
    ~WithoutFirstValues();
    WithoutFirstValues(const WithoutFirstValues&) = delete;
    WithoutFirstValues& operator=(const WithoutFirstValues&) = delete;

    static bool isOn();

private:
    struct Guard;
    std::unique_ptr<Guard> guard_;
};

}  // namespace maskscope
