#pragma once

#include <chrono>

namespace maskscope {

/// Adds the seconds of a scope to a sum.
class Timed {
public:
    explicit Timed(double& sum) : sum_(sum), start_(std::chrono::steady_clock::now()) {}
    ~Timed() { sum_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

private:
    double& sum_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace maskscope
