# The three parts of OpenCV that reading and writing images takes, as the
# target OpenCVParts::OpenCVParts. Debian's CMake files for OpenCV come only
# with the package of the whole, which brings another Qt along.

find_path(OpenCVParts_INCLUDE_DIR opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4)
find_library(OpenCVParts_core_LIBRARY opencv_core)
find_library(OpenCVParts_imgproc_LIBRARY opencv_imgproc)
find_library(OpenCVParts_imgcodecs_LIBRARY opencv_imgcodecs)
mark_as_advanced(OpenCVParts_INCLUDE_DIR OpenCVParts_core_LIBRARY
    OpenCVParts_imgproc_LIBRARY OpenCVParts_imgcodecs_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS
    OpenCVParts_INCLUDE_DIR OpenCVParts_core_LIBRARY OpenCVParts_imgproc_LIBRARY OpenCVParts_imgcodecs_LIBRARY)

if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::OpenCVParts)
    add_library(OpenCVParts::OpenCVParts INTERFACE IMPORTED)
    target_include_directories(OpenCVParts::OpenCVParts SYSTEM INTERFACE "${OpenCVParts_INCLUDE_DIR}")
    target_link_libraries(OpenCVParts::OpenCVParts INTERFACE
        "${OpenCVParts_imgcodecs_LIBRARY}" "${OpenCVParts_imgproc_LIBRARY}" "${OpenCVParts_core_LIBRARY}")
endif()
