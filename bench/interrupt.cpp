// SPDX-License-Identifier: Apache-2.0
#include "interrupt.h"

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
}

bool interrupted() { return was_interrupted != 0; }

}  // namespace derate::bench
