// SPDX-License-Identifier: Apache-2.0
// A gate without the command line: shell scripts stand in for the two builds, and the system fails
// as the test says.
#include "regression/run/gate_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/signals.h"
#include "base/system_calls.h"
#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

/// Writes what Google Benchmark would: one benchmark of $1 microseconds, give or take half a
/// percent.
constexpr const char* kScript = R"(
printf '{"context": {"library_build_type": "release"}, "benchmarks": [{"name": "BM_a",
"run_name": "BM_a", "run_type": "iteration", "iterations": 100, "real_time": %s.%s,
"cpu_time": 1, "time_unit": "us"}]}' "$1" $(($$ % 5)) >"$2"
)";

class GateRunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream(script_) << kScript;
    request_.base = {command("100")};
    request_.candidate = {command("110")};
    request_.plan.screen_pairs = 3;
    request_.plan.confirm_pairs = 12;
    request_.measuring.out = folder_ / "out";
    request_.measuring.seed = 78;  // base runs first in the first pair
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    const SignalsNoted none_so_far;  // for tests that follow in this process
  }

  [[nodiscard]] std::string command(const std::string& time_us) const {
    return "sh " + script_.string() + " " + time_us + " {out}";
  }

  std::optional<Comparison> run() {
    RunFolder folder(request_.measuring.out, "gate", statement_of(request_), false);
    GateProgress progress("gate");
    return run_gate(request_, folder, progress);
  }

  template <typename Run>
  static Error refusal(Run run) {
    try {
      run();
    } catch (const Error& error) {
      return error;
    }
    return {ExitCode::ok, "no error"};
  }

  std::filesystem::path folder_ = test::own_path("derate_gate_run_");
  std::filesystem::path script_ = folder_ / "script";
  GateRequest request_;
};

TEST_F(GateRunTest, FindsWhatIsSlower) {
  const std::optional<Comparison> comparison = run();
  ASSERT_TRUE(comparison);
  ASSERT_EQ(comparison->judgements.size(), 1u);
  const Judgement& judgement = comparison->judgements.front();
  EXPECT_EQ(judgement.benchmark, "BM_a");
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_NEAR(judgement.change.value, 0.10, 0.01);
  EXPECT_EQ(exit_code(*comparison), ExitCode::failed);
}

TEST_F(GateRunTest, FindsNothingBetweenTheSame) {
  request_.candidate = request_.base;
  const std::optional<Comparison> comparison = run();
  ASSERT_TRUE(comparison);
  EXPECT_EQ(count(*comparison, Verdict::regression), 0);
  EXPECT_EQ(count(*comparison, Verdict::invalid), 0);
}

TEST_F(GateRunTest, TakesWhatItsFolderKeeps) {
  ASSERT_TRUE(run());
  std::filesystem::remove(script_);  // nothing can be measured again
  const std::optional<Comparison> again = run();
  ASSERT_TRUE(again);
  EXPECT_EQ(count(*again, Verdict::regression), 1);
}

TEST_F(GateRunTest, EndsWithWhatIsKeptAtASignal) {
  const SignalsNoted signals;
  request_.candidate = {"kill -TERM " + std::to_string(::getpid()) + "; sleep 20 # {out}"};
  EXPECT_FALSE(run());
  RunFolder folder(request_.measuring.out, "gate", statement_of(request_), false);
  EXPECT_NE(folder.find({GateStage::screen, 0, Side::base}), nullptr);
}

TEST_F(GateRunTest, SaysSoWhereNoProcessCanBeStarted) {
  RunFolder folder(request_.measuring.out, "gate", statement_of(request_), false);
  GateProgress progress("gate");
  SystemCalls calls = system_calls();
  calls.fork = []() -> pid_t {
    errno = EAGAIN;
    return -1;
  };
  const SystemCallsReplaced replaced(calls);
  const Error error = refusal([&] { (void)run_gate(request_, folder, progress); });
  EXPECT_EQ(error.code(), ExitCode::failed);
  EXPECT_STREQ(error.what(), "cannot start /bin/sh: Resource temporarily unavailable");
}

TEST_F(GateRunTest, SaysSoWhereTheDiskIsFull) {
  RunFolder folder(request_.measuring.out, "gate", statement_of(request_), false);
  GateProgress progress("gate");
  SystemCalls calls = system_calls();
  calls.write = [](int, const void*, std::size_t) -> ssize_t {
    errno = ENOSPC;
    return -1;
  };
  const SystemCallsReplaced replaced(calls);
  const Error error = refusal([&] { (void)run_gate(request_, folder, progress); });
  EXPECT_EQ(error.code(), ExitCode::output);
  EXPECT_NE(std::string(error.what()).find("processes.jsonl: No space left"), std::string::npos)
      << error.what();
}

TEST_F(GateRunTest, DoesNotResumeAnotherGate) {
  ASSERT_TRUE(run());
  request_.candidate = {command("120")};
  const Error error = refusal([&] { (void)run(); });
  EXPECT_EQ(error.code(), ExitCode::usage);
  EXPECT_NE(std::string(error.what()).find("candidate"), std::string::npos) << error.what();
}

TEST_F(GateRunTest, MeasuresAPairAgainOfWhichHalfALineIsLeft) {
  ASSERT_TRUE(run());
  const std::filesystem::path list = request_.measuring.out / "gate" / "processes.jsonl";
  std::filesystem::resize_file(list, std::filesystem::file_size(list) - 20);
  const std::optional<Comparison> again = run();
  ASSERT_TRUE(again);
  EXPECT_EQ(count(*again, Verdict::regression), 1);
}

}  // namespace
}  // namespace derate
