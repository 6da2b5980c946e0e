// SPDX-License-Identifier: Apache-2.0
// Records as lines of text: whole ones come as they were, in any order and beside anything; of the
// others it is said what is missing.
#include "fleet/shard_lines.h"

#include <random>
#include <sstream>

#include "unit/fleet/fleet_files.h"

namespace derate::fleet {
namespace {

class ShardLines : public test::FleetTest {
 protected:
  static std::string noise(std::size_t size) {
    std::mt19937 random(7);
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(random() % 256);
    return bytes;
  }
  /// What a node prints whose records are these.
  [[nodiscard]] std::vector<std::string> lines_of(const std::string& node,
                                                  const std::string& shard) const {
    return lines_of(add_node(node, shard));
  }
  /// The same of one that is in the fleet's folder, which it leaves.
  [[nodiscard]] std::vector<std::string> lines_of(const NodeEnd& end) const {
    const std::string& node = end.node;
    const fs::path other = fleet_ / "other";
    fs::create_directories(other);
    fs::rename(folder(node), other / node);
    std::ostringstream out;
    write_shard_lines(out, other / node, end);
    fs::remove_all(other);
    std::istringstream in(out.str());
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  /// What a start prints that began and ended at these times of a day, with an exit code.
  [[nodiscard]] std::vector<std::string> lines_of_start(const std::string& shard,
                                                        const std::string& began,
                                                        const std::string& ended,
                                                        std::int64_t exit_code) const {
    NodeEnd end = add_node("n1", shard);
    end.started_utc = "2026-01-02T" + began + "Z";
    end.ended_utc = "2026-01-02T" + ended + "Z";
    end.exit_code = exit_code;
    if (exit_code != 0) end.reason = "no luck";
    return lines_of(end);
  }
  [[nodiscard]] Gathered gathered(const std::vector<std::string>& lines) const {
    ShardGatherer gatherer;
    for (const std::string& line : lines) gatherer.take(line);
    const std::vector<Gathered> all = gatherer.keep(fleet_);
    return all.empty() ? Gathered{} : all.front();
  }
};

TEST_F(ShardLines, ComeInAnyOrderAndBesideAnything) {
  const std::string shard = noise(100'000);
  std::vector<std::string> lines = lines_of("n1", shard);
  for (const std::string& line : lines) EXPECT_LT(line.size(), 1024U);  // srun's pieces
  lines.push_back(lines.front());  // as in a log that was fetched twice
  for (std::string& line : lines) line.insert(0, "[pod/derate-x/derate] ");
  lines.emplace_back("slurmstepd: error: whatever");
  std::shuffle(lines.begin(), lines.end(), std::mt19937(1));
  EXPECT_EQ(gathered(lines).reason, "");
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::measured);
  EXPECT_EQ(read(folder("n1") / kShardFile), shard);
}

TEST_F(ShardLines, OfTheLongestNameAreShortEnough) {
  for (const std::string& line : lines_of(std::string(253, 'n'), noise(5000))) {
    EXPECT_LT(line.size(), 1024U);
  }
}

TEST_F(ShardLines, OneThatIsMissingIsSaid) {
  std::vector<std::string> lines = lines_of("n1", noise(10'000));
  lines.erase(lines.begin() + 3);
  EXPECT_FALSE(gathered(lines).is_kept);
  EXPECT_EQ(status_of_node(fleet_, "n1").reason,
            "its output was cut: 20 of 21 parts of records.jsonl.zst came");
}

TEST_F(ShardLines, OneThatWasChangedIsFoundByTheDigest) {
  std::vector<std::string> lines = lines_of("n1", noise(10'000));
  char& letter = lines[3][lines[3].size() - 10];
  letter = letter == 'A' ? 'B' : 'A';
  EXPECT_EQ(gathered(lines).reason, "records.jsonl.zst came other than node.json says");
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::failed);
}

TEST_F(ShardLines, TwoMachinesOfOneNameAreToldApart) {
  std::vector<std::string> lines = lines_of("n1", noise(1000));
  for (const std::string& line : lines_of("n1", std::string(1000, 'x'))) lines.push_back(line);
  EXPECT_EQ(gathered(lines).reason, "two machines say that they are this node");
}

TEST_F(ShardLines, OfSeveralStartsTheLatestThatMeasuredCounts) {
  // They share their first parts, as logs of both starts do; the later one's may come first.
  const std::string shard = noise(2000);
  const std::string cut = shard.substr(0, 1200);
  const std::vector<std::string> failed = lines_of_start(cut, "03:00:00", "03:10:00", 77);
  const std::vector<std::string> measured = lines_of_start(shard, "04:00:00", "04:10:00", 0);
  const std::vector<std::string> later = lines_of_start(cut, "05:00:00", "05:10:00", 77);
  using Starts = std::vector<std::vector<std::string>>;
  for (const Starts& starts : {Starts{failed, measured}, Starts{measured, failed},
                               Starts{failed, measured, later}, Starts{failed, measured, failed}}) {
    std::vector<std::string> lines;
    for (const auto& each : starts) lines.insert(lines.end(), each.begin(), each.end());
    EXPECT_EQ(gathered(lines).reason, "");
    EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::measured);
    EXPECT_EQ(read(folder("n1") / kShardFile), shard);
    fs::remove_all(folder("n1"));
  }
}

TEST_F(ShardLines, OfStartsThatFailedTheLatestIsTold) {
  std::vector<std::string> lines = lines_of_start("first", "03:00:00", "03:10:00", 77);
  for (const std::string& line : lines_of_start("later", "04:00:00", "04:10:00", 3)) {
    lines.push_back(line);
  }
  EXPECT_EQ(gathered(lines).reason, "no luck");
  EXPECT_EQ(read_node_end(folder("n1")).exit_code, 3);
}

TEST_F(ShardLines, StartsAtTheSameTimeAreOfTwoMachines) {
  std::vector<std::string> lines = lines_of_start("first", "03:00:00", "03:10:00", 77);
  for (const std::string& line : lines_of_start("other", "03:05:00", "03:15:00", 0)) {
    lines.push_back(line);
  }
  EXPECT_EQ(gathered(lines).reason, "two machines say that they are this node");
}

TEST_F(ShardLines, ANodeThatOnlyBeganOrFailedHasItsReason) {
  EXPECT_EQ(gathered({"@derate n1 begin"}).reason, "its output has no node.json");
  EXPECT_EQ(gathered({"@derate n2 begin", "@derate n2 failed 127 no program there"}).reason,
            "no program there");
  EXPECT_EQ(read_node_end(folder("n2")).exit_code, 127);
}

TEST_F(ShardLines, HarmlessNamesAlone) {
  ShardGatherer gatherer;
  gatherer.take("@derate ../n1 begin");
  gatherer.take("@derate n1 file ../x 1/1 Zg==");
  gatherer.take("@derate n2 file x 2/1 Zg==");
  gatherer.take("@derate n3 file x 1/99999999999 Zg==");
  gatherer.take("@derate n4 file x 1/1 Z");
  gatherer.take("@derate");
  for (const Gathered& each : gatherer.keep(fleet_)) EXPECT_FALSE(each.is_kept) << each.node;
  EXPECT_FALSE(fs::exists(fleet_ / "n1"));
}

TEST_F(ShardLines, AMeasuredNodeIsLeftAlone) {
  const std::vector<std::string> lines = lines_of("n1", "later");
  add_node("n1", "first");
  EXPECT_TRUE(gathered(lines).is_kept);
  EXPECT_EQ(read(folder("n1") / kShardFile), "first");
}

}  // namespace
}  // namespace derate::fleet
