// SPDX-License-Identifier: Apache-2.0
// The files of a node as lines of text: how they come from nodes without shared storage, through
// the output of srun and ssh or the log of a pod. A line is shorter than the 1,024 bytes that srun
// hands on in one piece, and says of which node it is, so lines of many nodes may be mixed.
//
//   @derate n1 begin
//   @derate n1 file records.jsonl.zst 17/230 KLUv/QRY...
//   @derate n1 failed 127 the program /opt/derate/bin/derate did not start on this node
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet_folder.h"

namespace derate {
class InputFile;
}  // namespace derate

namespace derate::fleet {

/// What stands before each line.
inline constexpr std::string_view kShardMark = "@derate ";

/// The files of a node that has ended, node.json last.
void write_shard_lines(std::ostream& out, const std::filesystem::path& folder, const NodeEnd& end);

/// A node of which something came.
struct Gathered {
  std::string node;
  bool is_kept = false;  ///< its folder now holds what came
  std::string reason;    ///< why not, or how its run ended; empty for a good one
};

/// Puts together what came of each node. Other lines, and what stands before the mark, as the label
/// of a pod, are passed over. Of several starts that came whole the latest that measured counts, or
/// else the latest.
class ShardGatherer {
 public:
  /// Takes in every line of a file.
  void read(InputFile& in);
  void take(std::string_view line);

  /// The nodes of which anything came.
  [[nodiscard]] std::vector<std::string> nodes() const;

  /// Whether what came of a node is whole, or says why there is nothing.
  [[nodiscard]] bool has_all_of(const std::string& node) const;

  /// Writes the folders of the nodes that came whole, as their digests say, and of the others a
  /// node.json that says what is missing. Leaves a node alone that is measured already. Throws
  /// Error(output).
  [[nodiscard]] std::vector<Gathered> keep(const std::filesystem::path& fleet) const;
  /// The same of one that came.
  [[nodiscard]] Gathered keep(const std::filesystem::path& fleet, const std::string& node) const;

 private:
  struct Parts {
    std::size_t count = 0;
    std::map<std::size_t, std::string> came;
  };
  /// A file as each start had it, in the order in which they came. A part that is the same in two
  /// is in the first of them.
  using Versions = std::vector<Parts>;
  struct Node {
    std::map<std::string, Versions> files;
    std::string failure;
    std::int64_t exit_code = 0;
  };
  /// How a start of a node ended, and its files, which are what its node.json says.
  struct Start {
    NodeEnd end;
    std::map<std::string, std::string> files;
  };

  static void take_part(Node& node, std::string_view words);
  [[nodiscard]] static std::vector<std::string> wholes_of(const Versions& versions);
  [[nodiscard]] static Start start_of(const std::string& name, const Node& node,
                                      const std::string& node_json);
  [[nodiscard]] static std::string fault_of(const Node& node);
  [[nodiscard]] static Start latest_start(const std::string& name, const Node& node);
  [[nodiscard]] static Gathered keep_node(const std::filesystem::path& fleet,
                                          const std::string& name, const Node& node);

  std::map<std::string, Node, std::less<>> nodes_;
};

}  // namespace derate::fleet
