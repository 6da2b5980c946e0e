# Installs both programs, and the libraries for projects that bring workloads of their own:
#   find_package(derate) ... target_link_libraries(my_bench PRIVATE derate::bench_main)
include(CMakePackageConfigHelpers)
set(derate_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/derate)

# derate_bench_main says its own; the library without a prefix keeps its name: derate::derate.
set_target_properties(derate_backends PROPERTIES EXPORT_NAME backends)

install(TARGETS derate_cli derate_bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Completions and manual pages, which the program has written (src/CMakeLists.txt).
install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATADIR})
install(TARGETS derate derate_backends derate_round derate_bench_main EXPORT derateTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT derateTargets NAMESPACE derate:: DESTINATION ${derate_package_dir})

# "include", as the INSTALL_INTERFACEs of the targets say.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/derate DESTINATION include)
# What a kernel needs of its backend: the host's thread pool, or a CUDA stream to launch on.
foreach(header ${DERATE_BACKEND_HEADERS})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/src/backend/${header} DESTINATION include/derate/${folder})
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/derateConfig.cmake.in
  ${PROJECT_BINARY_DIR}/derateConfig.cmake INSTALL_DESTINATION ${derate_package_dir}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 every minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/derateConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/derateConfig.cmake ${PROJECT_BINARY_DIR}/derateConfigVersion.cmake
  DESTINATION ${derate_package_dir})
