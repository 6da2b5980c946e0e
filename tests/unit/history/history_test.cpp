// SPDX-License-Identifier: Apache-2.0
// What goes into a history comes out of it; and files that are none, or are older or newer.
#include "history/history.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "derate/error.h"
#include "history/dry_run.h"
#include "history/import_export.h"
#include "history/schema.h"
#include "history/writer.h"

namespace derate::history {
namespace {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directories(folder_);
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  static std::string unique_name() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    return "derate-history-" + std::string(test->name()) + "-" + std::to_string(getpid());
  }
  [[nodiscard]] std::filesystem::path file(const char* name = "h.sqlite") const {
    return folder_ / name;
  }

  /// What opening a file says, with the exit code.
  static std::pair<std::string, ExitCode> refusal(const std::filesystem::path& path,
                                                  Access access = Access::create) {
    try {
      History history(path, access, 0);
      (void)history.sessions();
      history.each_measurement({}, [](const Measurement&) {});
    } catch (const Error& error) {
      return {error.what(), error.code()};
    }
    return {"", ExitCode::ok};
  }

  static std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static void run_sql(const std::filesystem::path& path, const std::string& sql) {
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

 private:
  std::filesystem::path folder_;
};

ProcessReport report(double time_s, const std::string& driver = "580.1") {
  ProcessReport process;
  process.environments = {{{{"device_name", "Example GPU", true},
                            {"driver_version", driver, true},
                            {"os", "", false}}}};
  BenchmarkResult good;
  good.benchmark = "gemm";
  good.problem = "n:1";
  good.time_s = time_s;
  good.clock_hz = 1.98e9;
  good.amount = 1e9;
  good.amount_unit = "FLOP";
  good.code_hash = "abc";
  good.throttle_reasons = "power_cap";
  good.samples_s = {time_s, std::nextafter(time_s, 1), 5e-324, 1e300};
  BenchmarkResult bad;
  bad.benchmark = "copy";
  bad.outcome = Outcome::failed;
  bad.message = "out of memory";
  process.results = {good, bad};
  return process;
}

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

TEST_F(HistoryTest, TheSameMeasurementsAreStoredOnce) {
  History history(file(), Access::create);
  const std::vector<ProcessReport> processes = {report(0.5)};
  EXPECT_FALSE(history.add({}, processes).already_there);
  const Added again = history.add({"", "another label", "", "", ""}, processes);
  EXPECT_TRUE(again.already_there);
  EXPECT_EQ(again.session, 1);
  EXPECT_EQ(history.sessions().size(), 1U);
}

TEST_F(HistoryTest, FailuresThatAreAlikeAreNoCopies) {
  History history(file(), Access::create);
  ProcessReport failed = report(0.5);
  failed.results.erase(failed.results.begin());
  EXPECT_EQ(history.add({}, std::vector{failed, failed}).session, 1);
  const Added again = history.add({}, std::vector{failed, report(0.5)});
  EXPECT_FALSE(again.already_there);
  EXPECT_EQ(again.left_out, 0);
  EXPECT_EQ(history.session(1).processes, 2);
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

TEST_F(HistoryTest, AnOlderSchemaIsBroughtUpToDate) {
  run_sql(file(), std::string(migrations()[0]) + R"(
INSERT INTO environments VALUES (1, 'f', '[["device_name","Example GPU",true]]');
INSERT INTO benchmarks VALUES (1, 'gemm', 'n:1', 'FLOP');
INSERT INTO sessions VALUES (7, '2025-01-01T00:00:00Z', 'old', '', 'add', 'box', 'ok');
INSERT INTO measurements VALUES (7, 0, 0, 1, 1, 'passed', '', 0.5, NULL, 1e9, '', '',
                                 x'000000000000e03f');
PRAGMA user_version = 1;
PRAGMA application_id = 1685217652;
)");
  History history(file(), Access::write);
  EXPECT_EQ(history.database().integer("PRAGMA user_version"), 3);
  EXPECT_EQ(history.session(7).facts.label, "old");
  history.each_measurement(7, [](const Measurement& each) {
    EXPECT_EQ(each.result.samples_s, std::vector<double>{0.5});
  });
  EXPECT_EQ(history.add({}, std::vector{report(0.5)}).session, 8);
  history.pin(7);
  EXPECT_TRUE(history.session(7).pinned);
}

TEST_F(HistoryTest, ANewerSchemaIsRefusedAndLeftAlone) {
  { History history(file(), Access::create); }
  run_sql(file(), "PRAGMA user_version = 99");
  const std::string before = content(file());
  const auto [said, code] = refusal(file());
  EXPECT_NE(said.find("newer derate (its schema is 99, this one knows 3)"), std::string::npos)
      << said;
  EXPECT_EQ(code, ExitCode::invalid_input);
  EXPECT_EQ(content(file()), before);
}

TEST_F(HistoryTest, WhatIsNoHistoryIsRefusedAndLeftAlone) {
  std::ofstream(file("text")) << std::string(5000, 'x');
  run_sql(file("other"), "CREATE TABLE mine (a)");
  for (const auto& [name, word] : {std::pair{"text", "no SQLite database"},
                                   std::pair{"other", "database of another program"}}) {
    const std::string before = content(file(name));
    const auto [said, code] = refusal(file(name));
    EXPECT_NE(said.find(word), std::string::npos) << said;
    EXPECT_EQ(code, ExitCode::invalid_input);
    EXPECT_EQ(content(file(name)), before);
  }
  EXPECT_NE(refusal(file("absent"), Access::write).first.find("no history at"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file("absent")));
}

TEST_F(HistoryTest, ATruncatedFileIsRefusedAndLeftAlone) {
  std::vector<ProcessReport> processes;
  for (int i = 1; i < 200; ++i) processes.push_back(report(i));
  { (void)History(file(), Access::create).add({}, processes); }
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 6000);
  const std::string before = content(file());
  const auto [said, code] = refusal(file());
  EXPECT_NE(said.find("damaged"), std::string::npos) << said;
  EXPECT_EQ(code, ExitCode::invalid_input);
  EXPECT_EQ(content(file()), before);
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
