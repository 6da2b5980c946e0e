// SPDX-License-Identifier: Apache-2.0
// The commands of one side of a gate: each measures another build of the same sources.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "regression/run/command_template.h"

namespace derate {

using Builds = std::vector<CommandTemplate>;

/// Throws Error(usage) for an empty command.
[[nodiscard]] Builds builds_of(const std::vector<std::string>& commands);

/// Throws Error(usage) where two builds of a side run the same program in the same way: the spread
/// between builds would be taken for none. `option` names the side on the command line.
void require_different(const std::string& option, const Builds& builds);

/// "old/bench", or "old/1/bench and 4 more builds".
[[nodiscard]] std::string title_of(const std::vector<std::string>& commands);

/// What the folder of a gate says of the builds: one text, or a list of several.
[[nodiscard]] nlohmann::ordered_json statement_of(const std::vector<std::string>& texts);

/// program_hash() of each.
[[nodiscard]] std::vector<std::string> program_hashes(const std::vector<std::string>& commands);

/// Whether all commands of both sides run the same machine code in the same way.
[[nodiscard]] bool same_program(const Builds& base, const Builds& candidate);

}  // namespace derate
