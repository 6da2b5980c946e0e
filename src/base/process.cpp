// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "derate/error.h"

namespace derate::cli {
namespace {

constexpr std::array kPassedOn = {SIGINT, SIGTERM, SIGHUP};

std::array<std::atomic<pid_t>, kMostAtOnce> children{};
std::atomic<bool> signalled = false;

void pass_on(int signal) {
  signalled = true;
  for (const std::atomic<pid_t>& child : children) {
    if (const pid_t pid = child; pid > 0) ::kill(pid, signal);
  }
}

/// Holds the signals that pass_on() takes back for as long as it lives.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : kPassedOn) sigaddset(&held, signal);
    sigprocmask(SIG_BLOCK, &held, &before_);
  }
  ~SignalsHeld() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

/// Our environment without BENCHMARK_*, which Google Benchmark takes for flags: what a run measures
/// is to stand on its command line.
std::vector<char*> environment_of_bench() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("BENCHMARK_")) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

/// A pipe, both ends closed on exec unless they are handed over.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw Error(ExitCode::failed, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() { close(read); }
  void close_write() { close(write); }

  int read = -1;
  int write = -1;

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

/// Where one of several programs meets the others.
struct Meeting {
  Pipe arrivals;    // the program writes
  Pipe departures;  // the program reads
  bool arrived = false;
  bool gone = false;

  [[nodiscard]] std::string flag() const {
    return fmt::format("--derate_meet={},{}", departures.read, arrivals.write);
  }
};
using Meetings = std::vector<std::unique_ptr<Meeting>>;

/// `mask` holds the signals that are blocked in the child; `meeting` may be null.
pid_t spawn(const std::filesystem::path& program, std::vector<std::string> arguments,
            const Meeting* meeting, const sigset_t& mask) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (meeting != nullptr) {
    arguments.push_back(meeting->flag());
    // Onto itself: takes the close-on-exec flag off.
    posix_spawn_file_actions_adddup2(&files, meeting->arrivals.write, meeting->arrivals.write);
    posix_spawn_file_actions_adddup2(&files, meeting->departures.read, meeting->departures.read);
  }
  std::vector<char*> raw = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  // A process group of its own: Ctrl-C reaches only us, and we pass it on exactly once.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &mask);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, program.c_str(), &files, &attributes, raw.data(),
                                   environment_of_bench().data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    throw Error(ExitCode::usage,
                fmt::format("cannot start {}: {}", program.string(), std::strerror(failed)));
  }
  return pid;
}

/// Takes in who has arrived and who has ended; waits until there is something to take in.
void take_in(Meetings& meetings) {
  std::vector<pollfd> watched;
  for (const auto& meeting : meetings) {
    watched.push_back({meeting->gone ? -1 : meeting->arrivals.read, POLLIN, 0});
  }
  if (::poll(watched.data(), watched.size(), -1) < 0) return;  // a signal: look again
  for (std::size_t i = 0; i < meetings.size(); ++i) {
    if (watched[i].revents == 0) continue;
    char byte = 0;
    const ssize_t got = ::read(meetings[i]->arrivals.read, &byte, 1);
    if (got == 1) meetings[i]->arrived = true;
    if (got == 0) meetings[i]->gone = true;
  }
}

/// Lets the programs go on together, again and again, until all of them have ended.
void hold_meetings(Meetings& meetings) {
  const auto all = [&](const auto& is) {
    return std::all_of(meetings.begin(), meetings.end(), is);
  };
  while (!all([](const auto& meeting) { return meeting->gone; })) {
    take_in(meetings);
    if (!all([](const auto& meeting) { return meeting->gone || meeting->arrived; })) continue;
    for (const auto& meeting : meetings) {
      if (std::exchange(meeting->arrived, false) && !meeting->gone) {
        static_cast<void>(::write(meeting->departures.write, "g", 1));  // who ended reads nothing
      }
    }
  }
}

BenchEnd wait_for(std::atomic<pid_t>& child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  child = 0;
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

SignalsToBench::SignalsToBench() {
  signalled = false;
  struct sigaction action {};
  action.sa_handler = pass_on;
  for (const int signal : kPassedOn) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;
    before_.emplace_back(signal, before);
    sigaction(signal, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGTTOU, &action, &before_.emplace_back(SIGTTOU, action).second);
}

SignalsToBench::~SignalsToBench() {
  for (const auto& [signal, before] : before_) sigaction(signal, &before, nullptr);
}

bool SignalsToBench::received() const { return signalled; }

std::vector<BenchEnd> run_benches(const std::filesystem::path& program,
                                  const std::vector<std::vector<std::string>>& arguments) {
  if (arguments.size() > kMostAtOnce) {
    throw Error(ExitCode::usage, fmt::format("at most {} devices can be measured at once, not {}",
                                             kMostAtOnce, arguments.size()));
  }
  Meetings meetings;
  {
    // A signal is either seen here, or it comes when there is a child to pass it on to.
    const SignalsHeld held;
    if (signalled) {
      return std::vector<BenchEnd>(arguments.size(), {static_cast<int>(ExitCode::interrupted), 0});
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (arguments.size() > 1) meetings.push_back(std::make_unique<Meeting>());
      const Meeting* const meeting = meetings.empty() ? nullptr : meetings.back().get();
      children[i] = spawn(program, arguments[i], meeting, held.before());
    }
  }
  for (const auto& meeting : meetings) {
    meeting->arrivals.close_write();  // ours: its end then shows that the program has ended
    meeting->departures.close_read();
  }
  hold_meetings(meetings);
  std::vector<BenchEnd> ends;
  for (std::size_t i = 0; i < arguments.size(); ++i) ends.push_back(wait_for(children[i]));
  return ends;
}

std::filesystem::path default_bench() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) {
    throw Error(ExitCode::invalid_input,
                fmt::format("cannot read /proc/self/exe: {}; name derate_bench with --bench",
                            failed.message()));
  }
  return self.parent_path() / "derate_bench";
}

}  // namespace derate::cli
