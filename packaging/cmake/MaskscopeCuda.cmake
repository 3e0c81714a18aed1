# The CUDA compiler and what a plug-in links. Where there is no compiler,
# MASKSCOPE_NVCC stays false and the plug-in is left out, unless MASKSCOPE_CUDA
# asks for it. Building needs no GPU.
#
# The compiler is the one that `packaging/setup.sh --cuda` put beside LibTorch,
# else the system's.

include_guard(GLOBAL)

file(GLOB _toolkits LIST_DIRECTORIES ON "${LibTorch_ROOT_DIR}/../nvidia/cu[0-9]*")
find_program(MASKSCOPE_NVCC nvcc HINTS ${_toolkits} ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
mark_as_advanced(MASKSCOPE_NVCC)
if(NOT MASKSCOPE_NVCC)
    if(MASKSCOPE_CUDA)
        message(FATAL_ERROR "MASKSCOPE_CUDA is on, but there is no nvcc. Run packaging/setup.sh --cuda, or put nvcc into PATH.")
    endif()
    message(STATUS "No nvcc: the CUDA plug-in is left out (packaging/setup.sh --cuda installs one)")
    return()
endif()

set(CMAKE_CUDA_COMPILER "${MASKSCOPE_NVCC}")
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    # Turing to Hopper, and PTX of the last for what comes after
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90)
endif()
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_RUNTIME_LIBRARY None)
enable_language(CUDA)

get_filename_component(_toolkit "${MASKSCOPE_NVCC}" DIRECTORY)
get_filename_component(_toolkit "${_toolkit}" DIRECTORY)
file(GLOB _runtime ${_toolkits}/lib/libcudart.so* "${_toolkit}/lib/libcudart.so*" "${_toolkit}/lib64/libcudart.so*")
list(GET _runtime 0 _runtime)

# Only for plug-ins that are loaded at run time: nothing else links CUDA.
add_library(LibTorch::Cuda INTERFACE IMPORTED GLOBAL)
target_include_directories(LibTorch::Cuda SYSTEM INTERFACE "${_toolkit}/include")
target_link_libraries(LibTorch::Cuda INTERFACE "${LibTorch_ROOT_DIR}/lib/libc10_cuda.so" "${_runtime}" LibTorch::LibTorch)
