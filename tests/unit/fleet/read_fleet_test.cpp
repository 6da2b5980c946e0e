// SPDX-License-Identifier: Apache-2.0
// Shards that are cut, changed, mixed or there twice: what is good of them is used, and they are
// named.
#include "fleet/read_fleet.h"

#include <gtest/gtest.h>

#include "derate/error.h"
#include "unit/fleet/made_fleet.h"

namespace derate::fleet {
namespace {

using test::FleetFolder;
using test::lines_of;
using test::node_records;
using test::read_text;
using test::says;
using test::write_text;

constexpr std::int64_t kRecordsOfGpu = 3 * test::kRowsOfGpu;

TEST(ReadFleet, ReadsEveryForm) {
  const FleetFolder folder;
  test::write_fleet(folder.path() / "fleet", 2, 2);
  write_text(folder.path() / "run" / "records.jsonl", lines_of(node_records("r1", 1)));
  write_text(folder.path() / "single.jsonl", lines_of(node_records("s1", 1)));
  const FleetRecords records =
      read_fleet({folder.path() / "fleet", folder.path() / "run", folder.path() / "single.jsonl"});
  EXPECT_EQ(records.records, 6 * kRecordsOfGpu);
  std::vector<std::string> names;
  for (const Node& node : records.data.nodes()) names.push_back(node.name);
  EXPECT_EQ(names, (std::vector<std::string>{"n1", "n2", "run", "single"}));
  EXPECT_TRUE(records.faults.empty());
}

TEST(ReadFleet, TakesAFileOfManyNodesApart) {
  const FleetFolder folder;
  write_text(folder.path() / "all.jsonl",
             lines_of(node_records("a", 2)) + lines_of(node_records("b", 2)));
  const FleetRecords records = read_fleet({folder.path() / "all.jsonl"});
  ASSERT_EQ(records.data.nodes().size(), 2u);
  EXPECT_EQ(records.data.nodes()[0].name, hash_text("a").substr(0, 8));
  EXPECT_EQ(records.data.gpus().size(), 4u);
}

TEST(ReadFleet, NamesACutShardAndUsesItsBeginning) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 3, 8);
  const std::filesystem::path shard = node_folder(folder.path(), "n2") / kShardFile;
  const std::string whole = read_text(shard);
  write_text(shard, whole.substr(0, whole.size() / 2));
  const FleetRecords records = read_fleet({folder.path()});
  ASSERT_EQ(records.faults.size(), 1u);
  EXPECT_TRUE(records.faults[0].what.starts_with("is cut: " + std::to_string(whole.size() / 2) +
                                                 " of " + std::to_string(whole.size())))
      << records.faults[0].what;
  EXPECT_EQ(records.records, 2 * 8 * kRecordsOfGpu + records.faults[0].records);
}

TEST(ReadFleet, NamesADamagedAndAChangedShard) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 4, 2);
  const std::filesystem::path damaged = node_folder(folder.path(), "n2") / kShardFile;
  std::string bytes = read_text(damaged);
  bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 0x55);  // the checksum
  write_text(damaged, bytes);
  const std::filesystem::path other = node_folder(folder.path(), "n3") / kShardFile;
  write_text(other, read_text(node_folder(folder.path(), "n4") / kShardFile));
  const FleetRecords records = read_fleet({folder.path()});
  ASSERT_EQ(records.faults.size(), 2u);
  EXPECT_TRUE(records.faults[0].what.starts_with("is damaged: ")) << records.faults[0].what;
  EXPECT_NE(records.faults[1].what.find("digest"), std::string::npos) << records.faults[1].what;
}

TEST(ReadFleet, NamesLinesOfOtherVersions) {
  const FleetFolder folder;
  std::string lines = lines_of(node_records("a", 1));
  const std::string newer = "{\"schema\": 999}\n";
  write_text(folder.path() / "a.jsonl", lines + newer);
  const FleetRecords records = read_fleet({folder.path() / "a.jsonl"});
  ASSERT_EQ(records.faults.size(), 1u);
  EXPECT_TRUE(
      records.faults[0].what.starts_with("has 1 line that is no record: line 25: schema 999"))
      << records.faults[0].what;
  EXPECT_EQ(records.records, kRecordsOfGpu);
}

TEST(ReadFleet, KeepsTwoMachinesOfOneNameApart) {
  const FleetFolder folder;
  write_text(folder.path() / "x" / "gpu" / "records.jsonl", lines_of(node_records("a", 1)));
  write_text(folder.path() / "y" / "gpu" / "records.jsonl", lines_of(node_records("b", 1)));
  const FleetRecords records =
      read_fleet({folder.path() / "x" / "gpu", folder.path() / "y" / "gpu"});
  ASSERT_EQ(records.data.nodes().size(), 2u);
  EXPECT_EQ(records.data.nodes()[0].name, "gpu (" + hash_text("a").substr(0, 8) + ")");
  EXPECT_TRUE(says(records.notes, "2 machines are called gpu"));
}

TEST(ReadFleet, CountsRecordsOnce) {
  const FleetFolder folder;
  const std::string lines = lines_of(node_records("a", 1));
  write_text(folder.path() / "a.jsonl", lines + lines);
  const FleetRecords records = read_fleet({folder.path() / "a.jsonl"});
  EXPECT_EQ(records.duplicates, kRecordsOfGpu);
  EXPECT_EQ(records.data.gpus()[0].cells[0].rounds, 3u);
}

TEST(ReadFleet, RefusesWhatHoldsNothing) {
  const FleetFolder folder;
  const auto code_of = [](const std::filesystem::path& path) {
    try {
      (void)read_fleet({path});
      return ExitCode::ok;
    } catch (const Error& error) {
      return error.code();
    }
  };
  EXPECT_EQ(code_of(folder.path()), ExitCode::invalid_input);
  EXPECT_EQ(code_of(folder.path() / "absent"), ExitCode::invalid_input);
  write_text(folder.path() / "a.jsonl", "no JSON\n");
  EXPECT_EQ(code_of(folder.path() / "a.jsonl"), ExitCode::invalid_input);
  write_text(folder.path() / "a.jsonl.zst", "no zstd\n");
  EXPECT_EQ(code_of(folder.path() / "a.jsonl.zst"), ExitCode::invalid_input);
}

// However many records there are, only so many rounds of each row are kept.
TEST(ReadFleet, KeepsASampleOfManyRounds) {
  FleetData data;
  const std::uint32_t node = data.node_of("a");
  for (int round = 0; round < 200; ++round) {
    Record record = test::fleet_record("a", 0, 0);
    record.run = std::to_string(round);
    record.samples_s.assign(3, round % 2 == 0 ? 1e-3 : 1.02e-3);
    record.clocks_hz.assign(3, 1.7e9);
    EXPECT_TRUE(data.add(record, node));
  }
  const Cell& cell = data.gpus()[0].cells[0];
  EXPECT_EQ(cell.rounds, 200u);
  const double rate = std::exp(level_of(cell, data.rows()[0]));
  EXPECT_GT(rate, 1e12 / 1.02e-3 * 0.999);
  EXPECT_LT(rate, 1e12 / 1e-3 * 1.001);
  EXPECT_GT(variance_of(cell), 0);
}

}  // namespace
}  // namespace derate::fleet
