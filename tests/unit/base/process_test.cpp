// SPDX-License-Identifier: Apache-2.0
// Programs that end well, badly, late or never, and a system that starts none.
#include "base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

std::filesystem::path file_of_test(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) /
         ("derate_process_" + std::to_string(::getpid()) + "_" + name);
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The sentence with which a program is refused, and the code.
Error refusal(const Launch& launch) {
  try {
    static_cast<void>(Process(launch).wait());
  } catch (const Error& error) {
    return error;
  }
  return {ExitCode::ok, "started"};
}

class EitherKind : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] Launch shell(const std::string& text) const {
    Launch launch = shell_command(text);
    launch.guarded = GetParam();
    return launch;
  }
};
INSTANTIATE_TEST_SUITE_P(Process, EitherKind, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "guarded" : "unguarded"; });

TEST_P(EitherKind, EndsWithItsCodeOrItsSignal) {
  EXPECT_EQ(Process(shell("exit 3")).wait().exit_code, 3);
  const ProcessEnd killed = Process(shell("kill -9 $$")).wait();
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL);
  EXPECT_EQ(Process(shell("kill -INT $$")).wait().signal, SIGINT);
}

TEST_P(EitherKind, WritesWhereItIsTold) {
  Launch launch = shell("echo out; echo err >&2; printenv SIDE; read line || echo no input");
  launch.out = file_of_test("out");
  launch.err = file_of_test("err");
  launch.variables = {"SIDE=base"};
  EXPECT_EQ(Process(launch).wait().exit_code, 0);
  EXPECT_EQ(text_of(launch.out), "out\nbase\nno input\n");
  EXPECT_EQ(text_of(launch.err), "err\n");
}

TEST_P(EitherKind, SaysWhyAProgramCannotBeStarted) {
  Launch launch = shell("true");
  launch.program = "/nowhere/program";
  const Error error = refusal(launch);
  EXPECT_EQ(error.code(), ExitCode::usage);
  EXPECT_STREQ(error.what(), "cannot start /nowhere/program: No such file or directory");
}

TEST_P(EitherKind, SaysSoWhereTheSystemHasNoRoomForAProcess) {
  SystemCalls calls = system_calls();
  calls.fork = []() -> pid_t {
    errno = EAGAIN;
    return -1;
  };
  const SystemCallsReplaced replaced(calls);
  const Error error = refusal(shell("true"));
  EXPECT_EQ(error.code(), ExitCode::failed);
  EXPECT_STREQ(error.what(), "cannot start /bin/sh: Resource temporarily unavailable");
}

TEST_P(EitherKind, SaysSoWhereThereIsNoPipe) {
  SystemCalls calls = system_calls();
  calls.pipe2 = [](int*, int) {
    errno = EMFILE;
    return -1;
  };
  const SystemCallsReplaced replaced(calls);
  EXPECT_STREQ(refusal(shell("true")).what(), "cannot make a pipe: Too many open files");
}

TEST_P(EitherKind, IsKilledWithItsOwner) {
  const std::filesystem::path file = file_of_test("late");
  { const Process process(shell("sleep 0.3; echo late >" + file.string())); }
  ::usleep(500'000);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_P(EitherKind, EndsWhenWeGetASignal) {
  const SignalsNoted signals;
  const std::string us = std::to_string(::getpid());
  const ProcessEnd end = Process(shell("kill -INT " + us + "; exec sleep 30")).wait();
  EXPECT_TRUE(SignalsNoted::received());
  EXPECT_LT(end.duration_s, 10);
  if (!GetParam()) {
    EXPECT_EQ(end.signal, SIGINT);
  }
}

TEST_P(EitherKind, StartedAfterASignalEndsAtOnce) {
  const SignalsNoted signals;
  std::raise(SIGTERM);
  const ProcessEnd end = Process(shell("exec sleep 30")).wait();
  EXPECT_LT(end.duration_s, 10);
}

TEST(GuardedProcess, IsEndedAtItsLimitWithWhatItStarted) {
  const std::filesystem::path file = file_of_test("left");
  const ProcessEnd end =
      Process(shell_command("(sleep 0.6; echo left >" + file.string() + ") & sleep 30")).wait(0.2);
  EXPECT_TRUE(end.timed_out);
  EXPECT_FALSE(end.interrupted);
  EXPECT_LT(end.duration_s, 10);
  ::usleep(800'000);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(GuardedProcess, IsEndedAtItsLimitWhereProcTellsNothing) {
  SystemCalls calls = system_calls();
  calls.open = [](const char* path, int flags, mode_t mode) {
    if (std::string(path) != "/proc") return ::open(path, flags, mode);
    errno = ENOENT;
    return -1;
  };
  const SystemCallsReplaced replaced(calls);
  const std::filesystem::path file = file_of_test("left_without_proc");
  const ProcessEnd end =
      Process(shell_command("(sleep 0.6; echo left >" + file.string() + ") & sleep 30")).wait(0.2);
  EXPECT_TRUE(end.timed_out);
  ::usleep(800'000);
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace derate
