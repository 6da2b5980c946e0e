// SPDX-License-Identifier: Apache-2.0
// What is planted is named, and nothing else.
#include "fleet/verdicts.h"

#include <gtest/gtest.h>

#include "unit/fleet/made_fleet.h"

namespace derate::fleet {
namespace {

using test::FleetFolder;
using test::named;
using test::says;
using test::slow_down;
using test::verdicts_on;
using Names = std::vector<std::string>;

bool is_of(const Record& record, const std::string& node, int gpu = -1) {
  return record.host_id == hash_text(node) && (gpu < 0 || record.device_index == gpu);
}

TEST(Fleet, NamesNothingWhereNothingIsWrong) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4);
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names());
  EXPECT_EQ(verdicts.counts[static_cast<std::size_t>(Verdict::healthy)], 64u);
  EXPECT_TRUE(verdicts.notes.empty()) << verdicts.notes.front();
}

TEST(Fleet, NamesASlowGpuWithItsClock) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    if (!is_of(record, "n5", 2) || record.bound != "compute") return;
    slow_down(record, 0.06);
    record.temperature_c = 84;
    record.throttle_reasons = "thermal";
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  ASSERT_EQ(named(verdicts), Names({"slow n5 GPU 2"}));
  const Finding& finding = verdicts.findings.front();
  EXPECT_EQ(finding.where, "compute");
  EXPECT_NEAR(finding.slowdown, 0.06, 0.015);
  EXPECT_GT(finding.sure, 0.99);
  EXPECT_TRUE(finding.cause.starts_with("heat: clock −")) << finding.cause;
  EXPECT_NE(finding.evidence.find("84 °C where 60 °C is usual"), std::string::npos);
}

TEST(Fleet, NamesAWholeNode) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    if (is_of(record, "n9")) slow_down(record, 0.06);
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  const Names expected = {"slow n9 GPU 0", "slow n9 GPU 1", "slow n9 GPU 2", "slow n9 GPU 3"};
  Names found = named(verdicts);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(verdicts.findings.front().cause.starts_with("whole node"));
  EXPECT_EQ(verdicts.findings.front().where, "all");
}

TEST(Fleet, TellsMemoryFromLinks) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    if (is_of(record, "n2", 0) && record.bound == "memory") slow_down(record, 0.08);
    if (is_of(record, "n3", 1) && record.bound == "link") {
      slow_down(record, 0.5);
      record.pcie_link = "4 x8";
      record.pcie_link_maximum = "5 x16";
    }
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  ASSERT_EQ(named(verdicts), Names({"slow n3 GPU 1", "slow n2 GPU 0"}));
  EXPECT_EQ(verdicts.findings[0].cause, "link 4 x8 of 5 x16");
  EXPECT_EQ(verdicts.findings[1].cause, "memory (HBM)");
}

TEST(Fleet, NamesOneThatComesAndGoes) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    if (is_of(record, "n4", 3) && record.time_utc == "2026-11-30T10:01:00Z") {
      slow_down(record, 0.2);
    }
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names({"unstable n4 GPU 3"}));
}

TEST(Fleet, NamesAFewThatAreSetUpOtherwise) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    if (is_of(record, "n6", 1)) record.power_cap_w = 500;
    if (is_of(record, "n7", 1)) record.library = record.library.empty() ? "" : "cuBLAS 12.9.0";
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  Names found = named(verdicts);
  std::sort(found.begin(), found.end());
  ASSERT_EQ(found, Names({"different n6 GPU 1", "different n7 GPU 1"}));
  Names evidence = {verdicts.findings[0].evidence, verdicts.findings[1].evidence};
  EXPECT_TRUE(says(evidence, "power cap 500 W where 62 of 64 have 700 W")) << evidence[0];
  EXPECT_TRUE(says(evidence, "library cuBLAS 12.9.0")) << evidence[1];
}

TEST(Fleet, MakesGroupsOfMany) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 16, 4, [](Record& record) {
    for (const char* const node : {"n1", "n2", "n3", "n4"}) {
      if (!is_of(record, node)) continue;
      record.power_cap_w = 500;
      slow_down(record, 0.2);
    }
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names());
  ASSERT_EQ(verdicts.groups.size(), 2u);
  EXPECT_EQ(verdicts.groups[0].group.name, "Example GPU (power cap 700 W)");
  EXPECT_EQ(verdicts.groups[1].group.gpus.size(), 16u);
}

