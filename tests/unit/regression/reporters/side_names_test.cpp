// SPDX-License-Identifier: Apache-2.0
// Command lines as a sentence names them.
#include "regression/reporters/side_names.h"

#include <gtest/gtest.h>

namespace derate::outputs {
namespace {

constexpr const char* kFlags = " --benchmark_filter={filter} --benchmark_format=json";

TEST(SideNames, AreWholeWhereTheyAreShortOrDiffer) {
  EXPECT_EQ(candidate_against_base("new/bench", "old/bench"), "new/bench against old/bench");
  EXPECT_EQ(candidate_against_base("new/bench --fast", "old/bench --fast"),
            "new/bench --fast against old/bench --fast");
  EXPECT_EQ(candidate_against_base("", ""), " against itself");
  EXPECT_EQ(candidate_against_base("a", ""), "a against ");
}

TEST(SideNames, AreWhatDiffersWhereTheyAreAlike) {
  EXPECT_EQ(
      candidate_against_base(std::string("new/bench") + kFlags, std::string("old/bench") + kFlags),
      "new/bench … against old/bench …");
  EXPECT_EQ(
      candidate_against_base(std::string("taskset --cpu-list 1 ionice --class 2 new") + kFlags,
                             std::string("taskset --cpu-list 1 ionice --class 2 old") + kFlags),
      "… new … against … old …");
  EXPECT_EQ(candidate_against_base(std::string("bench --threads 4 --size 9") + kFlags,
                                   std::string("bench --threads 2 --size 7") + kFlags),
            "… 4 --size 9 … against … 2 --size 7 …");
}

TEST(SideNames, KeepAWordWhereOneSideHasMore) {
  const std::string base = std::string("bench") + kFlags;
  EXPECT_EQ(candidate_against_base(base + " --fast", base),
            "… --benchmark_format=json --fast against … --benchmark_format=json");
  EXPECT_EQ(candidate_against_base("nice " + base, base), "nice bench … against bench …");
}

TEST(SideNames, OfOneCommandAreItself) {
  EXPECT_EQ(candidate_against_base("bench --fast", "bench --fast"), "bench --fast against itself");
}

}  // namespace
}  // namespace derate::outputs
