// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace derate::bench {

/// From now on the first SIGINT or SIGTERM only makes interrupted() true, so that the round under
/// way is given up and the finished ones stay; a second one ends the program at once.
void catch_interrupts();
[[nodiscard]] bool interrupted();

}  // namespace derate::bench
