// SPDX-License-Identifier: Apache-2.0
// Who this is, by options, Slurm's variables and a Job's index; and what is said where nobody
// knows.
#include "measure/link_rank.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "derate/error.h"

namespace derate {
namespace {

using Variables = std::map<std::string, std::string>;

LinkRank rank_of(const LinkRankOptions& options, const Variables& variables) {
  return link_rank(
      options,
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? "" : found->second;
      },
      "host");
}

std::string refusal(const LinkRankOptions& options, const Variables& variables) {
  try {
    static_cast<void>(rank_of(options, variables));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "";
}

const Variables kSlurm = {{"SLURM_PROCID", "5"},       {"SLURM_NTASKS", "16"},
                          {"SLURM_LOCALID", "1"},      {"SLURMD_NODENAME", "n3"},
                          {"SLURM_JOB_ID", "4711"},    {"SLURM_STEP_ID", "0"},
                          {"SLURM_RESTART_COUNT", "2"}};

TEST(LinkRank, IsWhatSlurmSays) {
  const LinkRank rank = rank_of({}, kSlurm);
  EXPECT_EQ(rank.rank, 5);
  EXPECT_EQ(rank.ranks, 16);
  EXPECT_EQ(rank.local, 1);
  EXPECT_EQ(rank.node, "n3");
  EXPECT_EQ(rank.start, "4711.0.2") << "a job that is tried again is another start";
}

TEST(LinkRank, IsRatherWhatTheUserSays) {
  const LinkRank rank = rank_of({2, 4, 0, "mine", "again"}, kSlurm);
  EXPECT_EQ(rank.rank, 2);
  EXPECT_EQ(rank.ranks, 4);
  EXPECT_EQ(rank.local, 0);
  EXPECT_EQ(rank.node, "mine");
  EXPECT_EQ(rank.start, "again");
}

TEST(LinkRank, IsTheIndexOfAJob) {
  const Variables job = {{"JOB_COMPLETION_INDEX", "3"}, {"NODE_NAME", "worker-7"}};
  const LinkRank rank = rank_of({{}, 8, {}, "", "first"}, job);
  EXPECT_EQ(rank.rank, 3);
  EXPECT_EQ(rank.node, "worker-7");
  EXPECT_EQ(rank_of({0, 2, {}, "", "first"}, {}).node, "host");
}

TEST(LinkRank, NamesWhatNobodySaid) {
  EXPECT_TRUE(refusal({}, {}).starts_with("--rank is missing: this was started neither by srun"));
  EXPECT_TRUE(refusal({1, {}, {}, "", ""}, {}).starts_with("--ranks is missing"));
  EXPECT_TRUE(refusal({1, 2, {}, "", ""}, {}).starts_with("--start is missing"));
  EXPECT_EQ(refusal({2, 2, {}, "", "a"}, {}), "rank 2 of 2: ranks are counted from 0 on");
  EXPECT_EQ(refusal({}, {{"SLURM_PROCID", "five"}}), "SLURM_PROCID is \"five\", which is no count");
  EXPECT_EQ(refusal({1, 2, {}, "", "a/b"}, {}), "\"a/b\" cannot be part of a file's name");
  EXPECT_EQ(refusal({1, 2, {}, "..", "a"}, {}), "\"..\" cannot be part of a file's name");
}

}  // namespace
}  // namespace derate
