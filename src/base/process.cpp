// SPDX-License-Identifier: Apache-2.0
// fork() and execve() with everything allocated beforehand, since a child may only make
// async-signal-safe calls. A guard process leads the session of a guarded program and kills it if
// we die.
#include "base/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/pipe.h"
#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr double kGrace_s = 2;

/// A clock that stands still while Ctrl-Z has stopped us, and with us the program.
double now_s() {
  const std::chrono::duration<double> now = system_calls().steady_now().time_since_epoch();
  return now.count() - stopped_s();
}

/// For what a child says, or nowhere without a name.
int open_for_writing(const std::filesystem::path& file) {
  if (!file.empty()) return open_anew(file);
  const int nowhere = system_calls().open("/dev/null", O_WRONLY | O_CLOEXEC, 0);
  if (nowhere < 0) cannot_write("/dev/null", std::strerror(errno));
  return nowhere;
}

/// What a child needs, made before the fork: behind it only calls that are safe in a handler.
struct Prepared {
  const Launch& launch;
  std::vector<std::string> variables;
  std::vector<char*> environment;
  std::vector<char*> arguments;
  Descriptor in;
  Descriptor out;
  Descriptor err;

  explicit Prepared(const Launch& wanted)
      : launch(wanted),
        variables(wanted.variables),
        in(wanted.inherits ? -1 : ::open("/dev/null", O_RDONLY | O_CLOEXEC)),
        out(wanted.inherits ? -1 : open_for_writing(wanted.out)),
        err(wanted.err.empty() ? -1 : open_for_writing(wanted.err)) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const std::string_view name = text.substr(0, text.find('=') + 1);
      const bool replaced = std::any_of(variables.begin(), variables.end(),
                                        [&](const auto& each) { return each.starts_with(name); });
      const bool is_flag = text.starts_with("BENCHMARK_") && !wanted.inherits;
      if (!is_flag && !replaced) environment.push_back(*variable);
    }
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    const std::string& name = launch.name.empty() ? launch.program.native() : launch.name;
    arguments.push_back(const_cast<char*>(name.c_str()));
    for (const std::string& each : launch.arguments) {
      arguments.push_back(const_cast<char*>(each.c_str()));
    }
    arguments.push_back(nullptr);
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
};

