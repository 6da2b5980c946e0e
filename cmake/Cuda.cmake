# Decides whether the CUDA backend is built, and for which architectures: all that derate supports, or
# with CMAKE_CUDA_ARCHITECTURES=native (what scripts/bench builds) those of the GPUs at hand.
include(NativeGpus)
set(DERATE_WITH_CUDA OFF)
set(DERATE_CUDA_REASON "switched off with DERATE_CUDA=OFF")
if(NOT DERATE_CUDA STREQUAL "OFF")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER AND "${CMAKE_CUDA_ARCHITECTURES}" STREQUAL "native")
    derate_native_gpus(${CMAKE_CUDA_COMPILER} CMAKE_CUDA_ARCHITECTURES)
    set(native ON)
  endif()
  if(native AND "${CMAKE_CUDA_ARCHITECTURES}" STREQUAL "")
    set(DERATE_CUDA_REASON "this was built where no GPU that the CUDA toolkit compiles for was found")
    message(STATUS "derate: left out: GPU kernels, since no NVIDIA GPU that this CUDA toolkit compiles "
      "for, or no driver, is here; scripts/test builds everything")
  elseif(CMAKE_CUDA_COMPILER)
    if(native)
      message(STATUS "derate: left out: GPU kernels for other GPUs than ${CMAKE_CUDA_ARCHITECTURES}; "
        "scripts/test builds everything")
    endif()
    execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE nvcc_version)
    string(REGEX MATCH "release ([0-9.]+)" nvcc_version "${nvcc_version}")
    set(nvcc_version ${CMAKE_MATCH_1})
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      # PTX of 7.5 and of the newest ones serves chips that have no code of their own here, such as
      # 8.7 and 11.0, and those to come.
      set(CMAKE_CUDA_ARCHITECTURES 75 80-real 86-real 89-real 90a-real)
      if(nvcc_version VERSION_LESS 13.0)
        # CUDA 13 dropped everything below 7.5.
        list(PREPEND CMAKE_CUDA_ARCHITECTURES 61-real 70-real)
      endif()
      if(nvcc_version VERSION_GREATER_EQUAL 12.8)
        list(APPEND CMAKE_CUDA_ARCHITECTURES 100 120)
      else()
        list(APPEND CMAKE_CUDA_ARCHITECTURES 90-virtual)
      endif()
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    set(DERATE_WITH_CUDA ON)
    # CMake 3.25 does not know that nvcc takes C++20.
    foreach(kind STANDARD EXTENSION)
      if(NOT DEFINED CMAKE_CUDA20_${kind}_COMPILE_OPTION)
        set(CMAKE_CUDA20_${kind}_COMPILE_OPTION "-std=c++20")
      endif()
    endforeach()
    set(CMAKE_CUDA_STANDARD 20)
    # Spills and local memory are build errors: the first ring of the verification of CUDA code
    # (docs/architecture.md).
    add_library(derate_cuda_flags INTERFACE)
    target_compile_options(derate_cuda_flags INTERFACE
      "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:--expt-relaxed-constexpr -Xptxas -warn-spills,-warn-lmem-usage,-Werror>")
    # For the host's part of a .cu, which prepares and launches; -O3 took a third of its compile time.
    target_compile_options(derate_cuda_flags INTERFACE
      $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<CONFIG:Release>>:-Xcompiler=-O1>)
    if(nvcc_version VERSION_LESS 13.0)
      # The last ones before CUDA 13 warn of what it dropped.
      target_compile_options(derate_cuda_flags INTERFACE
        $<$<COMPILE_LANGUAGE:CUDA>:-Wno-deprecated-gpu-targets>)
    endif()
  elseif(DERATE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "DERATE_CUDA=ON, but no CUDA compiler was found: "
      "put nvcc on PATH or set CMAKE_CUDA_COMPILER.")
  else()
    set(DERATE_CUDA_REASON "this build has no CUDA backend, because no CUDA toolkit was found")
  endif()
endif()
if(DERATE_WITH_CUDA)
  message(STATUS "derate: CUDA backend on (toolkit ${CUDAToolkit_VERSION}), "
    "architectures ${CMAKE_CUDA_ARCHITECTURES}")
else()
  message(STATUS "derate: host backend only: ${DERATE_CUDA_REASON}")
endif()
