# Libraries from the distribution where it has them, fetched otherwise.
include(FetchContent)

# Finds NAME (at least VERSION, "" for any) or fetches TAG of REPOSITORY, which must still be COMMIT: a tag
# can be moved, and what is fetched runs on this machine. Its CMakeLists.txt may be in a further FOLDER.
function(derate_dependency name version repository tag commit)
  find_package(${name} ${version} QUIET)
  if(NOT ${name}_FOUND)
    message(STATUS "derate: ${name} >= ${version} is not installed; fetching ${tag} of ${repository}")
    set(folder)
    if(ARGN)
      set(folder SOURCE_SUBDIR ${ARGN})
    endif()
    FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON ${folder}
      PATCH_COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D TAG=${tag} -D COMMIT=${commit}
        -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/CheckCommit.cmake)
    FetchContent_MakeAvailable(${name})
  endif()
endfunction()

set(BENCHMARK_ENABLE_TESTING OFF)
set(BENCHMARK_ENABLE_GTEST_TESTS OFF)
set(HWY_ENABLE_TESTS OFF)
set(HWY_ENABLE_EXAMPLES OFF)
set(NANOFLANN_BUILD_EXAMPLES OFF)
set(NANOFLANN_BUILD_TESTS OFF)
# For projects that ask for an old CMake: options keep what is set here, and none enters itself in the
# user's registry of packages.
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
set(CMAKE_POLICY_DEFAULT_CMP0090 NEW)
set(JSON_Install ON)
set(FMT_INSTALL ON)
set(SQLITECPP_INTERNAL_SQLITE OFF)
set(SQLITECPP_RUN_CPPLINT OFF)
set(SQLITECPP_RUN_CPPCHECK OFF)
derate_dependency(fmt 8 https://github.com/fmtlib/fmt.git 10.2.1
  e69e5f977d458f2650bb346dadf2ad30c5320281)
derate_dependency(benchmark 1.7 https://github.com/google/benchmark.git v1.8.3
  344117638c8ff7e239044fd0fa7085839fc03021)
derate_dependency(nlohmann_json 3.10 https://github.com/nlohmann/json.git v3.11.3
  9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03)
derate_dependency(CLI11 2.1 https://github.com/CLIUtils/CLI11.git v2.4.1
  f4d0731cebb123ff0ace712c099dffbcd2c58e5a)
derate_dependency(simdjson "" https://github.com/simdjson/simdjson.git v3.9.1
  c85e8a7db102f1444a997b19fff5336f862c18a0)
derate_dependency(nanoflann 1.4 https://github.com/jlblancoc/nanoflann.git v1.5.5
  923c2ac16a955317054c296d298425d33c0cb9de)
derate_dependency(hwy 1.0 https://github.com/google/highway.git 1.0.7
  ba0900a4957b929390ab73827235557959234fea)
if(NOT TARGET hwy::hwy)
  add_library(hwy::hwy ALIAS hwy)  # the fetched project has no namespaced alias
endif()
set(CAPSTONE_ARCHITECTURE_DEFAULT OFF)
set(CAPSTONE_X86_SUPPORT ON)
set(CAPSTONE_ARM64_SUPPORT ON)
set(CAPSTONE_BUILD_TESTS OFF)
set(CAPSTONE_BUILD_CSTOOL OFF)
set(CAPSTONE_INSTALL OFF)
derate_dependency(capstone 4 https://github.com/capstone-engine/capstone.git 5.0.3
  5cca00533dadfe53181f1de3525f859769f69b65)
# Of the shards of a fleet.
set(ZSTD_BUILD_PROGRAMS OFF)
set(ZSTD_BUILD_SHARED OFF)
derate_dependency(zstd 1.4 https://github.com/facebook/zstd.git v1.5.5
  63779c798237346c2b245c546c40b72a5a5913fe build/cmake)
if(NOT TARGET zstd::zstd)
  FetchContent_GetProperties(zstd)
  add_library(zstd::zstd INTERFACE IMPORTED)  # the fetched project has no alias of that name
  target_link_libraries(zstd::zstd INTERFACE libzstd_static)
  target_include_directories(zstd::zstd INTERFACE ${zstd_SOURCE_DIR}/lib)
endif()
derate_dependency(xxhash 0.8 https://github.com/Cyan4973/xxHash.git v0.8.2
  bbb27a5efb85b92a0486cf361a8635715a53f6ba)
if(NOT TARGET xxhash::xxhash)
  FetchContent_GetProperties(xxhash)
  add_library(xxhash::xxhash INTERFACE IMPORTED)  # the header alone
  target_include_directories(xxhash::xxhash INTERFACE ${xxhash_SOURCE_DIR})
endif()
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Boost.Math, headers only
# Not fetched: SQLite's sources are no CMake project. Without it, all but the history works.
find_package(SQLite3 3.37 QUIET)  # 3.37 brought STRICT tables
if(SQLite3_FOUND)
  derate_dependency(SQLiteCpp 3.2 https://github.com/SRombauts/SQLiteCpp.git 3.3.1
    fe6086c12679d8744c02fa03e83e75feca2413d8)
endif()
if(NOT TARGET SQLiteCpp)
  message(STATUS "derate: no SQLite >= 3.37 with SQLiteCpp >= 3.2, so no history of measurements")
endif()
if(DERATE_BUILD_TESTS)
  derate_dependency(GTest 1.11 https://github.com/google/googletest.git v1.14.0
    f8d7d77c06936315286eb55f8de22cd23c188571)
endif()
