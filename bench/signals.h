// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace derate::bench {

/// From now on the first SIGINT, SIGTERM or SIGHUP (unless ignored, as nohup does it) only makes
/// interrupted() true, so that the round under way is given up and the finished ones stay; a second
/// one ends the program at once.
void catch_interrupts();
[[nodiscard]] bool interrupted();

/// Takes the end of the process `parent`, which waits for our records, for an interrupt.
void end_with(int parent);

}  // namespace derate::bench
