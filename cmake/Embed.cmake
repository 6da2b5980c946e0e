# derate_embed(OUTPUT NAME FILE): a C++ source at OUTPUT that defines derate::embedded::NAME, the text of FILE,
# so that a program needs no file beside itself. Written again when FILE changes.
function(derate_embed output name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "// Written by CMake from ${file}.
#include <string_view>

namespace derate::embedded {
extern const std::string_view ${name};
const std::string_view ${name} = R\"embedded(@text@)embedded\";
}  // namespace derate::embedded
")
endfunction()
