// SPDX-License-Identifier: Apache-2.0
// Where the processes that measure several devices at once wait for each other.
#pragma once

namespace derate::bench {

/// The ends of two pipes to whoever started the processes; -1: this one is alone.
struct ProcessBarrier {
  int go = -1;       ///< a byte comes when everyone has arrived
  int arrived = -1;  ///< takes a byte when this one has

  /// Returns when every other process that still runs has come here too, so that rounds begin
  /// together. Returns at once when alone, or when nobody is left who could answer.
  void wait() const;
};

}  // namespace derate::bench
