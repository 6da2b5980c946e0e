// SPDX-License-Identifier: Apache-2.0
// Several measuring programs at once: they begin their rounds together, and none waits for one that
// has ended. Shell scripts stand in for them.
#include "measure/bench_processes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "derate/error.h"

namespace derate {
namespace {

class RunBenches : public testing::Test {
 protected:
  void SetUp() override {
    const SignalsNoted forget_signals_of_earlier_tests;
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Arguments of a shell: `log` appends a word to the common log, `meet` waits at the barrier.
  [[nodiscard]] std::vector<std::string> script(const std::string& body) const {
    return {"-c",
            "m=${1#--derate_barrier=}; log() { echo \"$1\" >>" + log_.string() +
                "; }; meet() { printf x >&${m#*,}; read -r -n1 -u ${m%,*}; }; " + body,
            "script"};
  }
  [[nodiscard]] std::string logged() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }

  // Tests may run side by side, each in a process of its own.
  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("derate_run_benches_" + std::to_string(::getpid()));
  std::filesystem::path log_ = folder_ / "log";
  std::filesystem::path shell_ = "/bin/bash";
};

TEST_F(RunBenches, TellsHowEachEnded) {
  const auto ends = run_benches(shell_, {script("exit 3"), script("kill -9 $$"), script("true")});
  ASSERT_EQ(ends.size(), 3u);
  EXPECT_EQ(ends[0].exit_code, 3);
  EXPECT_EQ(ends[0].signal, 0);
  EXPECT_EQ(ends[1].signal, 9);
  EXPECT_EQ(ends[2].exit_code, 0);
}

TEST_F(RunBenches, BeginsRoundsTogether) {
  // Each is once the slower one. Without the barrier, the sleeping one's word would come last.
  const auto ends = run_benches(
      shell_, {script("log 'fast 1'; meet; sleep 0.5; log 'fast 2'; meet; log 'fast 3'"),
               script("sleep 0.5; log 'slow 1'; meet; log 'slow 2'; meet; log 'slow 3'")});
  EXPECT_EQ(ends[0].exit_code + ends[1].exit_code, 0);
  const std::string log = logged();
  const auto before = [&](const char* first, const char* second) {
    return log.find(first) < log.find(second) && log.find(second) != std::string::npos;
  };
  EXPECT_TRUE(before("slow 1", "fast 2")) << log;
  EXPECT_TRUE(before("fast 1", "slow 2")) << log;
  EXPECT_TRUE(before("fast 2", "slow 3")) << log;
  EXPECT_TRUE(before("slow 2", "fast 3")) << log;
}

TEST_F(RunBenches, DoesNotWaitForWhoHasEnded) {
  const auto ends = run_benches(
      shell_, {script("meet; exit 1"), script("meet; sleep 0.1; meet; meet; log alone")});
  EXPECT_EQ(ends[0].exit_code, 1);
  EXPECT_EQ(ends[1].exit_code, 0);
  EXPECT_EQ(logged(), "alone\n");
}

TEST_F(RunBenches, PassesASignalOnToEveryOne) {
  const SignalsNoted signals;
  const std::string wait = "for i in {1..100}; do sleep 0.05; done; exit 1";
  const auto ends =
      run_benches(shell_, {script("trap 'exit 7' INT; meet; kill -INT $PPID; " + wait),
                           script("trap 'exit 8' INT; meet; " + wait)});
  EXPECT_TRUE(SignalsNoted::received());
  EXPECT_EQ(ends[0].exit_code, 7);
  EXPECT_EQ(ends[1].exit_code, 8);
  const auto later = run_benches(shell_, {script("log started"), script("log started")});
  EXPECT_EQ(logged(), "") << "nothing starts after a signal";
  EXPECT_EQ(later.size(), 2u);
  EXPECT_EQ(later[1].exit_code, static_cast<int>(ExitCode::interrupted));
}

TEST_F(RunBenches, OneAloneGetsNoBarrier) {
  const auto ends = run_benches(shell_, {script("log \"flag:$1\"")});
  EXPECT_EQ(ends.size(), 1u);
  EXPECT_EQ(logged(), "flag:\n");
}

TEST_F(RunBenches, RefusesMoreThanItCanHold) {
  EXPECT_ANY_THROW((void)run_benches(shell_, std::vector(kMostChildren + 1, script("true"))));
}

}  // namespace
}  // namespace derate
