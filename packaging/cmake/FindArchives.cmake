# libarchive and zlib as one target, Archives::Archives.

find_package(LibArchive REQUIRED)
find_package(ZLIB REQUIRED)

if(NOT TARGET Archives::Archives)
    add_library(Archives::Archives INTERFACE IMPORTED)
    target_link_libraries(Archives::Archives INTERFACE LibArchive::LibArchive ZLIB::ZLIB)
endif()
set(Archives_FOUND TRUE)
