# One interface target carries the warning flags; nothing sets global flags.
add_library(derate_warnings INTERFACE)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # How GCC 9 passed a std::pair there.
  target_compile_options(derate_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-psabi>)
endif()
target_compile_options(derate_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow
    -Wnon-virtual-dtor
    # GCC 12 warns of its own std::string (bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${DERATE_WERROR}>:-Werror>>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wshadow
    $<$<BOOL:${DERATE_WERROR}>:-Werror=all-warnings>>)
