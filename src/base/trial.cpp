// SPDX-License-Identifier: Apache-2.0
// The copy writes what it tries as lines into a pipe, and an empty line when it is done.
#include "base/trial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/pipe.h"
#include "base/signals.h"
#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr double kLimit_s = 30;
/// Drivers tidy up when a process ends.
constexpr double kTidying_s = 1;

int trial_report = -1;  ///< in the copy only

double limit_s() {
  const char* const text = std::getenv("DERATE_TRIAL_LIMIT");
  if (text == nullptr) return kLimit_s;
  double wanted_s = 0;
  const char* const end = text + std::strlen(text);
  const auto [read_to, failed] = std::from_chars(text, end, wanted_s);
  const bool is_good = failed == std::errc{} && read_to == end && wanted_s > 0;
  if (is_good && std::isfinite(wanted_s)) return wanted_s;
  throw Error(ExitCode::usage, "DERATE_TRIAL_LIMIT is no number of seconds above 0");
}

/// Stands still while Ctrl-Z has stopped us.
double clock_s() {
  const auto now = system_calls().steady_now().time_since_epoch();
  return std::chrono::duration<double>(now).count() - stopped_s();
}

[[noreturn]] void be_the_copy(const std::function<void()>& action, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);  // whoever looks for cores is to find those of the program
  reset_signal_handlers();
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  trial_report = report;
  try {
    action();
  } catch (...) {  // for whoever does the same in earnest
  }
  now_trying("");
  ::_exit(0);
}

/// What the copy has told of itself.
struct Told {
  std::string library = "a library";
  bool is_done = false;
  bool is_late = false;
};

Told listen(int pipe, double time_s) {
  Told told;
  std::string line;
  const double began_s = clock_s();
  while (!told.is_done) {
    const double left_s = began_s + time_s - clock_s();
    told.is_late = left_s <= 0;
    if (told.is_late) break;
    pollfd watched{pipe, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(std::ceil(1000 * std::min(left_s, 1.0)))) <= 0) {
      continue;
    }
    char next = 0;
    const ssize_t size = ::read(pipe, &next, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    if (next != '\n') {
      line += next;
      continue;
    }
    told.is_done = line.empty();
    if (!told.is_done) told.library = std::exchange(line, "");
  }
  return told;
}

/// How the copy ended; empty for one that does not, as in a call to a driver that never returns.
std::optional<int> status_within(pid_t copy, double time_s) {
  for (const double began_s = clock_s();; ::poll(nullptr, 0, 1)) {
    int status = 0;
    if (::waitpid(copy, &status, WNOHANG) == copy) return status;
    if (clock_s() - began_s >= time_s) return std::nullopt;
  }
}

std::string sentence(const Told& told, double time_s, std::optional<int> status) {
  if (told.is_done) return "";
  if (told.is_late || !status) {
    return fmt::format("{} did not answer within {:g} s (DERATE_TRIAL_LIMIT allows it more)",
                       told.library, time_s);
  }
  if (WIFSIGNALED(*status)) {
    return fmt::format("{} ended the process that tried it by signal {} ({})", told.library,
                       WTERMSIG(*status), ::strsignal(WTERMSIG(*status)));
  }
  return fmt::format("{} ended the process that tried it with code {}", told.library,
                     WEXITSTATUS(*status));
}

}  // namespace

void now_trying(const std::string& library) {
  if (trial_report < 0) return;
  const std::string line = library + '\n';
  static_cast<void>(::write(trial_report, line.data(), line.size()));
}

std::string fault_of_trial(const std::function<void()>& action) {
  const double time_s = limit_s();
  Pipe pipe;
  const pid_t copy = system_calls().fork();
  if (copy < 0) return "";
  if (copy == 0) be_the_copy(action, pipe.write_end());
  pipe.close_write_end();
  const Told told = listen(pipe.read_end(), time_s);
  if (told.is_late) ::kill(copy, SIGKILL);
  return sentence(told, time_s, status_within(copy, kTidying_s));
}

}  // namespace derate
