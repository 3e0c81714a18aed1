# Language, warnings, sanitizers: the target maskscope_flags carries them, and
# every target of ours links it; those of the window link maskscope_window_flags,
# which is the same and can be sanitised alone. Libraries of others come in as SYSTEM.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()

# -g1 keeps back traces readable and linking fast. NDEBUG is set in every kind
# of build: LibTorch's headers call functions without it that its library, a
# release build, does not have.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -DNDEBUG")

# One code model for libraries and programs, so that all can share one
# precompiled header (-fPIE and -fPIC cannot).
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# The CUDA plug-in stands with the libraries.
set(CMAKE_BUILD_RPATH "$ORIGIN/../lib")

# An installed program looks for LibTorch beside itself, then where it was
# built with it.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib/maskscope")
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

add_library(maskscope_flags INTERFACE)
target_compile_options(maskscope_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers
    # no folder of this machine in messages and debug information
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

if(MASKSCOPE_WERROR)
    # Not for the warnings that optimisers of different versions invent.
    target_compile_options(maskscope_flags INTERFACE -Werror
        -Wno-error=maybe-uninitialized -Wno-error=array-bounds
        -Wno-error=stringop-overflow -Wno-error=stringop-overread
        -Wno-error=restrict -Wno-error=free-nonheap-object)
endif()

add_library(maskscope_window_flags INTERFACE)
target_link_libraries(maskscope_window_flags INTERFACE maskscope_flags)

if(MASKSCOPE_SANITIZE)
    set(_sanitized maskscope_flags)
    if(MASKSCOPE_SANITIZE_WINDOW_ONLY)
        set(_sanitized maskscope_window_flags)
    endif()
    target_compile_options(${_sanitized} INTERFACE
        "-fsanitize=${MASKSCOPE_SANITIZE}" -fno-omit-frame-pointer -g1)
    target_link_options(${_sanitized} INTERFACE "-fsanitize=${MASKSCOPE_SANITIZE}")
    if(MASKSCOPE_SANITIZE MATCHES "undefined")
        # vptr wants type information that LibTorch's classes do not export
        target_compile_options(${_sanitized} INTERFACE
            -fno-sanitize=vptr -fno-sanitize-recover=undefined)
    endif()
endif()
