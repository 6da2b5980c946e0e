// SPDX-License-Identifier: Apache-2.0
#include "signals.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace derate::bench {
namespace {

volatile std::sig_atomic_t was_interrupted = 0;

void remember(int) { was_interrupted = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second signal acts as usual
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is to be an error of the write
  struct sigaction hang_up {};
  sigaction(SIGHUP, nullptr, &hang_up);
  if (hang_up.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup stays as it is
}

void end_with(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have ended before. Between it and us there may be another program, such as a profiler.
  if (::getppid() != parent && ::kill(parent, 0) != 0 && errno == ESRCH) was_interrupted = 1;
}

bool interrupted() { return was_interrupted != 0; }

}  // namespace derate::bench
