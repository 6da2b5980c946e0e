// SPDX-License-Identifier: Apache-2.0
// Waits for messages of the measuring process, for its end, for the limit of the row under way and
// for signals; it sleeps in between, so that it takes no time from what is measured.
#include "watchdog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "base/pipe.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/signals.h"
#include "derate/error.h"
#include "watch_message.h"

namespace derate::bench {
namespace {

using Event = WatchMessage::Event;

constexpr double kEndless_s = std::numeric_limits<double>::infinity();
/// How long a process may take to end of its own accord: after a signal, and after its work.
constexpr double kAfterSignal_s = 1.5;
constexpr double kAfterWork_s = 10;
/// How long the system may take to end a process that was killed.
constexpr double kAfterKill_s = 10;
/// A process that ends tells so at once, unless something else holds its end of the pipe.
constexpr double kLongestWait_s = 10;

std::filesystem::path own_program() {
  if (::access("/proc/self/exe", X_OK) == 0) return "/proc/self/exe";
  // The kernel tells addresses as integers. NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
}

/// How a process ended that was not to end so.
std::string words_for(const ProcessEnd& end) {
  if (end.signal == 0) return fmt::format("its process ended with code {}", end.exit_code);
  return fmt::format("signal {} ({}) ended its process", end.signal, ::strsignal(end.signal));
}

/// One measuring process, from its start to its end.
struct Attempt {
  bool is_planned = false;          ///< it has told what it will record
  bool has_recorded = false;        ///< at least one row
  std::string row = {};             ///< under way
  double limit_s = kEndless_s;      ///< from `since_s` on
  double since_s = steady_now_s();  ///< when what the limit is of began, or we were continued
  std::optional<int> code = {};     ///< it has told that it ends with this one
  bool lost = false;                ///< it has told that it lost the device
  bool is_stuck = false;            ///< it could not even be killed
  std::string fault = {};           ///< how it ended, if not as it told
};

class Watchdog {
 public:
  Watchdog(const std::vector<std::string>& arguments, const Options& options)
      : arguments_(arguments), options_(options) {}

  int run() {
    while (!SignalsNoted::received()) {
      attempt_ = {};
      attempt_.limit_s = std::max(options_.row_limit_s.value_or(0), kShortestLimit_s);
      attend();
      if (SignalsNoted::received()) break;
      if (attempt_.code && !attempt_.lost) return conclude(*attempt_.code);
      if (!goes_on()) return conclude(static_cast<int>(ExitCode::failed));
      is_resumed_ = true;
    }
    ProgressLine("derate_bench").show("");  // one that was killed left its own
    return static_cast<int>(ExitCode::interrupted);
  }

 private:
  [[nodiscard]] std::vector<std::string> arguments(int pipe) const {
    std::vector<std::string> all(arguments_.begin() + 1, arguments_.end());
    all.push_back(fmt::format("--derate_worker={}", pipe));
    all.push_back("--derate_run=" + options_.run);
    // Of what a user resumes, an earlier process took the time.
    if (!options_.part.began_s && !options_.resume) {
      all.push_back(fmt::format("--derate_began={:.3f}", began_s_));
    }
    if (is_resumed_ && !options_.resume) all.emplace_back("--derate_resume");
    if (!failure_.empty()) all.push_back("--derate_failed=" + failure_);
    return all;
  }

  /// Starts a measuring process and returns when it has ended.
  void attend() {
    Pipe pipe;
    Launch launch;
    launch.program = own_program();
    launch.name = arguments_.front();
    launch.arguments = arguments(pipe.write_end());
    launch.kept_open = {pipe.write_end()};
    launch.inherits = true;
    launch.signal_at_our_end = SIGKILL;
    Process process(launch);
    pipe.close_write_end();
    const bool in_time = listen(pipe.read_end(), process);
    if (!in_time && !process.kill(kAfterKill_s)) {
      attempt_.is_stuck = true;
      attempt_.fault += ", and could not be killed";
      return;
    }
    const ProcessEnd end = process.wait();
    const bool as_told = attempt_.lost || attempt_.code == end.exit_code;
    if (in_time && !as_told) attempt_.fault = words_for(end);
  }

