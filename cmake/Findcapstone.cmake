# Finds Capstone, which brings no CMake package of its own in Debian 12: capstone::capstone, or nothing.
find_path(CAPSTONE_INCLUDE_DIR capstone/capstone.h)
find_library(CAPSTONE_LIBRARY capstone)
mark_as_advanced(CAPSTONE_INCLUDE_DIR CAPSTONE_LIBRARY)
if(CAPSTONE_INCLUDE_DIR)
  file(STRINGS ${CAPSTONE_INCLUDE_DIR}/capstone/capstone.h version REGEX "^#define CS_API_MAJOR")
  string(REGEX MATCH "[0-9]+" capstone_VERSION "${version}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(capstone REQUIRED_VARS CAPSTONE_LIBRARY CAPSTONE_INCLUDE_DIR
  VERSION_VAR capstone_VERSION)
if(capstone_FOUND AND NOT TARGET capstone::capstone)
  add_library(capstone::capstone UNKNOWN IMPORTED)
  set_target_properties(capstone::capstone PROPERTIES IMPORTED_LOCATION ${CAPSTONE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CAPSTONE_INCLUDE_DIR})
endif()
