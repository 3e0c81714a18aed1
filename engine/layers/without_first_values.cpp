#include "layers/without_first_values.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>
#include <torch/torch.h>

namespace maskscope {
namespace {

// torch::nn's constructors draw first values and cannot be told not to. A dispatch key that nothing else uses stands before the
// operators that draw them.
constexpr c10::DispatchKey kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

at::Tensor& leave(at::Tensor& self, double /*low or mean*/, double /*high or deviation*/, std::optional<at::Generator> /*generator*/) { return self; }

}  // namespace

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) { library.fallback(torch::CppFunction::makeFallthrough()); }
TORCH_LIBRARY_IMPL(aten, TESTING_ONLY_GenericMode, library) {
    library.impl("uniform_", leave);
    library.impl("normal_", leave);
}

struct WithoutFirstValues::Guard {
    c10::impl::IncludeDispatchKeyGuard key{kKey};
};

WithoutFirstValues::WithoutFirstValues() : guard_(std::make_unique<Guard>()) {}
WithoutFirstValues::~WithoutFirstValues() = default;

bool WithoutFirstValues::isOn() { return c10::impl::tls_is_dispatch_key_included(kKey); }

}  // namespace maskscope
