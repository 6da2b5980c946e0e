// SPDX-License-Identifier: Apache-2.0
// What a shell does on a node: it starts `derate fleet node`, and speaks for it where that program
// could not start, which nobody else would say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace derate::fleet {

struct NodeScript {
  std::filesystem::path program;  ///< derate
  bool searches_path = false;     ///< take the `derate` of PATH where that is not there
  std::string node;               ///< empty: what Slurm or the system calls it
  std::filesystem::path fleet;    ///< on storage that all share; empty: print the records
  std::vector<std::string> run_options;
  std::optional<double> limit_s;  ///< of the run
};

/// For /bin/sh, with lines that end.
[[nodiscard]] std::string node_script(const NodeScript& script);

}  // namespace derate::fleet
