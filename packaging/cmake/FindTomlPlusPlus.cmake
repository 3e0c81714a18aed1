# toml++, used as headers alone, as the target TomlPlusPlus::TomlPlusPlus.

find_path(TomlPlusPlus_INCLUDE_DIR toml++/toml.h)
mark_as_advanced(TomlPlusPlus_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(TomlPlusPlus REQUIRED_VARS TomlPlusPlus_INCLUDE_DIR)

if(TomlPlusPlus_FOUND AND NOT TARGET TomlPlusPlus::TomlPlusPlus)
    add_library(TomlPlusPlus::TomlPlusPlus INTERFACE IMPORTED)
    target_include_directories(TomlPlusPlus::TomlPlusPlus SYSTEM INTERFACE "${TomlPlusPlus_INCLUDE_DIR}")
endif()
