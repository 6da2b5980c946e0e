// SPDX-License-Identifier: Apache-2.0
// The folder of a fleet: what is written is read back, what is wrong is named, what was cut is
// seen.
#include "fleet/fleet_folder.h"

#include "fleet/fleet_start.h"
#include "unit/fleet/fleet_files.h"

namespace derate::fleet {
namespace {

class FleetFolder : public test::FleetTest {
 protected:
  static FleetManifest manifest() {
    FleetManifest all;
    all.tool_version = "0.1.0";
    all.engine = "slurm";
    all.started_utc = "2026-01-02T03:04:05Z";
    all.nodes = {"n1", "n2"};
    all.node_count = 2;
    all.run_options = {"--all-devices", "--filter", "a \"b\"\n"};
    all.switches = {{"n1", "leaf1"}};
    return all;
  }
  [[nodiscard]] std::string refused_manifest(const std::string& from, const std::string& to) const {
    write_manifest(fleet_, manifest());
    std::string text = read(fleet_ / kManifestFile);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << text;
    write(fleet_ / kManifestFile, text.replace(at, from.size(), to));
    return refusal(ExitCode::invalid_input, [&] { static_cast<void>(read_manifest(fleet_)); });
  }
};

TEST_F(FleetFolder, TheManifestIsReadAsItWasWritten) {
  write_manifest(fleet_, manifest());
  const FleetManifest back = read_manifest(fleet_);
  EXPECT_EQ(back.nodes, manifest().nodes);
  EXPECT_EQ(back.run_options, manifest().run_options);
  EXPECT_EQ(back.switches, manifest().switches);
  EXPECT_EQ(back.node_count, 2);
  EXPECT_EQ(back.started_utc, "2026-01-02T03:04:05Z");
}

TEST_F(FleetFolder, AWrongFieldIsNamedWithItsLine) {
  EXPECT_NE(refused_manifest("\"n2\"", "\"n1\"").find("field \"nodes[1]\" is there twice"),
            std::string::npos);
  EXPECT_NE(refused_manifest("\"n2\"", "\"../n2\"").find("nodes[1]"), std::string::npos);
  EXPECT_NE(refused_manifest("\"n2\"", "7").find("field \"nodes[1]\" is not a string"),
            std::string::npos);
  EXPECT_NE(refused_manifest("\"schema\": 1", "\"schema\": 2").find("reads schema 1"),
            std::string::npos);
  EXPECT_NE(refused_manifest("2026-01-02T", "yesterday").find("started_utc"), std::string::npos);
  EXPECT_NE(refused_manifest("\"node_count\": 2", "\"node_count\": -2").find("not a count"),
            std::string::npos);
  EXPECT_NE(refused_manifest("\"leaf1\"", "\"\"").find("switches.n1"), std::string::npos);
  EXPECT_NE(refused_manifest("\"engine\"", "\"motor\"").find("field \"engine\" is missing"),
            std::string::npos);
  EXPECT_NE(refused_manifest("}", "").find("fleet.json, line"), std::string::npos);
}

TEST_F(FleetFolder, ANodeIsWhatItsFilesAre) {
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::missing);
  write(folder("n1") / "records.jsonl", "{}\n");
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::no_end);
  NodeEnd end = add_node("n1", "shard");
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::measured);
  end.exit_code = 3;
  end.reason = "it is broken";
  write_node_end(folder("n1"), end);
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::failed);
  EXPECT_EQ(status_of_node(fleet_, "n1").reason, "it is broken");
}

TEST_F(FleetFolder, AShardThatWasCutOrChangedIsDamaged) {
  add_node("n1", "all of the records");
  const auto reason_with = [&](const std::string& text) {
    write(folder("n1") / kShardFile, text);
    const NodeStatus status = status_of_node(fleet_, "n1");
    EXPECT_EQ(status.state, NodeState::damaged);
    return status.reason;
  };
  EXPECT_NE(reason_with("all of").find("it was cut"), std::string::npos);
  EXPECT_NE(reason_with("all of the records!").find("it was changed"), std::string::npos);
  EXPECT_NE(reason_with("ALL of the records").find("its digest"), std::string::npos);
  fs::remove(folder("n1") / kShardFile);
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::damaged);
  write(folder("n1") / kShardFile, "all of the records");
  EXPECT_EQ(status_of_node(fleet_, "n1").state, NodeState::measured);
  write(folder("n1") / kNodeEndFile, "{\"schema\": 1}");
  EXPECT_NE(status_of_node(fleet_, "n1").reason.find("node.json, line 1"), std::string::npos);
}

