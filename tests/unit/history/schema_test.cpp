// SPDX-License-Identifier: Apache-2.0
// Files of an older or newer schema, and files that are no histories.
#include "history/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "history/history.h"
#include "history_file.h"

namespace derate::history {
namespace {

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
  EXPECT_EQ(history.database().integer("PRAGMA user_version"), 4);
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
  EXPECT_NE(said.find("newer derate (its schema is 99, this one knows 4)"), std::string::npos)
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

}  // namespace
}  // namespace derate::history
