# Decides whether the Python package is built (python/), for the Python 3 that is here: AUTO where its
# headers and nanobind are found. What the module links is then compiled as position-independent code.
set(DERATE_WITH_PYTHON OFF)

# derate_for_module(TARGET...): static libraries that the module links. Calls within them stay direct.
function(derate_for_module)
  if(NOT DERATE_WITH_PYTHON)
    return()
  endif()
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
      target_compile_options(${target} PRIVATE
        $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-semantic-interposition>)
    endif()
  endforeach()
endfunction()

if(DERATE_PYTHON STREQUAL "OFF")
  return()
endif()

# The modules that scripts/setup installs are those of the system's Python; another one may come first.
if(NOT DEFINED Python_EXECUTABLE AND NOT SKBUILD AND EXISTS /usr/bin/python3)
  set(Python_EXECUTABLE /usr/bin/python3 CACHE FILEPATH "Python that the package is built for")
endif()
# The stable ABI, which CMake knows of from 3.26 on and nanobind takes from Python 3.12 on, where there is one.
find_package(Python 3.10 QUIET COMPONENTS Interpreter Development.Module
  OPTIONAL_COMPONENTS Development.SABIModule)
set(python_reason "")
if(NOT Python_FOUND)
  set(python_reason "no Python 3.10 or newer with its headers (python3-dev) was found")
else()
  # Where scripts/get_nanobind puts it; of a Python environment it is a package like others.
  set(nanobind_places ${PROJECT_SOURCE_DIR}/build/nanobind/nanobind/cmake)
  execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_place
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND nanobind_places ${nanobind_place})
  # Of sources alone, which serve every machine: not in the root of the one that is built for.
  find_package(nanobind CONFIG QUIET PATHS ${nanobind_places} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  if(NOT nanobind_FOUND)
    set(python_reason "nanobind was not found: scripts/get_nanobind fetches it")
  endif()
endif()

if(python_reason STREQUAL "")
  set(DERATE_WITH_PYTHON ON)
  message(STATUS "derate: Python package for Python ${Python_VERSION} (${Python_EXECUTABLE})")
elseif(DERATE_PYTHON STREQUAL "ON")
  message(FATAL_ERROR "derate: DERATE_PYTHON=ON, but ${python_reason}")
else()
  message(STATUS "derate: left out: the Python package, since ${python_reason}")
endif()
