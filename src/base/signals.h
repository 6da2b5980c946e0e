// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a request to end: noted, so that what is finished is kept, and
// passed on to the processes that measure for us; SIGTSTP (Ctrl-Z) stops those along with us.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <utility>
#include <vector>

namespace derate {

/// For as long as it lives, signals that ask us to end (SIGHUP unless it is ignored, as nohup does)
/// are noted instead, and one that stops us stops the processes of SignalsPassedOn before us. One
/// at a time.
class SignalsNoted {
 public:
  SignalsNoted();
  ~SignalsNoted();
  SignalsNoted(const SignalsNoted&) = delete;
  SignalsNoted& operator=(const SignalsNoted&) = delete;

  /// Whether one that asks us to end came since the last SignalsNoted began.
  [[nodiscard]] static bool received();
  /// How often SIGCONT came, whether or not we were stopped.
  [[nodiscard]] static int times_continued();

 private:
  std::vector<std::pair<int, struct sigaction>> before_;
};

/// For how long SIGTSTP has stopped us so far: time that no limit counts.
[[nodiscard]] double stopped_s();

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

/// For as long as it lives, passes every signal that is noted on to the leader of a process group,
/// and stops and continues the group along with us; or tells the guard of a session of stops alone.
class SignalsPassedOn {
 public:
  enum class To { group, guard };
  SignalsPassedOn(pid_t process, To to);
  ~SignalsPassedOn();
  SignalsPassedOn(const SignalsPassedOn&) = delete;
  SignalsPassedOn& operator=(const SignalsPassedOn&) = delete;

 private:
  std::atomic<pid_t>* slot_ = nullptr;
};

/// The handlers of these signals as a new program finds them; safe between fork() and exec().
void reset_signal_handlers();

}  // namespace derate
