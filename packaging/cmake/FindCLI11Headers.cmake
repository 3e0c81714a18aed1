# CLI11's headers as the target CLI11Headers::CLI11Headers.

find_path(CLI11Headers_INCLUDE_DIR CLI/CLI.hpp)
mark_as_advanced(CLI11Headers_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CLI11Headers REQUIRED_VARS CLI11Headers_INCLUDE_DIR)

if(CLI11Headers_FOUND AND NOT TARGET CLI11Headers::CLI11Headers)
    add_library(CLI11Headers::CLI11Headers INTERFACE IMPORTED)
    target_include_directories(CLI11Headers::CLI11Headers SYSTEM INTERFACE "${CLI11Headers_INCLUDE_DIR}")
endif()
