# Completions and manual pages as PROGRAM writes them, where they belong below FOLDER, a share/:
#   cmake "-DPROGRAM=[EMULATOR;...;]..." -DFOLDER=... -P ShellFiles.cmake
set(places bash:bash-completion/completions/derate zsh:zsh/site-functions/_derate
  fish:fish/vendor_completions.d/derate.fish)

file(REMOVE_RECURSE ${FOLDER})  # a command may have gone
foreach(entry IN LISTS places)
  string(REGEX MATCH "^([a-z]+):(.+)$" entry ${entry})
  set(file ${FOLDER}/${CMAKE_MATCH_2})
  get_filename_component(folder ${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  execute_process(COMMAND ${PROGRAM} completion ${CMAKE_MATCH_1} OUTPUT_FILE ${file} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "derate: ${PROGRAM} completion ${CMAKE_MATCH_1} ended with ${failed}")
  endif()
endforeach()
execute_process(COMMAND ${PROGRAM} man ${FOLDER}/man/man1 RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "derate: ${PROGRAM} man ended with ${failed}")
endif()
