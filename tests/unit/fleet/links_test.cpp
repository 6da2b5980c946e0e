// SPDX-License-Identifier: Apache-2.0
// Files of ranks read together: what passed since, who has no end, and lines that are none.
#include "fleet/links.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "record/link_record.h"
#include "unit/own_path.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

LinkRecord link_between(std::vector<std::string> nodes, double time_s,
                        const std::string& start = "a") {
  LinkRecord record;
  record.scope = nodes.size() == 1 ? LinkScope::node : LinkScope::pair;
  record.devices = 8 * static_cast<std::int64_t>(nodes.size());
  record.nodes = std::move(nodes);
  record.bytes = 1 << 20;
  record.launches = 4;
  record.samples_s = {time_s};
  record.outcome = "passed";
  record.library = "NCCL 2.28.9";
  record.start = start;
  record.time_utc = "2026-11-30T12:00:00Z";
  return record;
}

LinkRecord failed_between(std::vector<std::string> nodes, const std::string& reason) {
  LinkRecord record = link_between(std::move(nodes), 1e-3);
  record.outcome = "failed";
  record.samples_s.clear();
  record.reason = reason;
  return record;
}

LinkEnd ended(const std::string& node, int rank, const std::string& start,
              const std::string& reason = "", int ranks = 3) {
  return {node, rank, ranks, reason.empty() ? 0 : 1, reason, start, "2026-11-30T12:01:00Z"};
}

/// The same a day later.
template <typename Line>
Line next_day(Line line) {
  line.time_utc.replace(0, 10, "2026-12-01");
  return line;
}

class FleetLinksTest : public testing::Test {
 protected:
  FleetLinksTest() { fs::create_directories(folder_); }
  ~FleetLinksTest() override { fs::remove_all(folder_); }

  void add(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / file, std::ios::app) << text;
  }
  void add(const std::string& file, const LinkLine& line) const {
    add(file, to_json_line(line) + "\n");
  }

  fs::path folder_ = test::own_path("links");
};

TEST_F(FleetLinksTest, AreReadFromTheFilesOfAllRanks) {
  add("n1-0.jsonl", link_between({"n1"}, 1e-3));
  add("n1-0.jsonl", link_between({"n1", "n10"}, 2e-3));
  add("n1-0.jsonl", ended("n1", 0, "a"));
  add("n10-2.jsonl", ended("n10", 2, "a"));
  add("n2-1.jsonl", link_between({"n2", "n1"}, 4e-3));
  add("n2-1.jsonl", ended("n2", 1, "a"));
  const FleetLinks links = read_fleet_links(folder_);
  EXPECT_EQ(links.pairs.nodes(), (std::vector<std::string>{"n1", "n2", "n10"}));
  EXPECT_EQ(links.devices_per_node, 8);
  EXPECT_DOUBLE_EQ(links.pairs.bytes_per_s(0, 2), (1 << 20) / 2e-3 * 30 / 16);
  EXPECT_DOUBLE_EQ(links.pairs.bytes_per_s(0, 1), (1 << 20) / 4e-3 * 30 / 16);
  EXPECT_DOUBLE_EQ(links.alone_bytes_per_s[0], (1 << 20) / 1e-3 * 14 / 8);
  EXPECT_TRUE(std::isnan(links.alone_bytes_per_s[1]));
  EXPECT_TRUE(links.troubles.empty());
  EXPECT_TRUE(links.bad.empty());
}

TEST_F(FleetLinksTest, ForgetAFailureThatPassedSince) {
  add("n1-0.jsonl", failed_between({"n1", "n2"}, "n2: a link is stuck"));
  add("n1-0.jsonl", failed_between({"n1", "n3"}, "n3: out of memory"));
  add("n1-0.jsonl", ended("n1", 0, "a"));
  add("n1-0.jsonl", link_between({"n1", "n2"}, 1e-3, "b"));
  add("n1-0.jsonl", ended("n1", 0, "b"));
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.troubles.size(), 1U);
  EXPECT_EQ(links.troubles[0].who, "n1 and n3");
  EXPECT_EQ(links.troubles[0].reason, "failed: n3: out of memory");
}

