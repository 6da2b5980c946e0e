// SPDX-License-Identifier: Apache-2.0
// Shards that are cut, changed, mixed or there twice: what is good of them is used, and they are
// named.
#include "fleet/read_fleet.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

std::vector<std::string> names_of(const FleetRecords& records) {
  std::vector<std::string> names;
  for (const Node& node : records.data.nodes()) names.push_back(node.name);
  return names;
}

/// Records of a machine that was copied: all have one host_id, or none.
std::vector<Record> copied_records(const std::string& node, int gpus, const std::string& host,
                                   bool has_device_ids = true) {
  return node_records(node, gpus, 3, [&](Record& record) {
    record.host_id = host;
    if (!has_device_ids) record.device_id.clear();
  });
}

/// Root may read everything, so that nothing would be refused.
class AsNobody {
 public:
  AsNobody() = default;
  ~AsNobody() { EXPECT_EQ(::seteuid(user_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

  [[nodiscard]] bool may_be_refused() const { return may_be_refused_; }

 private:
  uid_t user_ = ::geteuid();
  bool may_be_refused_ = user_ != 0 || ::seteuid(65534) == 0;
};

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

// Machines of one image share their host_id; old records have none.
TEST(ReadFleet, KeepsFoldersOfOneHostApart) {
  for (const std::string& host : {hash_text("image"), std::string()}) {
    for (const bool has_device_ids : {true, false}) {
      const FleetFolder folder;
      for (const char* const node : {"a", "b", "c"}) {
        write_text(folder.path() / node / "records.jsonl",
                   lines_of(copied_records(node, 2, host, has_device_ids)));
      }
      const FleetRecords records = read_fleet({folder.path()});
      EXPECT_EQ(names_of(records), (std::vector<std::string>{"a", "b", "c"}));
      EXPECT_EQ(records.data.gpus().size(), 6u);
      EXPECT_TRUE(says(records.notes, host.empty() ? "3 machines have no host_id"
                                                   : "3 machines have the host_id"));
    }
  }
}

TEST(ReadFleet, KeepsDevicesAndRepetitionsOfOneHostTogether) {
  const FleetFolder folder;
  const std::vector<Record> all = node_records("a", 2);
  const std::vector<Record> first(all.begin(), all.begin() + kRecordsOfGpu);
  const std::vector<Record> second(all.begin() + kRecordsOfGpu, all.end());
  write_text(folder.path() / "node" / "gpu0" / "records.jsonl", lines_of(first));
  write_text(folder.path() / "node" / "gpu1" / "records.jsonl", lines_of(second));
  write_text(folder.path() / "node" / "gpu1_again" / "records.jsonl", lines_of(second));
  const FleetRecords records = read_fleet({folder.path() / "node"});
  EXPECT_EQ(names_of(records), std::vector<std::string>{"node"});
  EXPECT_EQ(records.data.gpus().size(), 2u);
  EXPECT_TRUE(records.notes.empty());
}

TEST(ReadFleet, KeepsTwoFleetsOfTheSameNamesApart) {
  for (const std::string& host : {hash_text("image"), std::string()}) {
    const FleetFolder folder;
    for (const char* const fleet : {"f", "g"}) {
      FleetManifest manifest{"0.1.0", "slurm", "2026-11-30T09:59:00Z", {"n1", "n2"}, 2, {}, {}};
      manifest.switches = {{"n1", std::string("switch of ") + fleet}};
      write_text(folder.path() / fleet / "x", "");
      write_manifest(folder.path() / fleet, manifest);
      test::write_fleet_node(folder.path() / fleet, "n1",
                             copied_records(std::string(fleet) + "1", 2, host));
    }
    const FleetRecords records = read_fleet({folder.path() / "f", folder.path() / "g"});
    const std::string of_f = "n1 (" + (folder.path() / "f").string() + ")";
    const std::string of_g = "n1 (" + (folder.path() / "g").string() + ")";
    EXPECT_EQ(names_of(records), (std::vector<std::string>{of_f, of_g}));
    EXPECT_EQ(records.switches.at(of_f), "switch of f");
    EXPECT_EQ(records.switches.at(of_g), "switch of g");
    ASSERT_EQ(records.expected.size(), 4u);
    EXPECT_EQ(records.expected[2].name, of_g);
    EXPECT_EQ(records.expected[2].records, 2 * kRecordsOfGpu);
    EXPECT_TRUE(records.expected[1].name.starts_with("n2 (")) << records.expected[1].name;
  }
}

TEST(ReadFleet, ExpectsANodeOnceThatTwoSweepsMeasured) {
  const FleetFolder folder;
  test::write_fleet(folder.path() / "f", 3, 2);
  test::write_fleet(folder.path() / "g", 3, 2, [](Record& record) { record.run = "later"; });
  const FleetRecords records = read_fleet({folder.path() / "f", folder.path() / "g"});
  EXPECT_EQ(names_of(records), (std::vector<std::string>{"n1", "n2", "n3"}));
  EXPECT_EQ(records.expected_count, 3);
  EXPECT_EQ(records.data.gpus().size(), 6u);
}

TEST(ReadFleet, ReadsOnceWhatIsNamedTwice) {
  const FleetFolder folder;
  const std::filesystem::path fleet = folder.path() / "f";
  test::write_fleet(fleet, 3, 2);
  const FleetRecords twice = read_fleet({fleet, folder.path() / "." / "f"});
  EXPECT_EQ(twice.records, 6 * kRecordsOfGpu);
  EXPECT_EQ(twice.expected_count, 3);
  EXPECT_TRUE(says(twice.notes, "named twice"));
  const FleetRecords inside = read_fleet({fleet / "nodes" / "n1", fleet});
  EXPECT_EQ(inside.records, 6 * kRecordsOfGpu);
  EXPECT_EQ(names_of(inside), (std::vector<std::string>{"n1", "n2", "n3"}));
}

TEST(ReadFleet, NamesWhatItMayNotRead) {
  ::umask(022);  // nobody may read what root makes
  const FleetFolder folder;
  test::write_fleet(folder.path() / "f", 3, 1);
  for (const char* const node : {"a", "b"}) {
    write_text(folder.path() / "plain" / node / "records.jsonl", lines_of(node_records(node, 1)));
  }
  const auto forbid = [](const std::filesystem::path& path) {
    std::filesystem::permissions(path, std::filesystem::perms::none);
  };
  forbid(node_folder(folder.path() / "f", "n2"));
  forbid(node_folder(folder.path() / "f", "n3") / kShardFile);
  forbid(folder.path() / "plain" / "b");
  const AsNobody nobody;
  if (!nobody.may_be_refused()) GTEST_SKIP() << "root may become nobody else here (an emulator)";
  const FleetRecords plain = read_fleet({folder.path() / "plain"});
  ASSERT_EQ(plain.faults.size(), 1u);
  EXPECT_EQ(plain.faults[0].path, (folder.path() / "plain" / "b").string());
  EXPECT_EQ(plain.faults[0].what, "cannot be read: Permission denied");
  const FleetRecords fleet = read_fleet({folder.path() / "f"});
  ASSERT_EQ(fleet.faults.size(), 2u);
  EXPECT_EQ(fleet.faults[0].source, "n2");
  EXPECT_EQ(fleet.faults[1].what, "cannot be read: Permission denied; nothing of it is used");
  EXPECT_EQ(fleet.expected[1].reason, "its folder cannot be read: Permission denied");
}

TEST(ReadFleet, WaitsForNoPipeThatLiesInAFolder) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 3, 1);
  const auto make_pipe = [&](const std::filesystem::path& path) {
    std::filesystem::remove(path);
    std::filesystem::create_directories(path.parent_path());
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  };
  make_pipe(node_folder(folder.path(), "n1") / kNodeEndFile);
  make_pipe(node_folder(folder.path(), "n2") / kShardFile);
  make_pipe(folder.path() / "links" / "z.jsonl");
  const FleetRecords records = read_fleet({folder.path()});
  EXPECT_EQ(records.expected[0].reason, "its node.json is a pipe, not a file");
  ASSERT_EQ(records.faults.size(), 2u);
  EXPECT_EQ(records.faults[0].what, "is a pipe, not a file");
  EXPECT_EQ(records.faults[1].source, "links");
  EXPECT_TRUE(records.links.empty());
}

TEST(ReadFleet, TellsOfRecordsInAFolderThatIsNoNode) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 3, 1);
  write_text(folder.path() / "nodes" / "n 4" / "records.jsonl", lines_of(node_records("n4", 1)));
  const FleetRecords records = read_fleet({folder.path()});
  EXPECT_TRUE(says(records.notes, "n 4 is left out, since its name is no node's"));
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
