# Stamps the sources' commit into the programs, at every build, so that no record carries the commit
# of an older one. Without git it is "unknown"; uncommitted changes add "-dirty". Included by
# CMakeLists.txt it defines the target; run as a script it writes the file.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE DERATE_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
    RESULT_VARIABLE failed)
  if(failed)
    set(DERATE_COMMIT "unknown")
  endif()
  configure_file(${SOURCE_DIR}/src/base/build_info.cpp.in ${OUTPUT} @ONLY)  # only writes a change
  return()
endif()

set(DERATE_BUILD_INFO ${PROJECT_BINARY_DIR}/build_info.cpp)
add_custom_target(derate_stamp
  COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DOUTPUT=${DERATE_BUILD_INFO}
          -DPROJECT_VERSION=${PROJECT_VERSION} -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
          -P ${CMAKE_CURRENT_LIST_FILE}
  BYPRODUCTS ${DERATE_BUILD_INFO}
  VERBATIM)
