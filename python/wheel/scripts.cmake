# The commands that a wheel puts on PATH, which run the programs in derate/bin: there these find their
# libraries, each other and OpenBLAS wherever Python's packages lie, and the loader starts no other copy.
foreach(name derate derate_bench)
  install(PROGRAMS ${CMAKE_CURRENT_LIST_DIR}/run_program.py RENAME ${name} DESTINATION ${SKBUILD_SCRIPTS_DIR}
    COMPONENT wheel)
endforeach()
