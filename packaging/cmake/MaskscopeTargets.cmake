# How the folders become targets.
#
#   maskscope_library(masks TORCH operators DEPENDS tensor [LIBRARIES fmt::fmt] [OWN_LIBRARIES ...])
#       engine/masks -> static library maskscope_masks; the headers of its
#       OWN_LIBRARIES are not handed on to the folders that use it
#   maskscope_test_folder(masks TORCH operators DEPENDS masks [LIBRARIES ...] [TIMEOUT s] [LABELS ...] [ALONE] [WINDOW])
#       tests/masks  -> one program tst_masks, one ctest entry; with WINDOW
#       its main makes a QApplication
#
# TORCH says what the folder's files take from LibTorch:
#   none       nothing of their own
#   operators  at::Tensor and single operators (<ATen/ops/stack.h>); no
#              precompiled header, which would cost more than it saves
#   modules    torch::nn; the precompiled <torch/torch.h>, shared by all
#
# Sources are found by themselves, so a new component needs no line here. A
# folder without sources is an empty library.

include_guard(GLOBAL)

# The one owner of the precompiled header; others reuse it.
function(maskscope_torch_pch_target)
    if(TARGET maskscope_torch_pch)
        return()
    endif()
    add_library(maskscope_torch_pch OBJECT "${CMAKE_SOURCE_DIR}/packaging/cmake/torch_pch.cpp")
    target_link_libraries(maskscope_torch_pch PRIVATE maskscope_flags LibTorch::LibTorch)
    target_precompile_headers(maskscope_torch_pch PRIVATE <torch/torch.h>)
endfunction()

function(_maskscope_use_torch target visibility kind)
    if(kind STREQUAL "none")
        return()
    elseif(kind STREQUAL "operators")
        target_link_libraries(${target} ${visibility} LibTorch::LibTorch)
    elseif(kind STREQUAL "modules")
        maskscope_torch_pch_target()
        target_link_libraries(${target} ${visibility} LibTorch::LibTorch)
        target_precompile_headers(${target} REUSE_FROM maskscope_torch_pch)
    else()
        message(FATAL_ERROR "${target}: TORCH is '${kind}', expected none, operators or modules")
    endif()
endfunction()

function(maskscope_library folder)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "TORCH" "DEPENDS;LIBRARIES;OWN_LIBRARIES;EXCLUDE")
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_TORCH)
        message(FATAL_ERROR "maskscope_library(${folder}): expected TORCH kind [DEPENDS folders] [LIBRARIES targets]")
    endif()
    set(target maskscope_${folder})
    list(TRANSFORM ARG_DEPENDS PREPEND maskscope_)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    foreach(name IN LISTS ARG_EXCLUDE)
        list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
    endforeach()

    if(sources)
        set(visibility PUBLIC)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PRIVATE maskscope_flags ${ARG_OWN_LIBRARIES})
        _maskscope_use_torch(${target} PUBLIC ${ARG_TORCH})
    else()
        set(visibility INTERFACE)
        add_library(${target} INTERFACE)
        if(NOT ARG_TORCH STREQUAL "none")
            target_link_libraries(${target} INTERFACE LibTorch::LibTorch)
        endif()
    endif()
    # engine/ for "core/error.h"; the root for "sample_data/..."
    target_include_directories(${target} ${visibility} "${CMAKE_SOURCE_DIR}/engine" "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} ${visibility} ${ARG_DEPENDS} ${ARG_LIBRARIES})
endfunction()

# What moc makes of tests, each of which includes its own. Called file by file and without include folders: AUTOMOC would let moc read LibTorch's
# headers, which takes 5 seconds a file in place of 0.03.
function(_maskscope_moc_of_tests target result)
    set(mocs "")
    foreach(source IN LISTS ARGN)
        get_filename_component(name "${source}" NAME_WE)
        if(name MATCHES "^tst_")
            set(moc "${CMAKE_CURRENT_BINARY_DIR}/${target}_autogen/include/${name}.moc")
            add_custom_command(OUTPUT "${moc}" COMMAND Qt6::moc -DQT_NO_KEYWORDS -o "${moc}" "${source}"
                DEPENDS "${source}" COMMENT "moc ${name}" VERBATIM)
            list(APPEND mocs "${moc}")
        endif()
    endforeach()
    set(${result} "${mocs}" PARENT_SCOPE)
endfunction()

function(maskscope_test_folder folder)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "ALONE;WINDOW" "TORCH;TIMEOUT" "DEPENDS;LIBRARIES;LABELS")
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_TORCH)
        message(FATAL_ERROR "maskscope_test_folder(${folder}): expected TORCH kind [DEPENDS folders]")
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    if(NOT sources)
        return()
    endif()
    set(target tst_${folder})
    list(TRANSFORM ARG_DEPENDS PREPEND maskscope_)
    set(support maskscope_test_support)
    set(flags maskscope_flags)
    if(ARG_WINDOW)
        set(support maskscope_window_test_support)
        set(flags maskscope_window_flags)
    endif()
    _maskscope_moc_of_tests(${target} mocs ${sources})
    add_executable(${target} ${sources} ${mocs} $<TARGET_OBJECTS:${support}>)
    target_include_directories(${target} BEFORE PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/${target}_autogen/include")
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_compile_definitions(${target} PRIVATE QT_NO_KEYWORDS)
    target_link_libraries(${target} PRIVATE ${flags} ${ARG_DEPENDS} ${ARG_LIBRARIES} Qt6::Test Qt6::Core)
    if(ARG_WINDOW AND MASKSCOPE_SANITIZE_WINDOW_ONLY AND ARG_TORCH STREQUAL "modules")
        set(ARG_TORCH operators)  # the precompiled header is without the sanitizers
    endif()
    _maskscope_use_torch(${target} PRIVATE ${ARG_TORCH})

    add_test(NAME ${target} COMMAND ${target})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 600)
    endif()
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * ${MASKSCOPE_TEST_TIMEOUT_FACTOR}")
    if(MASKSCOPE_LONG_TESTS)
        math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 40")
    endif()
    set_tests_properties(${target} PROPERTIES
        TIMEOUT ${ARG_TIMEOUT}
        LABELS "${folder};${ARG_LABELS}"
        ENVIRONMENT "${MASKSCOPE_TEST_ENVIRONMENT}")
    if(ARG_ALONE)
        set_tests_properties(${target} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()
