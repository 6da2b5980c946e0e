// SPDX-License-Identifier: Apache-2.0
// Preloaded into derate: Ctrl-C at the worst moment, between the start of the measuring program and
// its process number becoming known.
#include <dlfcn.h>
#include <spawn.h>

#include <csignal>

extern "C" int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const arguments[],
                           char* const environment[]) {
  const auto real = reinterpret_cast<decltype(&posix_spawn)>(dlsym(RTLD_NEXT, "posix_spawn"));
  const int failed = real(pid, path, actions, attributes, arguments, environment);
  std::raise(SIGINT);
  return failed;
}
