// SPDX-License-Identifier: Apache-2.0
// What --metric auto decides, from machines and benchmarks that the test invents, and that a run
// which goes on keeps to it.
#include "regression/run/metric_choice.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

constexpr MachineLoad kQuiet = {.stolen_share = 0, .load = 0.2, .cores = 4};
constexpr MachineLoad kBusy = {.stolen_share = 0.2, .load = 13, .cores = 4};

MeasuredProcess process(const std::string& beside_cpu_time) {
  BenchmarkResult result;
  result.benchmark = "BM_a";
  result.time_s = 2;
  result.samples_s = {2};
  result.cpu_samples_s = {1};
  result.beside_cpu_time = beside_cpu_time;
  ProcessReport report;
  report.environments.emplace_back();
  report.results.push_back(std::move(result));
  return {std::move(report), ""};
}

MeasuredPair pair_of(const std::string& beside_cpu_time = "") {
  return {0, process(""), process(beside_cpu_time)};
}

class MetricChoiceTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The name under which auto judges the benchmark, in the folder of the test.
  std::string judged(const MachineLoad& load, const std::string& beside_cpu_time = "") {
    RunFolder store(folder_, "gate", {{"metric", "auto"}}, false);
    MetricChoice choice(std::nullopt, store, [&] {
      ++looks_;
      return load;
    });
    const MeasuredPair pair = choice.judged(pair_of(beside_cpu_time));
    sentence_ = choice.sentence();
    EXPECT_EQ(pair.base.report.results.front().name(),
              pair.candidate.report.results.front().name());
    return pair.base.report.results.front().name();
  }

  std::filesystem::path folder_ = test::own_path("derate_metric_choice_");
  std::string sentence_;
  int looks_ = 0;
};

TEST_F(MetricChoiceTest, IsWallTimeOnAQuietMachine) {
  EXPECT_EQ(judged(kQuiet), "BM_a");
  EXPECT_EQ(sentence_,
            "--metric auto took real_time: neither stolen time nor load speaks against it");
}

TEST_F(MetricChoiceTest, IsCpuTimeWhereTimeIsStolen) {
  EXPECT_EQ(judged(kBusy), "BM_a (cpu_time)");
  EXPECT_EQ(sentence_, "--metric auto took cpu_time: 20.0 % of the CPUs' time was stolen");
}

TEST_F(MetricChoiceTest, IsWallTimeOfWhatHasSeveralThreadsOnEitherSide) {
  EXPECT_EQ(judged(kBusy, "runs 4 threads"), "BM_a");
  EXPECT_EQ(sentence_, "--metric auto took real_time: BM_a runs 4 threads");
}

TEST_F(MetricChoiceTest, IsKeptInTheFolder) {
  EXPECT_EQ(judged(kBusy), "BM_a (cpu_time)");
  EXPECT_EQ(judged(kQuiet), "BM_a (cpu_time)");
  EXPECT_EQ(sentence_, "--metric auto took cpu_time: 20.0 % of the CPUs' time was stolen");
  EXPECT_EQ(looks_, 1);
}

TEST_F(MetricChoiceTest, IsKeptWhereTheKindDecided) {
  EXPECT_EQ(judged(kBusy, "runs 4 threads"), "BM_a");
  EXPECT_EQ(judged(kBusy), "BM_a");
}

TEST_F(MetricChoiceTest, IsNotMadeWhereOneIsAskedFor) {
  RunFolder store(folder_, "gate", {{"metric", "cpu_time"}}, false);
  MetricChoice choice(Metric::cpu_time, store, [&] {
    ++looks_;
    return kQuiet;
  });
  const MeasuredPair pair = choice.judged(pair_of("runs 4 threads"));
  EXPECT_EQ(pair.base.report.results.front().name(), "BM_a (cpu_time)");
  EXPECT_EQ(choice.sentence(), "");
  EXPECT_EQ(looks_, 0);
}

}  // namespace
}  // namespace derate
