// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>

#include "derate/error.h"

namespace derate::cli {
namespace {

constexpr std::array kPassedOn = {SIGINT, SIGTERM, SIGHUP};

std::atomic<pid_t> child = 0;
std::atomic<bool> signalled = false;

void pass_on(int signal) {
  signalled = true;
  if (const pid_t pid = child; pid > 0) ::kill(pid, signal);
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

/// `mask` holds the signals that are blocked in the child.
pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const sigset_t& mask) {
  std::vector<char*> raw = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
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

BenchEnd run_bench(const std::filesystem::path& program,
                   const std::vector<std::string>& arguments) {
  {
    // A signal is either seen here, or it comes when there is a child to pass it on to.
    const SignalsHeld held;
    if (signalled) return {static_cast<int>(ExitCode::interrupted), 0};
    child = spawn(program, arguments, held.before());
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  child = 0;
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
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
