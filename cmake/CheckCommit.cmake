# Run in a fetched source tree: fails where the commit that was checked out is not COMMIT.
find_package(Git REQUIRED)
execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse HEAD OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT found STREQUAL COMMIT)
  message(FATAL_ERROR "derate: ${TAG} of ${NAME} is ${found} and no longer ${COMMIT}: somebody moved the tag")
endif()
