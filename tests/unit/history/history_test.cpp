// SPDX-License-Identifier: Apache-2.0
// What goes into a history comes out of it.
#include "history/history.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "history/dry_run.h"
#include "history/import_export.h"
#include "history/writer.h"
#include "history_file.h"

namespace derate::history {
namespace {

TEST_F(HistoryTest, WhatGoesInComesOut) {
  const std::vector<ProcessReport> processes = {report(0.5), report(0.7)};
  {
    History history(file(), Access::create);
    EXPECT_EQ(
        history.add({"2026-01-02T03:04:05Z", "abc", "x.json", "add", "box"}, processes).session, 1);
  }
  History history(file(), Access::write);
  const Session session = history.session(1);
  EXPECT_EQ(session.facts.label, "abc");
  EXPECT_EQ(session.facts.time_utc, "2026-01-02T03:04:05Z");
  EXPECT_EQ(session.processes, 2);
  EXPECT_EQ(session.measurements, 4);
  EXPECT_EQ(session.failed, 2);
  std::vector<Measurement> found;
  history.each_measurement(1, [&](const Measurement& each) { found.push_back(each); });
  ASSERT_EQ(found.size(), 4U);
  const BenchmarkResult& gemm = found[0].result;
  const BenchmarkResult& expected = processes[0].results[0];
  EXPECT_EQ(gemm.name(), "gemm n:1");
  EXPECT_EQ(gemm.samples_s, expected.samples_s);  // to the last bit
  EXPECT_EQ(gemm.time_s, expected.time_s);
  EXPECT_EQ(gemm.clock_hz, expected.clock_hz);
  EXPECT_EQ(gemm.amount_unit, "FLOP");
  EXPECT_EQ(gemm.code_hash, "abc");
  EXPECT_EQ(gemm.throttle_reasons, "power_cap");
  EXPECT_EQ(found[1].result.outcome, Outcome::failed);
  EXPECT_EQ(found[1].result.message, "out of memory");
  EXPECT_TRUE(std::isnan(found[1].result.time_s));
  const Environment environment = history.environments().at(gemm.environment);
  EXPECT_EQ(environment.fingerprint(), processes[0].environments[0].fingerprint());
  EXPECT_EQ(environment.facts.size(), 3U);
}

TEST_F(HistoryTest, FailedMeasurementsMakeNoLevel) {
  History history(file(), Access::create);
  (void)history.add({"2026-01-01T00:00:00Z", "", "", "", ""}, std::vector{report(0.5)});
  (void)history.add({"2026-01-02T00:00:00Z", "", "", "", ""}, std::vector{report(0.6)});
  const SeriesSet set = history.series(10);
  ASSERT_EQ(set.series.size(), 2U);
  EXPECT_EQ(set.series[0].benchmark, "gemm n:1");
  EXPECT_EQ(set.series[0].values.size(), 2U);
  EXPECT_EQ(set.series[1].values[0].failed, 1);
  EXPECT_TRUE(std::isnan(set.series[1].values[0].time_s));
}

TEST_F(HistoryTest, ADriverIsAnEventAndADeviceASeries) {
  History history(file(), Access::create);
  (void)history.add({}, std::vector{report(0.5, "1")});
  (void)history.add({}, std::vector{report(0.6, "2")});
  ProcessReport other = report(0.7);
  other.environments[0].facts[0].value = "Another GPU";
  (void)history.add({}, std::vector{other});
  const SeriesSet set = history.series(10);
  ASSERT_EQ(set.series.size(), 4U);  // two benchmarks on either device
  EXPECT_EQ(set.series[0].values.size(), 2U);
  EXPECT_EQ(set.series[2].values.size(), 1U);
}

TEST_F(HistoryTest, ExportedAndImportedItIsTheSame) {
  std::ostringstream first;
  {
    History history(file(), Access::create);
    (void)history.add({"2026-01-01T00:00:00Z", "a\"b", "", "add", "box"},
                      std::vector{report(0.1), report(1.0 / 3)});
    (void)history.add({"2026-01-02T00:00:00Z", "", "", "add", "box"},
                      std::vector{report(0.2, "580.2")});
    history.pin(1);
    history.accept({0, "gemm*", 2, "wider tiles", "me", "2026-01-03T00:00:00Z"});
    export_lines(history, first);
  }
  std::ofstream(file("export.jsonl")) << first.str();
  History other(file("other.sqlite"), Access::create);
  EXPECT_EQ(import_lines(other, file("export.jsonl")).sessions, 2);
  std::ostringstream second;
  export_lines(other, second);
  EXPECT_EQ(second.str(), first.str());
  EXPECT_EQ(import_lines(other, file("export.jsonl")).already_there, 2);
  EXPECT_EQ(other.acceptances().size(), 1U);
}

TEST_F(HistoryTest, AnAcceptanceOutlivesTheSessionThatItBeganWith) {
  std::ostringstream text;
  {
    History history(file(), Access::create);
    for (const double time_s : {0.1, 0.2, 0.3, 0.4})
      (void)history.add({}, std::vector{report(time_s)});
    history.accept({0, "gemm*", 2, "wider tiles", "me", ""});
    history.remove(std::vector<std::int64_t>{2});
    export_lines(history, text);
  }
  std::ofstream(file("export.jsonl")) << text.str();
  History other(file("other.sqlite"), Access::create);
  (void)import_lines(other, file("export.jsonl"));
  ASSERT_EQ(other.acceptances().size(), 1U);
  EXPECT_EQ(other.acceptances()[0].since, 2);  // what was session 3
}

TEST_F(HistoryTest, ATransactionWithinAnotherIsPartOfIt) {
  History history(file(), Access::create);
  const auto fail_within = [&] {
    history.database().change([&] {
      (void)history.add({}, std::vector{report(0.1)});
      history.pin(1);
      throw Error(ExitCode::failed, "half way");
    });
  };
  EXPECT_THROW(fail_within(), Error);
  EXPECT_TRUE(history.sessions().empty()) << "it was never committed";
  history.database().change([&] { (void)history.add({}, std::vector{report(0.1)}); });
  EXPECT_EQ(History(file(), Access::write).sessions().size(), 1U);
}

TEST_F(HistoryTest, APinnedSessionStaysInSightWithItsNeighbours) {
  History history(file(), Access::create);
  for (int i = 0; i < 60; ++i) (void)history.add({}, std::vector{report(0.1 + 0.001 * i)});
  history.pin(20);
  std::vector<std::int64_t> seen;
  for (const Session& session : history.series(5).sessions) seen.push_back(session.id);
  std::vector<std::int64_t> expected;
  for (std::int64_t id = 10; id <= 30; ++id) expected.push_back(id);
  for (std::int64_t id = 56; id <= 60; ++id) expected.push_back(id);
  EXPECT_EQ(seen, expected);
}

TEST_F(HistoryTest, WhatADeviceCannotRunIsNoSeries) {
  History history(file(), Access::create);
  ProcessReport process = report(0.1);
  process.results[1].outcome = Outcome::unsupported;
  (void)history.add({}, std::vector{process});
  ASSERT_EQ(history.series(10).series.size(), 1U);
  EXPECT_EQ(history.series(10).series[0].benchmark, "gemm n:1");
}

TEST_F(HistoryTest, ASessionOfAnEarlierDayIsJudgedAsOnThatDay) {
  History history(file(), Access::create);
  (void)history.add({"2026-01-01T00:00:00Z", "", "", "", ""}, std::vector{report(0.1)});
  (void)history.add({"2026-01-03T00:00:00Z", "", "", "", ""}, std::vector{report(0.3)});
  const SeriesSet set = with_unstored(history.series(10), {"2026-01-02T00:00:00Z", "", "", "", ""},
                                      std::vector{report(0.2)});
  ASSERT_EQ(set.sessions.size(), 2U);
  EXPECT_EQ(set.sessions.back().facts.time_utc, "2026-01-02T00:00:00Z");
  ASSERT_EQ(set.series[0].values.size(), 2U);
  EXPECT_EQ(set.series[0].values[1].time_s, 0.2);
}

TEST_F(HistoryTest, WhatIsRemovedLeavesNothingBehind) {
  History history(file(), Access::create);
  (void)history.add({}, std::vector{report(0.5, "1")});
  (void)history.add({}, std::vector{report(0.6, "2")});
  history.remove(std::vector<std::int64_t>{1});
  EXPECT_EQ(history.sessions().size(), 1U);
  EXPECT_EQ(history.database().integer("SELECT count(*) FROM measurements"), 2);
  EXPECT_EQ(history.database().integer("SELECT count(*) FROM environments"), 1);
  EXPECT_TRUE(history.faults().empty());
  EXPECT_EQ(history.add({}, std::vector{report(0.7)}).session, 3);  // numbers are not used again
}

// A hundredth of 4.5 million samples, in at most a hundredth of 100 MB.
TEST_F(HistoryTest, ASampleTakesLittleRoom) {
  std::vector<ProcessReport> processes(100);
  double time_s = 0.001;
  for (ProcessReport& process : processes) {
    process.environments = {{{{"device_name", "Example GPU", true}}}};
    for (int i = 0; i < 50; ++i) {
      BenchmarkResult one = report(0.5).results[0];
      one.problem = std::to_string(i);
      one.samples_s.assign(9, time_s += 1e-9);
      one.code_hash = "0123456789abcdef";
      process.results.push_back(one);
    }
  }
  { (void)History(file(), Access::create).add({}, processes); }
  EXPECT_LT(std::filesystem::file_size(file()), 1'000'000U);
}

TEST(HistoryPatterns, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches("gemm n:512", "gemm n:512"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("gemm*", "gemm"));
  EXPECT_TRUE(matches("*/f32*512", "cuda/gemm/f32 n:512"));
  EXPECT_TRUE(matches("a*b*c", "abbbcbc"));
  EXPECT_TRUE(matches("g?mm", "gemm"));
  EXPECT_FALSE(matches("gemm", "gemm n:512"));
  EXPECT_FALSE(matches("g?mm", "gmm"));
  EXPECT_FALSE(matches("a*b", "abc"));
}

}  // namespace
}  // namespace derate::history
