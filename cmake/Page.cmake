# The HTML page as a C++ source: style, scripts and the chart library in their places within page.html,
# split where the data of a report go. Included by src/CMakeLists.txt it finds the library and defines
# DERATE_PAGE_SOURCE; run as a script it writes the file.
if(CMAKE_SCRIPT_MODE_FILE)
  # A file between the markers of page.html: "@page.css@" stands for page.css.
  file(READ ${SOURCE_DIR}/page.html page)
  string(REGEX MATCHALL "@[a-z_]+\\.(css|js|txt)@" markers "${page}")
  foreach(marker IN LISTS markers)
    string(REPLACE "@" "" name ${marker})
    set(text "")
    if(name STREQUAL "chart.js" AND LIBRARY)
      file(READ ${LIBRARY} text)
    elseif(NOT name STREQUAL "chart.js")
      file(READ ${SOURCE_DIR}/${name} text)
    endif()
    if(text MATCHES "</script|</style|<!--|\\)derate_page\"")
      message(FATAL_ERROR "derate: ${name} holds what would end its place in the page")
    endif()
    string(REPLACE ${marker} "${text}" page "${page}")
  endforeach()
  string(REPLACE "@data@" ")derate_page\";
const std::string_view kBehindData = R\"derate_page(" page "${page}")
  file(WRITE ${OUTPUT} "// Written by CMake from src/page: the page before and behind its data.
#include \"page/page.h\"

namespace derate::page {

const std::string_view kBeforeData = R\"derate_page(${page})derate_page\";

}  // namespace derate::page
")
  return()
endif()

# Chart.js 3, which draws the page's plots: the distribution's, or the same file from Debian's archive.
# Without it the page has its tables only.
function(derate_find_chart_library result)
  find_file(DERATE_CHART_LIBRARY chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH)
  if(DERATE_CHART_LIBRARY)
    file(READ ${DERATE_CHART_LIBRARY} begin LIMIT 100)
    if(begin MATCHES "Chart\\.js v3\\.")
      set(${result} ${DERATE_CHART_LIBRARY} PARENT_SCOPE)
      return()
    endif()
  endif()
  set(folder ${PROJECT_BINARY_DIR}/chart.js)
  set(library ${folder}/usr/share/javascript/chart.js/chart.min.js)
  if(NOT EXISTS ${library})
    derate_download_chart_library(${folder})
  endif()
  if(EXISTS ${library})
    set(${result} ${library} PARENT_SCOPE)
  else()
    message(STATUS "derate: no Chart.js 3 (libjs-chart.js), so report.html has tables without plots")
    set(${result} "" PARENT_SCOPE)
  endif()
endfunction()

function(derate_download_chart_library folder)
  set(package libjs-chart.js_3.9.1+~0.2.1-2_all.deb)
  set(sha256 16456ab02ad662f480ae3f4d0769a069f69133d0a957821925bbdd648ae5390a)
  set(snapshot https://snapshot.debian.org/archive/debian/20230801T000000Z)
  foreach(archive https://deb.debian.org/debian ${snapshot})
    file(DOWNLOAD ${archive}/pool/main/n/node-chart.js/${package} ${folder}/${package}
      TIMEOUT 30 STATUS status)
    set(found "")
    if(EXISTS ${folder}/${package})
      file(SHA256 ${folder}/${package} found)
    endif()
    if(found STREQUAL sha256)
      execute_process(COMMAND ${CMAKE_COMMAND} -E tar xf ${package} WORKING_DIRECTORY ${folder})
      execute_process(COMMAND ${CMAKE_COMMAND} -E tar xf data.tar.xz WORKING_DIRECTORY ${folder})
      return()
    endif()
    file(REMOVE ${folder}/${package})
  endforeach()
endfunction()

derate_find_chart_library(chart_library)
set(DERATE_PAGE_SOURCE ${PROJECT_BINARY_DIR}/page.cpp)
set(page_folder ${PROJECT_SOURCE_DIR}/src/page)
file(GLOB page_parts CONFIGURE_DEPENDS ${page_folder}/*.html ${page_folder}/*.css ${page_folder}/*.js
  ${page_folder}/*.txt)
add_custom_command(OUTPUT ${DERATE_PAGE_SOURCE}
  COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${page_folder} -DLIBRARY=${chart_library}
          -DOUTPUT=${DERATE_PAGE_SOURCE} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${page_parts} ${chart_library} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Putting the HTML page together" VERBATIM)
