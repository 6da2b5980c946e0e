# Toolchain file of the preset "aarch64": Debian's cross compiler, arm64 libraries from the root that
# scripts/get_aarch64_root fetches, and qemu-user for what CMake has to run of the build.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-root ABSOLUTE)
if(NOT EXISTS ${root}/complete)
  message(FATAL_ERROR "derate: no arm64 libraries in ${root}: scripts/setup aarch64 fetches them")
endif()
set(CMAKE_SYSROOT ${root})
set(CMAKE_FIND_ROOT_PATH ${root})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${root})
# The Python that nanobind asks for the name of the module; CMake looks for its headers elsewhere.
file(GLOB Python_INCLUDE_DIR ${root}/usr/include/python3.*)
set(Python_INCLUDE_DIR ${Python_INCLUDE_DIR} CACHE PATH "Headers of that Python")
get_filename_component(Python_EXECUTABLE ${CMAKE_CURRENT_LIST_DIR}/../scripts/aarch64_python ABSOLUTE)
set(Python_EXECUTABLE ${Python_EXECUTABLE} CACHE FILEPATH "Python that the package is built for")
