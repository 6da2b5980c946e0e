// SPDX-License-Identifier: Apache-2.0
// What is put into scripts stays one word each, whatever it holds.
#include "fleet/node_script.h"

#include <cstdio>

#include "base/shell_text.h"
#include "fleet/slurm_script.h"
#include "unit/fleet/fleet_files.h"

namespace derate::fleet {
namespace {

std::string output_of(const std::string& script) {
  std::string text;
  FILE* const shell = ::popen(("/bin/sh -c " + shell_quoted(script)).c_str(), "r");
  for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell)) text += static_cast<char>(c);
  ::pclose(shell);
  return text;
}

class Scripts : public test::FleetTest {};

TEST_F(Scripts, AnyWordStaysOne) {
  const std::string word = "a 'b' \"c\" $(touch x) `y` \\ ; & | * \n #";
  EXPECT_EQ(output_of("printf '[%s]'" + shell_words({word, "", "z"})), "[" + word + "][][z]");
}

TEST_F(Scripts, AProgramThatDoesNotStartIsSaidByTheShell) {
  NodeScript script;
  script.program = fleet_ / "it's \"not\" there";
  script.node = "n1";
  script.run_options = {"--filter", "a'b"};
  EXPECT_EQ(output_of(node_script(script) + " 2>/dev/null"),
            "@derate n1 begin\n@derate n1 failed 127 " + script.program.string() +
                " did not start on this node\n");
  script.fleet = fleet_;
  EXPECT_EQ(output_of(node_script(script)), "");
  const NodeStatus status = status_of_node(fleet_, "n1");
  EXPECT_EQ(status.state, NodeState::failed) << status.reason;
  EXPECT_EQ(status.reason, script.program.string() + " did not start on this node");
  EXPECT_EQ(status.end->exit_code, 127);
}

TEST_F(Scripts, OptionsOfSbatchAreOneLineEach) {
  SlurmJob job;
  job.fleet = "/shared/50%/my fleet";
  job.script.fleet = job.fleet;
  job.script.program = "/opt/derate";
  job.nodes = {"n1", "n2"};
  job.partition = "gpu";
  job.options = {"--comment=it's mine"};
  const std::string script = slurm_node_script(job);
  EXPECT_NE(script.find("#SBATCH '--comment=it'\\''s mine'\n"), std::string::npos) << script;
  EXPECT_NE(script.find("#SBATCH '--output=/shared/50%%/my fleet/slurm/%x-%j.log'\n"),
            std::string::npos)
      << script;
  EXPECT_NE(slurm_submit_script(job).find("for node in n1 n2; do"), std::string::npos);
  job.nodes.clear();
  job.count = 7;
  job.measured = {"n3", "n4"};
  EXPECT_NE(slurm_job_script(job).find("#SBATCH '--nodes=7-7'\n#SBATCH '--exclude=n3,n4'\n"),
            std::string::npos)
      << slurm_job_script(job);
}

}  // namespace
}  // namespace derate::fleet
