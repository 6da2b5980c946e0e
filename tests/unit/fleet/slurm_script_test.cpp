// SPDX-License-Identifier: Apache-2.0
// On which nodes a rank of derate fleet links starts: those of the fleet, measured or not. What
// Slurm says of a job that is over.
#include "fleet/slurm_script.h"

#include <gtest/gtest.h>

#include "fleet/slurm_run.h"

namespace derate::fleet {
namespace {

SlurmJob job_of(std::vector<std::string> nodes, std::int64_t count,
                std::vector<std::string> measured, std::vector<std::string> under_way) {
  SlurmJob job;
  job.fleet = "/fleet";
  job.script.fleet = job.fleet;
  job.nodes = std::move(nodes);
  job.count = count;
  job.measured = std::move(measured);
  job.under_way = std::move(under_way);
  return job;
}

/// The lines of links.sh that say which nodes.
std::string nodes_of_links(const SlurmJob& job) {
  const std::string text = slurm_links_script(job);
  std::string found;
  for (std::size_t at = text.find("--node"); at != std::string::npos;
       at = text.find("--node", at + 1)) {
    found += text.substr(at, text.find('\'', at) - at) + " ";
  }
  return found;
}

TEST(SlurmScript, LinksTakeAllNamedNodes) {
  EXPECT_EQ(nodes_of_links(job_of({"n1"}, 0, {"n2"}, {"n3"})), "--nodes=3-3 --nodelist=n1,n2,n3 ");
  EXPECT_EQ(nodes_of_links(job_of({}, 0, {"n2"}, {"n3"})), "--nodes=2-2 --nodelist=n2,n3 ");
}

TEST(SlurmScript, LinksTakeTheNodesThatSlurmHasChosenAndOthersBesides) {
  EXPECT_EQ(nodes_of_links(job_of({}, 4, {}, {})), "--nodes=4-4 ");
  EXPECT_EQ(nodes_of_links(job_of({}, 3, {"n7"}, {"n9"})), "--nodes=4-4 --nodelist=n7,n9 ");
  EXPECT_EQ(nodes_of_links(job_of({}, 0, {"n7", "n8"}, {})), "--nodes=2-2 --nodelist=n7,n8 ");
}

TEST(SlurmScript, AJobThatCannotStartIsNotWaitedFor) {
  SlurmNode node;
  for (const char* state : {"PENDING", "RUNNING", "COMPLETING", "REQUEUED", "UNKNOWN"}) {
    node.state = state;
    EXPECT_TRUE(node.is_under_way()) << state;
  }
  for (const char* state : {"", "FAILED", "LAUNCH_FAILED", "REVOKED", "SPECIAL_EXIT"}) {
    node.state = state;
    EXPECT_FALSE(node.is_under_way()) << state;
  }
}

}  // namespace
}  // namespace derate::fleet
