# What the Python wheel carries, as the component "wheel", below site-packages: programs in derate/bin, where
# they find each other, and the module beside the package's files, which scikit-build-core copies.
add_custom_target(derate_wheel DEPENDS derate_cli derate_bench)
install(TARGETS derate_cli derate_bench RUNTIME DESTINATION derate/bin COMPONENT wheel EXCLUDE_FROM_ALL)
if(TARGET derate_python)
  add_dependencies(derate_wheel derate_python)
  install(TARGETS derate_python LIBRARY DESTINATION derate COMPONENT wheel EXCLUDE_FROM_ALL)
  install(FILES ${DERATE_PYTHON_FOLDER}/derate/_version.py DESTINATION derate COMPONENT wheel EXCLUDE_FROM_ALL)
endif()
if(SKBUILD)
  include(${PROJECT_SOURCE_DIR}/python/wheel/scripts.cmake)
endif()
