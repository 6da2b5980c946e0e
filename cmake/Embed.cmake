# derate_embed(OUTPUT NAME FILE): a C++ source at OUTPUT that defines derate::embedded::NAME, the text of FILE,
# so that a program needs no file beside itself. Written again when FILE changes.
function(derate_embed output name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  # A string literal may have 64 KiB and more only with some compilers: pieces of it are joined.
  string(LENGTH "${text}" length)
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND pieces "\nR\"embedded(${piece})embedded\"")
    math(EXPR at "${at} + 8000")
  endwhile()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "// Written by CMake from ${file}.
#include <string_view>

namespace derate::embedded {
extern const std::string_view ${name};
const std::string_view ${name} =@pieces@;
}  // namespace derate::embedded
")
endfunction()
