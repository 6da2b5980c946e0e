// SPDX-License-Identifier: Apache-2.0
// Names of nodes, lists of them, and files that hold both.
#include "fleet/node_names.h"

#include "unit/fleet/fleet_files.h"

namespace derate::fleet {
namespace {

using Names = std::vector<std::string>;

class NodeNames : public test::FleetTest {
 protected:
  static std::string refused(const std::string& list) {
    return refusal(ExitCode::usage, [&] { static_cast<void>(expand_host_list(list)); });
  }
};

TEST_F(NodeNames, ListsAreExpandedAsSlurmDoes) {
  EXPECT_EQ(expand_host_list("n1"), Names({"n1"}));
  EXPECT_EQ(expand_host_list("n[1-3,07],gpu1"), Names({"n1", "n2", "n3", "n07", "gpu1"}));
  EXPECT_EQ(expand_host_list("n[08-11]"), Names({"n08", "n09", "n10", "n11"}));
  EXPECT_EQ(expand_host_list("r[1-2]n[1,3].x"), Names({"r1n1.x", "r1n3.x", "r2n1.x", "r2n3.x"}));
}

TEST_F(NodeNames, WhatIsNoListIsRefusedWithItsReason) {
  EXPECT_NE(refused("n1,n1").find("named twice"), std::string::npos);
  EXPECT_NE(refused("n[1-3],n2").find("node n2 is named twice"), std::string::npos);
  EXPECT_NE(refused("n[3-1]").find("ends before it begins"), std::string::npos);
  EXPECT_NE(refused("n[1-3").find("bracket"), std::string::npos);
  EXPECT_NE(refused("n1-3]").find("bracket"), std::string::npos);
  EXPECT_NE(refused("n[[1]]").find("bracket"), std::string::npos);
  EXPECT_NE(refused("n[1-99999999]").find("too many"), std::string::npos);
  EXPECT_NE(refused("n[1-1000]x[1-1000]").find("too many"), std::string::npos);
  EXPECT_NE(refused("n[1-99999999999999999999]").find("no number"), std::string::npos);
  EXPECT_NE(refused("n[1-90000,1-90000,1-90000]").find("too many nodes"), std::string::npos);
  EXPECT_NE(refused("n[1][1][1][1][1][1][1][1][1]").find("too many brackets"), std::string::npos);
  EXPECT_NE(refused("me@n1").find("no name of a node"), std::string::npos);
  for (const char* list : {"", ",", "n1,", "n[]", "n[a]", "n[1,]", "n[-1]", "n[1--2]"}) {
    EXPECT_NE(refused(list), "") << list;
  }
}

TEST_F(NodeNames, AreHarmlessToAShellAndAFolder) {
  for (const char* name : {"n 1", "n;rm", "$(x)", "../n1", "a/b", ".hidden", "-n", "n1\n", "n'1",
                           "n\"1", "n`x`", "n*", "n\xc3\xa4"}) {
    EXPECT_NE(fault_of_node_name(name), "") << name;
    EXPECT_NE(refused(name), "") << name;
  }
  EXPECT_EQ(fault_of_node_name("gpu-1.rack_2.example"), "");
  EXPECT_EQ(fault_of_node_name(std::string(253, 'a')), "");
  EXPECT_NE(fault_of_node_name(std::string(254, 'a')), "");
}

TEST_F(NodeNames, HostsOfSshMayHaveAUser) {
  const std::vector<SshHost> hosts = ssh_hosts("me@box[1-2],gpu");
  ASSERT_EQ(hosts.size(), 3U);
  EXPECT_EQ(hosts[1].node, "box2");
  EXPECT_EQ(hosts[1].destination, "me@box2");
  EXPECT_EQ(hosts[2].destination, "gpu");
  EXPECT_NE(refusal(ExitCode::usage, [] { static_cast<void>(ssh_hosts("-oProxyCommand=x@n1")); }),
            "");
}

TEST_F(NodeNames, AFileOfHostsNamesTheLineThatIsWrong) {
  write(fleet_ / "hosts", "# the boxes\nbox[1-2]\n\nme@gpu  # mine\n");
  EXPECT_EQ(ssh_hosts_of_file(fleet_ / "hosts").size(), 3U);
  write(fleet_ / "hosts", "box1\n  box1\n");
  const std::string said = refusal(ExitCode::invalid_input,
                                   [&] { static_cast<void>(ssh_hosts_of_file(fleet_ / "hosts")); });
  EXPECT_NE(said.find("hosts, line 2: node box1 is named twice"), std::string::npos) << said;
  write(fleet_ / "hosts", "# none\n");
  EXPECT_NE(refusal(ExitCode::invalid_input,
                    [&] { static_cast<void>(ssh_hosts_of_file(fleet_ / "hosts")); })
                .find("names no node"),
            std::string::npos);
}

TEST_F(NodeNames, SwitchesAreThoseOfSlurmsTopology) {
  write(fleet_ / "topology.conf",
        "SwitchName=leaf1 Nodes=n[1-2]\n"
        "SwitchName=leaf2 Level=0 LinkSpeed=1 Nodes=n3,n4\n"
        "SwitchName=spine Level=1 Nodes=n[1-4] Switches=leaf[1-2]\n");
  const auto switches = switches_of_file(fleet_ / "topology.conf");
  EXPECT_EQ(switches.size(), 4U);
  EXPECT_EQ(switches.at("n2"), "leaf1");
  EXPECT_EQ(switches.at("n4"), "leaf2");
  write(fleet_ / "topology.conf", "SwitchName=leaf1 Nodes=n1\nSwitchName=leaf2 Nodes=n1\n");
  const std::string said = refusal(ExitCode::invalid_input, [&] {
    static_cast<void>(switches_of_file(fleet_ / "topology.conf"));
  });
  EXPECT_NE(said.find("line 2: node n1 has a switch already"), std::string::npos) << said;
}

}  // namespace
}  // namespace derate::fleet
