// SPDX-License-Identifier: Apache-2.0
// Everything that is not fixed is quoted; the shell itself is asked for nothing that POSIX lacks.
#include "fleet/node_script.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/shell_text.h"
#include "fleet/fleet_folder.h"
#include "fleet/shard_lines.h"

namespace derate::fleet {
namespace {

/// node.json of a node on which the program did not start, with the shell's $node, $now and $code.
std::string own_node_end(const std::string& reason) {
  return fmt::format(
      "  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)\n"
      "  mkdir -p \"$folder\"\n"
      "  printf '{{\"schema\": {}, \"node\": \"%s\", \"started_utc\": \"%s\", \"ended_utc\": "
      "\"%s\", "
      "\"exit_code\": %s, \"reason\": %s, \"files\": []}}\\n' \\\n"
      "    \"$node\" \"$now\" \"$now\" \"$code\" {} >\"$folder/.node.json.$$\"\n"
      "  mv \"$folder/.node.json.$$\" \"$folder/{}\"\n",
      kFleetSchema, shell_quoted(dumped(reason)), kNodeEndFile);
}

}  // namespace

std::string node_script(const NodeScript& script) {
  const bool is_shared = !script.fleet.empty();
  std::string text =
      "node=" +
      (script.node.empty() ? "${SLURMD_NODENAME:-$(uname -n)}" : shell_quoted(script.node)) +
      "\nprogram=" + shell_quoted(script.program.string()) + "\n";
  if (script.searches_path) {
    text += "[ -x \"$program\" ] || program=$(command -v derate || echo \"$program\")\n";
  }
  if (is_shared) {
    text += "folder=" + shell_quoted((script.fleet / "nodes").string()) + "/$node\n";
  } else {
    text += fmt::format("echo \"{}$node begin\"\n", kShardMark);
  }
  text += "\"$program\" fleet node " +
          (is_shared ? "--fleet " + shell_quoted(script.fleet.string()) : std::string("--print")) +
          " --name \"$node\"";
  if (script.limit_s) text += fmt::format(" --limit {:.0f}", *script.limit_s);
  text += " --" + shell_words(script.run_options) + " </dev/null\ncode=$?\n";
  // What shells say of a program that is not there, or that the system cannot load.
  const std::string reason = fmt::format("{} did not start on this node", script.program.string());
  text += "case $code in 126 | 127)\n";
  if (is_shared) {
    text += own_node_end(reason);
  } else {
    text += fmt::format("  echo \"{}$node failed $code \"{}\n", kShardMark, shell_quoted(reason));
  }
  return text + "  ;;\nesac\nexit $code\n";
}

}  // namespace derate::fleet
