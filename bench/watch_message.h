// SPDX-License-Identifier: Apache-2.0
// What the measuring process tells the one that watches over it, as lines of a pipe: outside of
// what is timed, twice in a round.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace derate::bench {

/// Sent with a number and, where there is one, the name of a benchmark.
struct WatchMessage {
  enum class Event {
    planned,   ///< so many rounds of it will be recorded
    begun,     ///< a round of it, which counts as hung after so many seconds
    recorded,  ///< a round of it
    finished,  ///< the process, with this exit code
    lost       ///< the device, to this process
  };
  Event event;
  double number = 0;
  std::string name = {};
};

[[nodiscard]] std::string to_line(const WatchMessage& message);

/// The message of a line without its end; empty for one that is none.
[[nodiscard]] std::optional<WatchMessage> message_of(std::string_view line);

/// The measuring process's end of the pipe; -1: nobody watches.
struct Watched {
  int pipe = -1;

  void tell(const WatchMessage& message) const;
};

}  // namespace derate::bench
