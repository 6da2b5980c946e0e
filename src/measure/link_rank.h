// SPDX-License-Identifier: Apache-2.0
// Which of several processes on several nodes this is: as options say, else Slurm, else the index
// of a Kubernetes Job.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace derate {

struct LinkRank {
  int rank = 0;
  int ranks = 0;
  int local = 0;      ///< among those of its node
  std::string node;   ///< as the engine names it
  std::string start;  ///< common to all ranks of one start, and to no others
};

/// What the user said; empty for what is to be found out.
struct LinkRankOptions {
  std::optional<int> rank;
  std::optional<int> ranks;
  std::optional<int> local;
  std::string node;
  std::string start;
};

/// The value of a variable of the environment; empty where it is not set.
using VariableOf = std::function<std::string(const char* name)>;

/// Throws Error(usage) that names what nobody said, or what cannot be.
[[nodiscard]] LinkRank link_rank(const LinkRankOptions& options, const VariableOf& variable,
                                 const std::string& host_name);

}  // namespace derate
