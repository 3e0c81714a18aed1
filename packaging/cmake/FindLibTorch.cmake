# LibTorch as one imported target, LibTorch::LibTorch: the CPU library, c10,
# their headers and what they need to be found at run time. Nothing of CUDA is
# linked; the engine loads that at run time.
#
# Looked for in MASKSCOPE_LIBTORCH, else where packaging/setup.sh put it.
# (LibTorch's own TorchConfig.cmake ends in an error on machines without CUDA.)

file(STRINGS "${CMAKE_SOURCE_DIR}/packaging/versions.env" _lines REGEX "^MASKSCOPE_LIBTORCH_[A-Z]+=")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/packaging/versions.env")
foreach(_line IN LISTS _lines)
    string(REGEX MATCH "^MASKSCOPE_LIBTORCH_([A-Z]+)=(.*)$" _match "${_line}")
    set(_pinned_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()

if(DEFINED ENV{MASKSCOPE_DEPS_DIR})
    set(_deps "$ENV{MASKSCOPE_DEPS_DIR}")
else()
    set(_deps "${CMAKE_SOURCE_DIR}/.deps")
endif()
set(MASKSCOPE_DEPS_DIR "${_deps}" CACHE PATH "Where packaging/setup.sh put LibTorch")

if(MASKSCOPE_LIBTORCH)
    set(_root "${MASKSCOPE_LIBTORCH}")
elseif(MASKSCOPE_CUDA)
    set(_root "${MASKSCOPE_DEPS_DIR}/libtorch-${_pinned_VERSION}-cuda")
    set(_setup "packaging/setup.sh --cuda")
else()
    set(_root "${MASKSCOPE_DEPS_DIR}/libtorch-${_pinned_VERSION}-cpu")
    set(_setup "packaging/setup.sh")
endif()

unset(LibTorch_ROOT_DIR)
foreach(_candidate IN ITEMS "${_root}" "${_root}/torch" "${_root}/libtorch")
    if(EXISTS "${_candidate}/lib/libtorch_cpu.so" AND EXISTS "${_candidate}/include/ATen")
        set(LibTorch_ROOT_DIR "${_candidate}")
        break()
    endif()
endforeach()

if(NOT LibTorch_ROOT_DIR)
    if(MASKSCOPE_LIBTORCH)
        message(FATAL_ERROR "No LibTorch in MASKSCOPE_LIBTORCH=${_root}: "
            "expected lib/libtorch_cpu.so and include/ATen there or in torch/ or libtorch/ below.")
    endif()
    message(FATAL_ERROR "LibTorch ${_pinned_VERSION} is not in ${_root}. "
        "Run ${_setup}, or point -DMASKSCOPE_LIBTORCH= to a LibTorch of your own (${_pinned_MINIMUM} or newer).")
endif()

set(_include "${LibTorch_ROOT_DIR}/include")
foreach(_header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${_include}/${_header}")
        file(STRINGS "${_include}/${_header}" _numbers REGEX "^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
        if(_numbers)
            string(REGEX REPLACE "#define TORCH_VERSION_[A-Z]+ " "" _numbers "${_numbers}")
            string(REPLACE ";" "." LibTorch_VERSION "${_numbers}")
            break()
        endif()
    endif()
endforeach()
if(NOT LibTorch_VERSION)
    message(FATAL_ERROR "The version of the LibTorch in ${LibTorch_ROOT_DIR} cannot be read from its headers.")
endif()
if(LibTorch_VERSION VERSION_LESS _pinned_MINIMUM)
    message(FATAL_ERROR "LibTorch ${LibTorch_VERSION} in ${LibTorch_ROOT_DIR} is too old: "
        "expected ${_pinned_MINIMUM} or newer.")
endif()

# The ABI of std::string must be the compiler's own.
file(STRINGS "${LibTorch_ROOT_DIR}/lib/libc10.so" _abi REGEX "__cxx11" LIMIT_COUNT 1)
if(_abi)
    set(_cxx11_abi 1)
else()
    set(_cxx11_abi 0)
endif()

if(NOT TARGET LibTorch::LibTorch)
    add_library(LibTorch::c10 SHARED IMPORTED)
    set_target_properties(LibTorch::c10 PROPERTIES IMPORTED_LOCATION "${LibTorch_ROOT_DIR}/lib/libc10.so")

    add_library(LibTorch::LibTorch SHARED IMPORTED)
    set_target_properties(LibTorch::LibTorch PROPERTIES IMPORTED_LOCATION "${LibTorch_ROOT_DIR}/lib/libtorch_cpu.so")
    target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::c10)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
        "${_include}" "${_include}/torch/csrc/api/include")
    target_compile_definitions(LibTorch::LibTorch INTERFACE
        AT_PER_OPERATOR_HEADERS _GLIBCXX_USE_CXX11_ABI=${_cxx11_abi})
    # DT_RPATH, which libraries of libraries also follow (DT_RUNPATH is not
    # enough), with the folders of the CUDA libraries that libtorch_cpu needs.
    target_link_options(LibTorch::LibTorch INTERFACE -Wl,--disable-new-dtags)
    file(GLOB _needed LIST_DIRECTORIES ON "${LibTorch_ROOT_DIR}/../nvidia/*/lib")
    foreach(_folder IN LISTS _needed)
        file(REAL_PATH "${_folder}" _folder)
        target_link_options(LibTorch::LibTorch INTERFACE "-Wl,-rpath,${_folder}")
    endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_ROOT_DIR VERSION_VAR LibTorch_VERSION)
