// SPDX-License-Identifier: Apache-2.0
// The handler is async-signal-safe: it sets a flag and forwards the signal to the registered
// processes, which lie in an array of atomics.
#include "base/signals.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace derate {
namespace {

constexpr std::array kNoted = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> received_signal = 0;
std::array<std::atomic<pid_t>, kMostChildren> processes{};

void note(int signal) {
  const int error = errno;  // of what was interrupted
  received_signal = signal;
  for (const std::atomic<pid_t>& process : processes) {
    if (const pid_t pid = process; pid > 0) ::kill(pid, signal);
  }
  errno = error;
}

}  // namespace

SignalsNoted::SignalsNoted(Second second) {
  received_signal = 0;
  struct sigaction action {};
  action.sa_handler = note;
  if (second == Second::ends_the_program) action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : kNoted) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;
    before_.emplace_back(signal, before);
    ::sigaction(signal, &action, nullptr);
  }
}

SignalsNoted::~SignalsNoted() {
  for (const auto& [signal, before] : before_) ::sigaction(signal, &before, nullptr);
}

bool SignalsNoted::received() { return received_signal != 0; }

void note_end_of_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have ended before. Between it and us there may be another program, such as a profiler.
  if (::getppid() != parent && ::kill(parent, 0) != 0 && errno == ESRCH) received_signal = SIGTERM;
}

SignalsBlocked::SignalsBlocked() {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : kNoted) sigaddset(&blocked, signal);
  ::sigprocmask(SIG_BLOCK, &blocked, &before_);
}

SignalsBlocked::~SignalsBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

SignalsPassedOn::SignalsPassedOn(pid_t process) {
  for (std::atomic<pid_t>& slot : processes) {
    pid_t none = 0;
    if (!slot.compare_exchange_strong(none, process)) continue;
    slot_ = &slot;
    // One that came while the process was started, perhaps on another thread, has not reached it.
    if (const int signal = received_signal; signal != 0) ::kill(process, signal);
    return;
  }
}

SignalsPassedOn::~SignalsPassedOn() {
  if (slot_ != nullptr) *slot_ = 0;
}

void reset_signal_handlers() {
  for (const int signal : kNoted) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler == note) ::signal(signal, SIG_DFL);
  }
}

}  // namespace derate
