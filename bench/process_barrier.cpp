// SPDX-License-Identifier: Apache-2.0
// The measuring program's side of the barrier: one byte written on arrival, one read to go on.
#include "process_barrier.h"

#include <unistd.h>

#include <cerrno>

#include "base/signals.h"

namespace derate::bench {

void ProcessBarrier::wait() const {
  if (go < 0 || arrived < 0 || ::write(arrived, "a", 1) != 1) return;
  char byte = 0;
  while (::read(go, &byte, 1) < 0 && errno == EINTR && !SignalsNoted::received()) {
  }
}

}  // namespace derate::bench