  /// Returns when the process has ended, or, false, when it is overdue.
  bool listen(int pipe, const Process& process) {
    std::string text;
    int continued = SignalsNoted::times_continued();
    for (;;) {
      if (std::exchange(continued, SignalsNoted::times_continued()) != continued) {
        attempt_.since_s = steady_now_s();  // what was stopped did not use its time
      }
      const double left_s = attempt_.since_s + attempt_.limit_s - steady_now_s();
      if (left_s <= 0) return ends_late(process);
      if (!wait_for_text(pipe, std::min(left_s, kLongestWait_s))) {
        if (process.ends_within(0) && !has_text(pipe)) return true;
        continue;
      }
      std::array<char, 4096> buffer;
      const ssize_t size = ::read(pipe, buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return process.ends_within(kAfterWork_s) || ends_late(process);
      text.append(buffer.data(), static_cast<std::size_t>(size));
      take_lines(text);
    }
  }

  /// Whether there is text, or the end of it.
  static bool has_text(int pipe) {
    pollfd watched{pipe, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
  }

  /// The same, before the time is up or a signal comes. The first signal leaves the process little
  /// time.
  bool wait_for_text(int pipe, double time_s) {
    const SignalsBlocked blocked;  // until we wait, so that none comes in between
    if (SignalsNoted::received() && !is_asked_to_end_) {
      is_asked_to_end_ = true;
      attempt_.since_s = steady_now_s();
      attempt_.limit_s = kAfterSignal_s;
      return false;
    }
    timespec time{};
    time.tv_sec = static_cast<std::time_t>(time_s);
    time.tv_nsec = static_cast<long>(1e9 * (time_s - std::floor(time_s)));
    pollfd watched{pipe, POLLIN, 0};
    return ::ppoll(&watched, 1, &time, &blocked.before()) > 0;
  }

  /// One that has ended unnoticed was not late.
  bool ends_late(const Process& process) {
    if (process.ends_within(0)) return true;
    const std::string_view what = attempt_.code ? "its process did not end within {:g} s"
                                  : has_row()   ? "took longer than {:g} s"
                                                : "its process began no row within {:g} s";
    attempt_.fault = fmt::format(fmt::runtime(what), attempt_.limit_s);
    return false;
  }

  void take_lines(std::string& text) {
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos;
         text.erase(0, end + 1)) {
      if (const auto message = message_of(std::string_view(text).substr(0, end))) take(*message);
    }
  }

  void take(const WatchMessage& message) {
    switch (message.event) {
      case Event::planned:
        if (!std::exchange(attempt_.is_planned, true)) left_.clear();
        left_[message.name] = static_cast<int>(message.number);
        return set_limit(kEndless_s);  // it may wait for the processes of other devices
      case Event::begun:
        attempt_.row = message.name;
        return set_limit(message.number);
      case Event::recorded:
        --left_[message.name];
        attempt_.has_recorded = true;
        attempt_.row.clear();
        return set_limit(kEndless_s);
      case Event::lost:
        attempt_.lost = true;
        return;
      case Event::finished:
        attempt_.code = static_cast<int>(message.number);
        attempt_.row.clear();
        return set_limit(kAfterWork_s);
    }
  }

  [[nodiscard]] bool has_row() const { return !attempt_.row.empty(); }

  /// From now on; a signal has set the last one.
  void set_limit(double limit_s) {
    if (is_asked_to_end_) return;
    attempt_.limit_s = limit_s;
    attempt_.since_s = steady_now_s();
  }

  /// Whether another process can go on behind what this one has recorded, and what it failed at.
  bool goes_on() {
    failure_.clear();
    if (attempt_.lost) return true;
    const bool can_resume = !options_.out.empty() && !options_.tunes && !attempt_.is_stuck &&
                            (has_row() || attempt_.has_recorded);
    say(fmt::format("{}: {}{}", has_row() ? attempt_.row : "measuring", attempt_.fault,
                    can_resume ? "; continuing in a new process" : ""));
    if (has_row()) failure_ = attempt_.row + ' ' + attempt_.fault;
    return can_resume;
  }

  /// What was announced against what was recorded. Whoever says why it ends early need not count.
  int conclude(int code) {
    constexpr std::size_t kMostNames = 20;
    if (attempt_.code && !attempt_.fault.empty()) {
      say(fmt::format("after the last row {}", attempt_.fault));
      code = std::max(code, static_cast<int>(ExitCode::failed));
    }
    if (code > static_cast<int>(ExitCode::failed)) return code;
    std::vector<std::string> missing;
    for (const auto& [name, rounds] : left_) {
      if (rounds == 1) missing.push_back(name);
      if (rounds > 1) missing.push_back(fmt::format("{} ({} rounds)", name, rounds));
    }
    if (missing.empty()) return code;
    if (missing.size() > kMostNames) {
      missing[kMostNames] = fmt::format("and {} more", missing.size() - kMostNames);
      missing.resize(kMostNames + 1);
    }
    say(fmt::format("announced, but not recorded: {}", fmt::join(missing, ", ")));
    return static_cast<int>(ExitCode::failed);
  }

  /// Below whatever the measuring process last wrote on a terminal's line.
  static void say(const std::string& sentence) {
    ProgressLine line("derate_bench");
    line.show("");
    line.say(sentence);
  }

  const std::vector<std::string>& arguments_;
  const Options& options_;
  std::map<std::string, int> left_;  ///< rounds that were announced and are not recorded
  std::string failure_;              ///< for the next process to record
  double began_s_ = steady_now_s();
  bool is_resumed_ = false;
  bool is_asked_to_end_ = false;
  Attempt attempt_;
};

}  // namespace

int watch(const std::vector<std::string>& arguments, const Options& options) {
  return Watchdog(arguments, options).run();
}

}  // namespace derate::bench