TEST(Fleet, SaysNothingOfTwo) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 1, 2, [](Record& record) {
    if (record.device_index == 1) slow_down(record, 0.3);
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names());
  EXPECT_EQ(verdicts.counts[static_cast<std::size_t>(Verdict::not_judged)], 2u);
  ASSERT_EQ(verdicts.groups.size(), 1u);
  EXPECT_TRUE(says(verdicts.groups[0].notes, "nobody can tell which of the two is right"));
}

TEST(Fleet, KeepsProductsAndSlicesApart) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4, [](Record& record) {
    if (record.device_index == 3) {
      record.device_name = "Other GPU";
      slow_down(record, 0.4);
    }
    if (is_of(record, "n12")) {
      record.device_name = "Example GPU MIG 1g.18gb";
      slow_down(record, 0.85);
    }
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  for (const Finding& each : verdicts.findings) {
    EXPECT_NE(each.verdict, Verdict::slow) << each.node << each.gpu;
  }
  EXPECT_TRUE(says(verdicts.notes, "nodes with two products"));
  EXPECT_TRUE(says(verdicts.notes, "4 MIG slices"));
}

TEST(Fleet, NamesWhatIsMissing) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4);
  std::filesystem::remove_all(node_folder(folder.path(), "n2"));
  std::filesystem::remove(node_folder(folder.path(), "n3") / kNodeEndFile);
  std::filesystem::remove(node_folder(folder.path(), "n4") / kShardFile);
  write_node_end(node_folder(folder.path(), "n4"), {"n4",
                                                    "2026-11-30T09:59:30Z",
                                                    "2026-11-30T09:59:31Z",
                                                    127,
                                                    "the program derate did not start on this node",
                                                    {}});
  test::write_fleet_node(folder.path(), "n5", test::node_records("n5", 3));
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  Names found = named(verdicts);
  std::sort(found.begin(), found.end());
  ASSERT_EQ(found, Names({"missing n2", "missing n3", "missing n4", "missing n5"}));
  Names evidence;
  for (std::size_t i = 0; i < 4; ++i) evidence.push_back(verdicts.findings[i].evidence);
  EXPECT_TRUE(says(evidence, "nothing of it is there"));
  EXPECT_TRUE(says(evidence, "it still runs, or was killed; its 96 records are used"));
  EXPECT_TRUE(says(evidence, "did not start on this node"));
  EXPECT_TRUE(says(evidence, "has 3 Example GPU where 10 of 11 nodes have 4") ||
              says(evidence, "has 3 Example GPU where 9 of 10 nodes have 4"));
}

/// Evidence of the finding on a node itself; empty without one.
std::string said_of(const FleetVerdicts& verdicts, const std::string& node) {
  for (const Finding& each : verdicts.findings) {
    if (each.node == node && each.gpu < 0) return each.evidence;
  }
  return "";
}

TEST(Fleet, SaysWhyANodeThatEndedWellHasNoRecords) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4);
  const auto shard_of = [&](const char* node) {
    return node_folder(folder.path(), node) / kShardFile;
  };
  test::write_text(shard_of("n2"), "flipped from its first byte on");
  test::write_text(shard_of("n3"), "");
  std::filesystem::remove(shard_of("n4"));
  std::filesystem::remove(shard_of("n5"));
  std::filesystem::create_directory(shard_of("n5"));
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  const std::string well = "its run ended well, but records.jsonl.zst ";
  EXPECT_TRUE(said_of(verdicts, "n2").starts_with(well + "is cut: 30 of "))
      << said_of(verdicts, "n2");
  EXPECT_TRUE(said_of(verdicts, "n3").starts_with(well + "is cut: 0 of "));
  EXPECT_EQ(said_of(verdicts, "n4"), well + "is missing; node.json names it");
  EXPECT_EQ(said_of(verdicts, "n5"), well + "is a folder, not a file; node.json names it");
}