TEST_F(FleetFolder, AFileOutsideTheNodesFolderIsRefused) {
  NodeEnd end = add_node("n1", "shard");
  end.files.front().name = "../../fleet.json";
  write_node_end(folder("n1"), end);
  EXPECT_NE(status_of_node(fleet_, "n1").reason.find("files[0].name"), std::string::npos);
  end.files.clear();
  end.node = "n2";
  write_node_end(folder("n1"), end);
  EXPECT_NE(status_of_node(fleet_, "n1").reason.find("is of node n2"), std::string::npos);
}

TEST_F(FleetFolder, RecordsOfAKilledNodeAreThoseOfItsDevices) {
  write(folder("n1") / "cuda1" / "records.jsonl", "1\n");
  write(folder("n1") / "cuda0" / "records.jsonl", "0\n");
  const std::vector<fs::path> expected = {folder("n1") / "cuda0" / "records.jsonl",
                                          folder("n1") / "cuda1" / "records.jsonl"};
  EXPECT_EQ(record_files_of_node(folder("n1")), expected);
  add_node("n1", "both");
  EXPECT_EQ(record_files_of_node(folder("n1")), std::vector<fs::path>{folder("n1") / kShardFile});
  fs::remove(folder("n1") / kNodeEndFile);  // killed between the two files
  EXPECT_EQ(record_files_of_node(folder("n1")), expected);
}

TEST_F(FleetFolder, ASecondStartMeasuresWhatIsMissing) {
  FleetManifest wanted;
  wanted.engine = "slurm";
  wanted.nodes = {"n1", "n2", "n3", "n4", "n5"};
  wanted.run_options = {"--all-devices"};
  EXPECT_EQ(start_fleet(fleet_, wanted, {}).to_measure, wanted.nodes);
  add_node("n1", "good");
  add_node("n2", "was good");
  write(folder("n2") / kShardFile, "was");
  write(folder("n3") / "records.jsonl", "killed\n");
  write(folder("n5") / "records.jsonl", "runs\n");
  const FleetStart second = start_fleet(fleet_, wanted, {"n5"});
  EXPECT_EQ(second.measured, std::vector<std::string>{"n1"});
  EXPECT_EQ(second.to_measure, (std::vector<std::string>{"n2", "n3", "n4"}));
  // Nothing is lost, and nothing of before is taken for what comes.
  EXPECT_EQ(read(fleet_ / "earlier" / "n3.1" / "records.jsonl"), "killed\n");
  EXPECT_EQ(read(fleet_ / "earlier" / "n2.1" / kShardFile), "was");
  EXPECT_EQ(read(folder("n5") / "records.jsonl"), "runs\n");
  EXPECT_EQ(status_of_node(fleet_, "n3").state, NodeState::missing);
  wanted.nodes = {"n6"};
  EXPECT_EQ(start_fleet(fleet_, wanted, {}).to_measure, wanted.nodes);
  EXPECT_EQ(read_manifest(fleet_).node_count, 6);
}

TEST_F(FleetFolder, AnotherFleetsFolderIsRefused) {
  FleetManifest wanted;
  wanted.engine = "ssh";
  wanted.nodes = {"n1"};
  wanted.run_options = {"--all-devices"};
  static_cast<void>(start_fleet(fleet_, wanted, {}));
  wanted.run_options = {"--device", "host"};
  const std::string said =
      refusal(ExitCode::usage, [&] { static_cast<void>(start_fleet(fleet_, wanted, {})); });
  EXPECT_NE(said.find("its run_options are [\"--all-devices\"]"), std::string::npos) << said;
  fs::remove(fleet_ / kManifestFile);
  EXPECT_NE(refusal(ExitCode::output, [&] { static_cast<void>(start_fleet(fleet_, wanted, {})); })
                .find("no fleet.json"),
            std::string::npos);
}

TEST_F(FleetFolder, AFileThatCannotBeReadIsOfItsNodeAlone) {
  add_node("n1", "");
  fs::remove(folder("n1") / kShardFile);
  fs::create_symlink("/proc/self/mem", folder("n1") / kShardFile);  // has no byte 0
  const NodeStatus status = status_of_node(fleet_, "n1");
  EXPECT_EQ(status.state, NodeState::damaged);
  EXPECT_NE(status.reason.find("records.jsonl.zst cannot be read"), std::string::npos)
      << status.reason;
}

}  // namespace
}  // namespace derate::fleet
