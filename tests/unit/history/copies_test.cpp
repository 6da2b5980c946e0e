// SPDX-License-Identifier: Apache-2.0
// A process is stored once: what is a copy, and what only looks like one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "history/history.h"
#include "history/import_export.h"
#include "history_file.h"

namespace derate::history {
namespace {

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

/// Equal times of another date, as simulators give them.
ProcessReport dated(const std::string& measured_at) {
  ProcessReport process = report(0.5);
  process.measured_at = measured_at;
  return process;
}

TEST_F(HistoryTest, EqualTimesOfAnotherDateAreAnotherSession) {
  History history(file(), Access::create);
  EXPECT_EQ(history.add({}, std::vector{dated("2026-03-01")}).session, 1);
  EXPECT_EQ(history.add({}, std::vector{dated("2026-03-02")}).session, 2);
  EXPECT_TRUE(history.add({}, std::vector{dated("2026-03-02")}).already_there);
  EXPECT_EQ(history.add({}, std::vector{dated("2026-03-02"), dated("2026-03-03")}).left_out, 1);
  // What does not say when it ran is a copy of what it equals.
  EXPECT_EQ(history.session_with(dated("")), 3);
}

TEST_F(HistoryTest, DatesAreExportedAndImported) {
  History history(file(), Access::create);
  (void)history.add({}, std::vector{dated("2026-03-01")});
  (void)history.add({}, std::vector{dated("2026-03-02"), report(0.7)});
  std::ofstream lines(file("lines"));
  export_lines(history, lines);
  lines.close();
  History other(file("other"), Access::create);
  EXPECT_EQ(import_lines(other, file("lines")).sessions, 2);
  EXPECT_EQ(import_lines(other, file("lines")).already_there, 2);
  EXPECT_EQ(other.session_with(dated("2026-03-02")), 2);
  EXPECT_EQ(other.session_with(dated("2026-03-04")), std::nullopt);
}

// A history that did not keep dates knows a copy by its times.
TEST_F(HistoryTest, WhatAnOlderSchemaHasIsNotAddedAgain) {
  {
    History history(file(), Access::create);
    (void)history.add({}, std::vector{report(0.5)});
  }
  run_sql(file(), "UPDATE processes SET measured_at = ''");
  History history(file(), Access::write);
  EXPECT_TRUE(history.add({}, std::vector{dated("2026-03-01")}).already_there);
}

}  // namespace
}  // namespace derate::history
