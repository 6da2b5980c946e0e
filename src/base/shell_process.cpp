// SPDX-License-Identifier: Apache-2.0
#include "base/shell_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "derate/error.h"

namespace derate::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP};
constexpr double kGrace_s = 2;

std::atomic<bool> asked_to_end = false;

void note(int) { asked_to_end = true; }

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

int open_for(const std::filesystem::path& file) {
  const std::filesystem::path path = file.empty() ? "/dev/null" : file;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor >= 0) return descriptor;
  throw Error(ExitCode::output,
              fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

/// What a child needs, made before the fork: behind it only calls that are safe in a handler.
struct Prepared {
  std::vector<std::string> variables;
  std::vector<char*> environment;
  int in = -1;
  int out = -1;
  int err = -1;

  explicit Prepared(const ShellCommand& command) : variables(command.variables) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const std::string_view name = text.substr(0, text.find('=') + 1);
      const bool replaced = std::any_of(variables.begin(), variables.end(),
                                        [&](const auto& each) { return each.starts_with(name); });
      if (!text.starts_with("BENCHMARK_") && !replaced) environment.push_back(*variable);
    }
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    out = open_for(command.out);
    err = open_for(command.err);
  }
  ~Prepared() {
    for (const int descriptor : {in, out, err}) {
      if (descriptor >= 0) ::close(descriptor);
    }
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
};

void set_handlers(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  for (const int signal : kEnding) ::sigaction(signal, &action, nullptr);
}

/// Sends a signal to every process of a session but ourselves. A command may have put some into
/// process groups of their own, as timeout(1) does. Only with calls that are safe in a handler.
void signal_session(pid_t session, int signal) {
  const int directory = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  alignas(dirent64) std::array<char, 4096> buffer;
  for (ssize_t size = 0; (size = ::getdents64(directory, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      pid_t process = 0;
      for (const char* digit = entry->d_name; *digit >= '0' && *digit <= '9'; ++digit) {
        process = 10 * process + (*digit - '0');
      }
      const bool is_other = process > 0 && process != ::getpid();
      if (is_other && ::getsid(process) == session) ::kill(process, signal);
    }
  }
  ::close(directory);
}

/// Again, for those that were born meanwhile.
void kill_session(pid_t session) {
  constexpr int kTimes = 3;
  for (int time = 0; time < kTimes; ++time) signal_session(session, SIGKILL);
}

void kill_own_session(int) {
  kill_session(::getpid());
  ::_exit(128 + SIGKILL);
}

[[noreturn]] void become_shell(const ShellCommand& command, Prepared& prepared) {
  set_handlers(SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::dup2(prepared.in, STDIN_FILENO);
  ::dup2(prepared.out, STDOUT_FILENO);
  ::dup2(prepared.err, STDERR_FILENO);
  std::array<char*, 4> arguments = {const_cast<char*>("sh"), const_cast<char*>("-c"),
                                    const_cast<char*>(command.text.c_str()), nullptr};
  ::execve("/bin/sh", arguments.data(), prepared.environment.data());
  ::_exit(127);
}

/// Ends as `status` says another process did.
[[noreturn]] void end_alike(int status) {
  if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
  ::prctl(PR_SET_DUMPABLE, 0);  // no second core of the same crash
  ::signal(WTERMSIG(status), SIG_DFL);
  ::raise(WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));
}

/// Leads the command's session and waits for it. The kernel tells it of our death, however sudden,
/// and it takes the session along: nothing goes on measuring behind our back.
[[noreturn]] void lead(const ShellCommand& command, Prepared& prepared, pid_t parent) {
  ::setsid();
  set_handlers(SIG_IGN);
  struct sigaction action {};
  action.sa_handler = kill_own_session;
  ::sigaction(SIGUSR1, &action, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
  if (::getppid() != parent) ::_exit(0);
  const pid_t shell = ::fork();
  if (shell == 0) {
    ::signal(SIGUSR1, SIG_DFL);
    become_shell(command, prepared);
  }
  if (shell < 0) ::_exit(126);
  int status = 0;
  while (::waitpid(shell, &status, 0) < 0 && errno == EINTR) {
  }
  end_alike(status);
}

/// Waits until the other end of the pipe is closed, at most until `limit_s` after `began`, or, if
/// `heeds_signals`, until a signal asks us to end. Whether the end is closed.
bool wait_for_end(int pipe, Clock::time_point began, double limit_s, bool heeds_signals) {
  while (!(heeds_signals && asked_to_end)) {
    const double left_s = limit_s - seconds_since(began);
    if (left_s <= 0) return false;
    // A signal between the check and poll() would wait for the next: look once a second.
    const int wait_ms = static_cast<int>(std::ceil(1000 * std::min(left_s, 1.0)));
    pollfd watched{pipe, POLLIN, 0};
    if (::poll(&watched, 1, wait_ms) > 0) return true;
  }
  return false;
}

}  // namespace

Interrupts::Interrupts() {
  asked_to_end = false;
  struct sigaction action {};
  action.sa_handler = note;
  for (const int signal : kEnding) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;
    before_.emplace_back(signal, before);
    ::sigaction(signal, &action, nullptr);
  }
}

Interrupts::~Interrupts() {
  for (const auto& [signal, before] : before_) ::sigaction(signal, &before, nullptr);
}

bool Interrupts::received() { return asked_to_end; }

ShellEnd run_shell(const ShellCommand& command) {
  Prepared prepared(command);
  std::array<int, 2> alive{};
  if (::pipe2(alive.data(), O_CLOEXEC) != 0) {
    throw Error(ExitCode::failed, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const pid_t self = ::getpid();
  const auto began = Clock::now();
  const pid_t leader = ::fork();
  if (leader == 0) lead(command, prepared, self);
  ::close(alive[1]);  // the leader holds the other copy until it ends
  if (leader < 0) {
    ::close(alive[0]);
    throw Error(ExitCode::failed, fmt::format("cannot fork: {}", std::strerror(errno)));
  }
  ShellEnd end;
  if (!wait_for_end(alive[0], began, command.limit_s, true)) {
    end.interrupted = Interrupts::received();
    end.timed_out = !end.interrupted;
    signal_session(leader, SIGTERM);
    static_cast<void>(wait_for_end(alive[0], Clock::now(), kGrace_s, false));
    ::kill(leader, SIGKILL);
  }
  kill_session(leader);  // what it left behind; not yet waited for, so the number is its own
  int status = 0;
  while (::waitpid(leader, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(alive[0]);
  end.duration_s = seconds_since(began);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace derate::cli
