# Which architectures the GPUs of this machine need, for builds that no other machine will run.

# derate_native_gpus(NVCC RESULT): the architectures of the GPUs at hand as CMAKE_CUDA_ARCHITECTURES
# takes them; empty where there is no GPU, no driver, or none that the toolkit compiles for.
function(derate_native_gpus nvcc result)
  execute_process(
    COMMAND ${nvcc} -run -o ${PROJECT_BINARY_DIR}/print_capabilities
            ${PROJECT_SOURCE_DIR}/cmake/print_capabilities.cu
    OUTPUT_VARIABLE at_hand ERROR_QUIET)
  execute_process(COMMAND ${nvcc} --list-gpu-arch OUTPUT_VARIABLE known ERROR_QUIET)
  string(REGEX MATCHALL "[0-9]+" known "${known}")
  list(SORT known COMPARE NATURAL)
  list(GET known 0 oldest)
  string(REGEX REPLACE "(.)$" ".\\1" oldest ${oldest})
  list(GET known -1 newest)
  list(REMOVE_DUPLICATES at_hand)
  foreach(capability IN LISTS at_hand)
    if(capability STREQUAL "")
      continue()
    elseif(capability EQUAL 90)
      list(APPEND found 90a-real)  # wgmma is code of 9.0a alone
    elseif(capability IN_LIST known)
      list(APPEND found ${capability}-real)
    elseif(capability GREATER newest)
      list(APPEND found ${newest}-virtual)  # the driver compiles its PTX
    else()
      string(REGEX REPLACE "(.)$" ".\\1" capability ${capability})
      message(STATUS "derate: left out: a GPU of compute capability ${capability}, since this CUDA "
        "toolkit compiles for ${oldest} and above; install CUDA 12.x for it")
    endif()
  endforeach()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()