TEST_F(FleetLinksTest, ForgetAFailureThatPassedSinceInAnotherFile) {
  // The names are in the order of ranks, which a later start may have given otherwise.
  add("n1-0.jsonl", next_day(link_between({"n1", "n2"}, 1e-3, "b")));
  add("n1-0.jsonl", next_day(failed_between({"n1", "n3"}, "n3: a link is stuck")));
  add("n2-0.jsonl", failed_between({"n2", "n1"}, "n1: out of memory"));
  add("n3-0.jsonl", link_between({"n3", "n1"}, 1e-3));
  for (const char* name : {"n1", "n2", "n3"}) {
    add(std::string(name) + "-0.jsonl", next_day(ended(name, 0, "b")));
  }
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.troubles.size(), 1U);
  EXPECT_EQ(links.troubles[0].who, "n1 and n3") << "it passed before, but not since";
}

TEST_F(FleetLinksTest, TakeTheLastFigureOfAllNodesTogether) {
  const auto all = [](double time_s) {
    LinkRecord record = link_between({"n1", "n2", "n3"}, time_s);
    record.scope = LinkScope::all;
    return record;
  };
  add("n1-0.jsonl", next_day(all(2e-3)));
  add("n2-0.jsonl", all(1e-3));
  EXPECT_DOUBLE_EQ(read_fleet_links(folder_).all_bytes_per_s, (1 << 20) / 2e-3 * 46 / 24);
}

TEST_F(FleetLinksTest, JudgeTheEndsOfTheLastStart) {
  // Slurm gave the ranks otherwise: files of the first start stay without an end for ever.
  add("n1-0.jsonl", ended("n1", 0, "a", "a rank did not come to round 2 within 120 s"));
  add("n2-1.jsonl", link_between({"n2", "n3"}, 1e-3));
  add("n3-2.jsonl", "");
  add("n4-3.jsonl", "");
  add("n2-0.jsonl", next_day(link_between({"n2", "n1"}, 1e-3, "b")));
  add("n2-0.jsonl", next_day(ended("n2", 0, "b")));
  add("n3-1.jsonl", next_day(ended("n3", 1, "b")));
  add("n1-2.jsonl", next_day(ended("n1", 2, "b")));
  EXPECT_TRUE(read_fleet_links(folder_).troubles.empty());
  add("n1-2.jsonl", next_day(next_day(ended("n1", 2, "b", "out of memory"))));
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.troubles.size(), 1U);
  EXPECT_EQ(links.troubles[0].who, "n1-2");
}

TEST_F(FleetLinksTest, NameRanksOfWhichTheLastStartHasNoLine) {
  add("n1-0.jsonl", link_between({"n1", "n2"}, 1e-3));
  add("n1-0.jsonl", next_day(ended("n1", 0, "b")));
  add("n2-1.jsonl", ended("n2", 1, "a"));
  add("n3-2.jsonl", ended("n3", 2, "a"));
  add("n4-2.jsonl", "");
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.troubles.size(), 1U);
  EXPECT_EQ(links.troubles[0].who, "n2-1, n3-2 or n4-2");
  EXPECT_EQ(links.troubles[0].reason, "was ended by force, or still measures");
}

TEST_F(FleetLinksTest, NameRanksWithoutAnEndAndThoseThatEndedBadly) {
  const std::string reason = "a rank did not come to round 2 within 120 s";
  add("n1-0.jsonl", link_between({"n1", "n2"}, 1e-3));
  add("n1-0.jsonl", next_day(ended("n1", 0, "b", reason, 4)));
  add("n2-1.jsonl", next_day(ended("n2", 1, "b", reason, 4)));
  add("n3-2.jsonl", ended("n3", 2, "a", "", 4));
  add("n3-2.jsonl", next_day(link_between({"n3", "n4"}, 1e-3, "b")));
  add("n4-3.jsonl", "");
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.troubles.size(), 2U);
  EXPECT_EQ(links.troubles[0].who, "n1-0, n2-1");
  EXPECT_EQ(links.troubles[1].who, "n3-2, n4-3") << "the start after the one that ended has no end";
  EXPECT_EQ(links.troubles[1].reason, "was ended by force, or still measures");
}

