// SPDX-License-Identifier: Apache-2.0
// Preloaded into derate: Ctrl-C at the worst moment, between the start of the measuring program and
// its process number becoming known.
#include <dlfcn.h>
#include <sys/types.h>

#include <csignal>

extern "C" pid_t fork() {
  const auto real = reinterpret_cast<decltype(&fork)>(dlsym(RTLD_NEXT, "fork"));
  const pid_t process = real();
  if (process > 0) std::raise(SIGINT);
  return process;
}