/// Calls `use` for every process of the system; whether there is a list of them. Only with calls
/// that are safe in a handler.
template <typename Use>
bool for_each_process(const Use& use) {
  const int directory = system_calls().open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return false;
  bool any = false;
  alignas(dirent64) std::array<char, 4096> buffer;
  for (ssize_t size = 0; (size = ::getdents64(directory, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      pid_t process = 0;
      for (const char* digit = entry->d_name; *digit >= '0' && *digit <= '9'; ++digit) {
        process = 10 * process + (*digit - '0');
      }
      if (process > 0) use(process);
      any = any || process > 0;
    }
  }
  ::close(directory);
  return any;
}

/// Sends a signal to every process of a session but ourselves. A command may have put some into
/// process groups of their own, as timeout(1) does; where /proc does not tell of those, only the
/// first group gets it.
void signal_session(pid_t session, int signal) {
  const bool all = for_each_process([&](pid_t process) {
    if (process != ::getpid() && ::getsid(process) == session) ::kill(process, signal);
  });
  if (!all) ::kill(-session, signal);
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

/// What Ctrl-Z and `fg` do to a process group; nobody but us can continue what is stopped so.
void stop_own_session(int) { signal_session(::getpid(), SIGSTOP); }
void continue_own_session(int) { signal_session(::getpid(), SIGCONT); }

/// Becomes the program; why it cannot is written to `report`.
[[noreturn]] void execute(Prepared& prepared, const sigset_t& mask, int report) {
  reset_signal_handlers();
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (prepared.in.number >= 0) ::dup2(prepared.in.number, STDIN_FILENO);
  if (prepared.out.number >= 0) ::dup2(prepared.out.number, STDOUT_FILENO);
  if (prepared.err.number >= 0) ::dup2(prepared.err.number, STDERR_FILENO);
  for (const int descriptor : prepared.launch.kept_open) ::fcntl(descriptor, F_SETFD, 0);
  ::execve(prepared.launch.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  const int reason = errno;
  static_cast<void>(::write(report, &reason, sizeof reason));
  ::_exit(127);
}

/// Ends as `status` says another process did.
[[noreturn]] void end_alike(int status) {
  if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
  ::prctl(PR_SET_DUMPABLE, 0);  // no second core of the same crash
  ::signal(WTERMSIG(status), SIG_DFL);
  sigset_t this_one;  // others that wait are for whoever started us
  sigemptyset(&this_one);
  sigaddset(&this_one, WTERMSIG(status));
  ::sigprocmask(SIG_UNBLOCK, &this_one, nullptr);
  ::raise(WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));
}

/// Leads the session of a guarded program and waits for it. The kernel tells it of our death,
/// however sudden, and it takes the session along: no process keeps measuring without us.
[[noreturn]] void guard(Prepared& prepared, const sigset_t& mask, int report, pid_t parent) {
  ::setsid();
  struct sigaction action {};
  action.sa_handler = kill_own_session;
  ::sigaction(SIGUSR1, &action, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
  if (::getppid() != parent) ::_exit(0);
  const pid_t program = ::fork();
  if (program == 0) {
    for (const int signal : {SIGUSR1, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
    execute(prepared, mask, report);
  }
  ::signal(SIGTSTP, stop_own_session);
  ::signal(SIGCONT, continue_own_session);
  sigset_t these;
  sigemptyset(&these);
  sigaddset(&these, SIGTSTP);
  sigaddset(&these, SIGCONT);
  ::sigprocmask(SIG_UNBLOCK, &these, nullptr);
  if (program < 0) ::_exit(126);
  ::close(report);
  int status = 0;  // the signals that ask us to end stay blocked here
  while (::waitpid(program, &status, 0) < 0 && errno == EINTR) {
  }
  end_alike(status);
}

/// In a process group of its own: Ctrl-C reaches only us, and we pass it on exactly once. There it
/// would stop for ever when it writes to a terminal that is set to `stty tostop`.
[[noreturn]] void follow(Prepared& prepared, const sigset_t& mask, int report, pid_t parent) {
  ::setpgid(0, 0);
  ::signal(SIGTTOU, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, prepared.launch.signal_at_our_end);
  if (::getppid() != parent) ::_exit(0);
  execute(prepared, mask, report);
}

/// Why the program could not be started: errno of its execve(), 0 when it runs.
int reason_of(int report) {
  int reason = 0;
  while (::read(report, &reason, sizeof reason) < 0 && errno == EINTR) {
  }
  return reason;
}

/// Waits until the other end of the pipe is closed, at most until `limit_s` after `began_s`, or, if
/// `heeds_signals`, until a signal asks us to end. Whether the end is closed.
bool wait_for_end(int pipe, double began_s, double limit_s, bool heeds_signals) {
  while (!(heeds_signals && SignalsNoted::received())) {
    const double left_s = limit_s - (now_s() - began_s);
    if (left_s <= 0) return false;
    // A signal between the check and poll() would wait for the next: look once a second.
    const int wait_ms = static_cast<int>(std::ceil(1000 * std::min(left_s, 1.0)));
    pollfd watched{pipe, POLLIN, 0};
    if (::poll(&watched, 1, wait_ms) > 0) return true;
  }
  return false;
}

/// Waits until the process has ended; its number stays its own until status_of().
void await(pid_t process) {
  siginfo_t ignored;
  while (::waitid(P_PID, static_cast<id_t>(process), &ignored, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
}

int status_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno == EINTR) continue;
    throw Error(ExitCode::failed,
                fmt::format("cannot wait for a process: {}", std::strerror(errno)));
  }
  return status;
}

}  // namespace

Launch shell_command(const std::string& text) {
  Launch launch;
  launch.program = "/bin/sh";
  launch.arguments = {"-c", text};
  launch.guarded = true;
  return launch;
}

Process::Process(const Launch& launch) : began_s_(now_s()) {
  Prepared prepared(launch);
  Pipe report;
  Pipe alive;
  // A signal comes before, and then the caller knows, or when there is a process to pass it on to.
  const SignalsBlocked blocked;
  const pid_t self = ::getpid();
  pid_ = system_calls().fork();
  if (pid_ < 0) {
    throw Error(ExitCode::failed,
                fmt::format("cannot start {}: {}", launch.program.string(), std::strerror(errno)));
  }
  if (pid_ == 0 && launch.guarded) guard(prepared, blocked.before(), report.write_end(), self);
  if (pid_ == 0) follow(prepared, blocked.before(), report.write_end(), self);
  report.close_write_end();
  if (const int reason = reason_of(report.read_end()); reason != 0) {
    static_cast<void>(status_of(pid_));
    throw Error(ExitCode::usage,
                fmt::format("cannot start {}: {}", launch.program.string(), std::strerror(reason)));
  }
  using To = SignalsPassedOn::To;
  signals_ = std::make_unique<SignalsPassedOn>(pid_, launch.guarded ? To::guard : To::group);
  if (launch.guarded) alive_ = alive.release_read_end();
}

Process::~Process() {
  if (pid_ > 0) {
    if (alive_ >= 0) kill_session(pid_);
    ::kill(alive_ >= 0 ? pid_ : -pid_, SIGKILL);  // one that is not guarded leads a group
    await(pid_);
    signals_.reset();
    static_cast<void>(::waitpid(pid_, nullptr, 0));
  }
  if (alive_ >= 0) ::close(alive_);
}

void Process::end_session(double limit_s, ProcessEnd& end) {
  if (!wait_for_end(alive_, began_s_, limit_s, true)) {
    end.interrupted = SignalsNoted::received();
    end.timed_out = !end.interrupted;
    signal_session(pid_, SIGTERM);
    static_cast<void>(wait_for_end(alive_, now_s(), kGrace_s, false));
    ::kill(pid_, SIGKILL);
  }
  kill_session(pid_);  // what it left behind; not yet waited for, so the number is its own
}

ProcessEnd Process::wait(double limit_s) {
  ProcessEnd end;
  if (alive_ >= 0) end_session(limit_s, end);
  await(pid_);
  signals_.reset();
  const int status = status_of(std::exchange(pid_, -1));
  end.duration_s = now_s() - began_s_;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.exit_code = end.signal != 0 ? 128 + end.signal : WEXITSTATUS(status);
  return end;
}

bool Process::ends_within(double time_s) const {
  constexpr int kStep_ms = 5;
  for (const double began_s = now_s();; ::poll(nullptr, 0, kStep_ms)) {
    siginfo_t end{};
    const int options = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_PID, static_cast<id_t>(pid_), &end, options) != 0 || end.si_pid != 0) {
      return true;
    }
    if (now_s() - began_s >= time_s) return false;
  }
}

bool Process::kill(double time_s) {
  ::kill(-pid_, SIGKILL);
  if (ends_within(time_s)) return true;
  signals_.reset();
  pid_ = -1;
  return false;
}

}  // namespace derate
