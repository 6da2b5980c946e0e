// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a request to stop: noted, so that what is finished is kept, and
// passed on to the processes that measure for us.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>
#include <vector>

namespace derate {

/// For as long as it lives, these signals (SIGHUP unless it is ignored, as nohup does) are noted
/// instead of ending the program. One at a time.
class SignalsNoted {
 public:
  enum class Second {
    noted,            ///< like the first
    ends_the_program  ///< as if nobody had noted the first
  };
  explicit SignalsNoted(Second second = Second::noted);
  ~SignalsNoted();
  SignalsNoted(const SignalsNoted&) = delete;
  SignalsNoted& operator=(const SignalsNoted&) = delete;

  /// Whether one came since the last SignalsNoted began.
  [[nodiscard]] static bool received();

 private:
  std::vector<std::pair<int, struct sigaction>> before_;
};

/// Takes the end of the process `parent`, which waits for our results, for a signal.
void note_end_of_parent(pid_t parent);

/// Holds the signals back for as long as it lives: they come when it ends.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  /// What was blocked before.
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

/// At most so many processes get signals passed on at once.
inline constexpr std::size_t kMostChildren = 64;

/// Passes every signal that is noted on to a process for as long as it lives.
class SignalsPassedOn {
 public:
  explicit SignalsPassedOn(pid_t process);
  ~SignalsPassedOn();
  SignalsPassedOn(const SignalsPassedOn&) = delete;
  SignalsPassedOn& operator=(const SignalsPassedOn&) = delete;

 private:
  std::atomic<pid_t>* slot_ = nullptr;
};

/// The handlers of these signals as a new program finds them; safe between fork() and exec().
void reset_signal_handlers();

}  // namespace derate
