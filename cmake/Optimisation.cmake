# What a build spends its time on. Optimisation: -O3 (CMake's Release) where a measured time depends
# on it, in the kernels, the sampler and the backends, and less elsewhere. Parsing: the headers that
# files share are parsed once for several files, which are joined into one translation unit.
# -DDERATE_JOIN=OFF compiles file by file, for who works on one file for long.
option(DERATE_JOIN "Compile several source files of a folder as one translation unit" ON)

# derate_optimise(TARGET LEVEL): LEVEL is 0, 1 or 2. Debug builds stay as they are.
function(derate_optimise target level)
  target_compile_options(${target} PRIVATE
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O${level}>)
endfunction()

# derate_join(TARGET AT_MOST): joins the target's sources, folder by folder, as many as AT_MOST. Names
# in unnamed namespaces have to differ within a folder only.
function(derate_join target at_most)
  if(NOT DERATE_JOIN)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  get_target_property(target_folder ${target} SOURCE_DIR)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${target_folder})
    get_filename_component(folder ${path} DIRECTORY)
    string(MAKE_C_IDENTIFIER "${folder}" key)
    math(EXPR count_${key} "${count_${key}} + 1")
    math(EXPR part "(${count_${key}} - 1) / ${at_most}")
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER "${name}_${part}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# derate_join_cuda(RESULT SOURCE...): the sources as one file, for small ones of a folder: each
# architecture parses a CUDA file anew, which takes a second, and for these more than their kernels.
function(derate_join_cuda result)
  if(NOT DERATE_JOIN)
    set(${result} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  list(GET ARGN 0 first)
  get_filename_component(path ${first} ABSOLUTE)
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  set(content "// Written by CMake: small CUDA sources compiled together.\n")
  foreach(source IN LISTS ARGN)
    get_filename_component(path ${source} ABSOLUTE)
    string(APPEND content "#include \"${path}\"\n")
  endforeach()
  set(joined ${CMAKE_CURRENT_BINARY_DIR}/joined/${name}.cu)
  file(CONFIGURE OUTPUT ${joined} CONTENT "${content}" @ONLY)  # only writes a change
  set(${result} ${joined} PARENT_SCOPE)
endfunction()
