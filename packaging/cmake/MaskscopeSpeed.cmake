# What makes building fast: ccache, mold, and no more compilers at a time than
# memory allows. All are used when found; none is required.

option(MASKSCOPE_CCACHE "Use ccache when it is found" ON)
option(MASKSCOPE_MOLD "Link with mold when it is found" ON)

if(MASKSCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MASKSCOPE_CCACHE_PROGRAM ccache)
    mark_as_advanced(MASKSCOPE_CCACHE_PROGRAM)
    if(MASKSCOPE_CCACHE_PROGRAM)
        # The sloppiness lets files hit that use a precompiled header; the base
        # folder and no hashed working folder let another checkout hit.
        set(CMAKE_CXX_COMPILER_LAUNCHER
            "${CMAKE_COMMAND}" -E env
            CCACHE_SLOPPINESS=pch_defines,time_macros
            "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
            CCACHE_NOHASHDIR=1
            CCACHE_INODECACHE=1
            "${MASKSCOPE_CCACHE_PROGRAM}")
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            target_compile_options(maskscope_flags INTERFACE -fpch-preprocess)
        endif()
    endif()
endif()

if(MASKSCOPE_MOLD)
    find_program(MASKSCOPE_MOLD_PROGRAM mold)
    mark_as_advanced(MASKSCOPE_MOLD_PROGRAM)
    if(MASKSCOPE_MOLD_PROGRAM)
        target_link_options(maskscope_flags INTERFACE -fuse-ld=mold)
    endif()
endif()

# A compiler with LibTorch's headers takes up to 1.5 GB.
cmake_host_system_information(RESULT _cores QUERY NUMBER_OF_LOGICAL_CORES)
cmake_host_system_information(RESULT _memory_mib QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR _jobs "${_memory_mib} / 1536")
if(_jobs GREATER _cores)
    set(_jobs ${_cores})
endif()
if(_jobs LESS 1)
    set(_jobs 1)
endif()
set(MASKSCOPE_COMPILE_JOBS "${_jobs}" CACHE STRING "Compilers that run at the same time")
set_property(GLOBAL PROPERTY JOB_POOLS compile=${MASKSCOPE_COMPILE_JOBS} link=2)
set(CMAKE_JOB_POOL_COMPILE compile)
set(CMAKE_JOB_POOL_PRECOMPILE_HEADER compile)
set(CMAKE_JOB_POOL_LINK link)