TEST(Fleet, ReportsNodesThatAllFailed) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 3, 1);
  for (const char* const node : {"n1", "n2", "n3"}) {
    std::filesystem::remove(node_folder(folder.path(), node) / kShardFile);
    write_node_end(node_folder(folder.path(), node), {node,
                                                      "2026-11-30T09:59:30Z",
                                                      "2026-11-30T09:59:31Z",
                                                      3,
                                                      std::string("no driver on ") + node,
                                                      {}});
  }
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names({"missing n1", "missing n2", "missing n3"}));
  EXPECT_EQ(said_of(verdicts, "n2"), "no driver on n2");
}

TEST(Fleet, RefusesTheEndOfAnotherNode) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4);
  std::filesystem::copy_file(node_folder(folder.path(), "n3") / kNodeEndFile,
                             node_folder(folder.path(), "n2") / kNodeEndFile,
                             std::filesystem::copy_options::overwrite_existing);
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(said_of(verdicts, "n2"), "its node.json is of node n3; its 96 records are used");
  EXPECT_EQ(verdicts.findings.front().cause, "end not known");
}

// One row that fails is told of by its GPU; a launcher's node.json, without files, is of a node
// that was killed.
TEST(Fleet, MissesNoNodeOnWhichARowFailed) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4);
  std::vector<Record> records = test::node_records("n2", 4);
  records.back().outcome = "failed";
  records.back().message = "refused by the library";
  test::write_fleet_node(folder.path(), "n2", records, true, 1, "1 row failed");
  write_node_end(node_folder(folder.path(), "n3"),
                 {"n3", "2026-11-30T09:59:30Z", "2026-11-30T09:59:31Z", 1, "it was killed", {}});
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(said_of(verdicts, "n2"), "");
  EXPECT_EQ(said_of(verdicts, "n3"), "it was killed; its 96 records are used");
}

TEST(Fleet, MissesNothingOfTwoFleetsOfTheSameNames) {
  const FleetFolder folder;
  test::write_fleet(folder.path() / "f", 6, 4);
  test::write_fleet(folder.path() / "g", 6, 4, [](Record& record) {
    record.host_id = hash_text(record.host_id);
    record.device_id = hash_text(record.device_id);
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path() / "f", folder.path() / "g"});
  EXPECT_EQ(named(verdicts), Names());
  EXPECT_EQ(verdicts.nodes_measured, 12u);
  EXPECT_EQ(verdicts.nodes_expected, 12u);
  EXPECT_TRUE(says(verdicts.notes, "2 machines each are called n1, n2, n3, n4, n5 and n6"));
}

TEST(Fleet, NamesFaultsWhateverTheyDeliver) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4, [](Record& record) {
    if (!is_of(record, "n8", 0) || record.problem != "n:1") return;
    record.outcome = "incorrect";
    record.message = "element 7 is off";
    record.samples_s.clear();
    record.clocks_hz.clear();
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  ASSERT_EQ(named(verdicts), Names({"faulty n8 GPU 0"}));
  EXPECT_EQ(verdicts.findings.front().evidence,
            "wrong results in 3 of 24 rounds: element 7 is off");
}

TEST(Fleet, DoesNotBlameADisturbedGpu) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4, [](Record& record) {
    if (!is_of(record, "n8", 0)) return;
    slow_down(record, 0.3);
    record.others_share = 0.3;
  });
  EXPECT_EQ(named(verdicts_on({folder.path()})), Names({"disturbed n8 GPU 0"}));
}

TEST(Fleet, TellsOfClocksThatDiffer) {
  const FleetFolder folder;
  test::write_fleet(folder.path(), 12, 4, [](Record& record) {
    if (is_of(record, "n1")) record.time_utc = "2026-11-30T04:00:00Z";
    if (is_of(record, "n2")) record.time_utc = "2096-11-30T04:00:00Z";
    if (is_of(record, "n3")) record.time_utc = "2026-11-30T15:00:00Z";
  });
  const FleetVerdicts verdicts = verdicts_on({folder.path()});
  EXPECT_EQ(named(verdicts), Names());
  EXPECT_TRUE(says(verdicts.notes, "the clock is behind: n1 (6.0 h)"));
  EXPECT_TRUE(says(verdicts.notes, "the clock is ahead: n2 ("));
  EXPECT_TRUE(says(verdicts.notes, "or the clock differs: n3 (5.0 h after)"));
}

}  // namespace
}  // namespace derate::fleet
