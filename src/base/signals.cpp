// SPDX-License-Identifier: Apache-2.0
// The handlers are async-signal-safe: they set flags and forward the signal to the registered
// processes, which lie in an array of atomics.
#include "base/signals.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>

namespace derate {
namespace {

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP};
constexpr std::array kHandled = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT};

std::atomic<int> received_signal = 0;
std::atomic<int> continued = 0;
std::atomic<std::int64_t> stopped_ns = 0;
/// Leaders of process groups; negative: of a session whose guard has to be told of stops alone.
std::array<std::atomic<pid_t>, kMostChildren> processes{};

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void note(int signal) {
  const int error = errno;  // of what was interrupted
  received_signal = signal;
  for (const std::atomic<pid_t>& process : processes) {
    if (const pid_t pid = process; pid > 0) ::kill(pid, signal);
  }
  errno = error;
}

void note_continued(int) { ++continued; }

/// Whether a child has stopped, or has ended.
bool rests(pid_t child) {
  siginfo_t state{};
  const int options = WSTOPPED | WEXITED | WNOHANG | WNOWAIT;
  return ::waitid(P_PID, static_cast<id_t>(child), &state, options) != 0 || state.si_pid != 0;
}

/// To groups, and to guards themselves.
void tell_children(int signal) {
  for (const std::atomic<pid_t>& process : processes) {
    if (const pid_t pid = process; pid != 0) ::kill(-pid, signal);
  }
}

/// Stops the children, and returns when they have stopped: one that has not yet got to it when it
/// is continued would stop afterwards, and for ever. Not for long, as a child may refuse.
void stop_children() {
  constexpr int kPatience_ms = 500;
  tell_children(SIGTSTP);
  for (const std::atomic<pid_t>& process : processes) {
    // The guard of a session stops that, and not itself.
    for (int waited = 0; waited < kPatience_ms && process > 0 && !rests(process); ++waited) {
      ::poll(nullptr, 0, 1);
    }
  }
}

/// Does what the signal would do if nobody handled it. Returns when we are continued, or at once
/// where the system lets nobody stop us: whoever could continue us is not there.
void stop_ourselves() {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  struct sigaction ours {};
  ::sigaction(SIGTSTP, &usual, &ours);
  ::raise(SIGTSTP);  // held back for as long as its handler runs
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  ::sigaction(SIGTSTP, &ours, nullptr);
}

void stop(int) {
  const int error = errno;
  const std::int64_t began_ns = now_ns();
  stop_children();
  stop_ourselves();
  tell_children(SIGCONT);
  stopped_ns += now_ns() - began_ns;
  errno = error;
}

struct sigaction action_for(int signal) {
  struct sigaction action {};
  action.sa_handler = signal == SIGTSTP ? stop : signal == SIGCONT ? note_continued : note;
  // Whoever waits is to see that he is asked to end, but not that he was stopped.
  if (std::find(kEnding.begin(), kEnding.end(), signal) == kEnding.end()) {
    action.sa_flags = SA_RESTART;
  }
  return action;
}

}  // namespace

SignalsNoted::SignalsNoted() {
  received_signal = 0;
  for (const int signal : kHandled) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    const bool may_be_ignored = signal == SIGHUP || signal == SIGTSTP;
    if (may_be_ignored && before.sa_handler == SIG_IGN) continue;
    before_.emplace_back(signal, before);
    const struct sigaction action = action_for(signal);
    ::sigaction(signal, &action, nullptr);
  }
}

SignalsNoted::~SignalsNoted() {
  for (const auto& [signal, before] : before_) ::sigaction(signal, &before, nullptr);
}

bool SignalsNoted::received() { return received_signal != 0; }

int SignalsNoted::times_continued() { return continued; }

double stopped_s() { return 1e-9 * static_cast<double>(stopped_ns); }

void note_end_of_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have ended before. Between it and us there may be another program, such as a profiler.
  if (::getppid() != parent && ::kill(parent, 0) != 0 && errno == ESRCH) received_signal = SIGTERM;
}

SignalsBlocked::SignalsBlocked() {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : kHandled) sigaddset(&blocked, signal);
  ::sigprocmask(SIG_BLOCK, &blocked, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

SignalsPassedOn::SignalsPassedOn(pid_t process, To to) {
  for (std::atomic<pid_t>& slot : processes) {
    pid_t none = 0;
    if (!slot.compare_exchange_strong(none, to == To::group ? process : -process)) continue;
    slot_ = &slot;
    // One that came while the process was started, perhaps on another thread, has not reached it.
    const int signal = received_signal;
    if (signal != 0 && to == To::group) ::kill(process, signal);
    return;
  }
}

SignalsPassedOn::~SignalsPassedOn() {
  if (slot_ != nullptr) *slot_ = 0;
}

void reset_signal_handlers() {
  for (const int signal : kHandled) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler == action_for(signal).sa_handler) ::signal(signal, SIG_DFL);
  }
}

}  // namespace derate