TEST_F(FleetLinksTest, LeaveOutOtherSizesThanMost) {
  add("n1-0.jsonl", link_between({"n1", "n2"}, 1e-3));
  add("n1-0.jsonl", link_between({"n1", "n3"}, 1e-3));
  LinkRecord other = link_between({"n2", "n3"}, 1e-3);
  other.bytes *= 2;
  add("n1-0.jsonl", other);
  add("n1-0.jsonl", ended("n1", 0, "a"));
  const FleetLinks links = read_fleet_links(folder_);
  EXPECT_EQ(links.left_out, 1U);
  EXPECT_EQ(links.pairs.times(1, 2), 0U);
  EXPECT_EQ(links.bytes, 1 << 20);
}

TEST_F(FleetLinksTest, NameLinesThatAreNone) {
  add("n1-0.jsonl", link_between({"n1", "n2"}, 1e-3));
  add("n1-0.jsonl", "{\"schema\":1,\"kind\":\"link\"}\n");
  add("n1-0.jsonl", "{\"schema\":1,\"ki");
  const FleetLinks links = read_fleet_links(folder_);
  ASSERT_EQ(links.bad.size(), 2U);
  EXPECT_EQ(links.bad[0].line, 2);
  EXPECT_EQ(links.bad[0].reason, "field \"scope\" is missing");
  EXPECT_EQ(links.bad[1].line, 3);
  EXPECT_TRUE(links.bad[1].reason.starts_with("truncated: not JSON"));
}

TEST_F(FleetLinksTest, RefuseAFolderWithoutAny) {
  const auto refused = [&] {
    try {
      static_cast<void>(read_fleet_links(folder_));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused(), folder_.string() + " holds no measurement between nodes");
  add("n1-0.jsonl", ended("n1", 0, "a", "rank 1 of 2 did not come within 300 s"));
  EXPECT_EQ(refused(), folder_.string() +
                           " holds no measurement between nodes: n1-0: rank 1 of 2 "
                           "did not come within 300 s");
}

TEST_F(FleetLinksTest, JudgeANodeBySelfAndWithOthers) {
  constexpr int kNodes = 8;
  for (int one = 0; one < kNodes; ++one) {
    const auto name = [](int node) { return "n" + std::to_string(node + 1); };
    add("n1-0.jsonl", link_between({name(one)}, one == 4 ? 2e-3 : 1e-3 * (1 + 1e-4 * one)));
    for (int other = one + 1; other < kNodes; ++other) {
      const double slow = one == 1 || other == 1 ? 1.5 : 1;
      add("n1-0.jsonl",
          link_between({name(one), name(other)}, 1e-3 * slow * (1 + 1e-4 * (one ^ other))));
    }
  }
  const FleetLinks links = read_fleet_links(folder_);
  const std::vector<LinkNodeRow> rows = judge_link_nodes(links, fit_pairs(links.pairs));
  ASSERT_EQ(rows.size(), 8U);
  EXPECT_EQ(rows[1].verdict, PairVerdict::slow);
  EXPECT_EQ(rows[1].reason, "with others");
  EXPECT_EQ(rows[4].verdict, PairVerdict::slow);
  EXPECT_EQ(rows[4].reason, "alone");
  EXPECT_NEAR(rows[4].alone_effect, -0.5, 0.01);
  EXPECT_EQ(rows[0].verdict, PairVerdict::healthy);
  // By itself it has half of the bandwidth: that is what is not to count here.
  const std::vector<LinkNodeRow> lenient = judge_link_nodes(links, fit_pairs(links.pairs, 0.6));
  EXPECT_EQ(lenient[4].verdict, PairVerdict::healthy);
  EXPECT_EQ(lenient[4].reason, "");
}

}  // namespace
}  // namespace derate::fleet
