// SPDX-License-Identifier: Apache-2.0
// A rank's part in measuring what connects nodes.
#pragma once

#include <functional>
#include <string>

#include "derate/error.h"
#include "measure/link_plan.h"

namespace derate {

/// Measures with all other ranks, and appends to FOLDER/NODE-RANK.jsonl what this one leads and how
/// it ended. What FOLDER holds already of these nodes is measured again only where the plan
/// says so. `say` gets sentences
/// for the user. The exit code is that line's too. Throws Error(output) where nothing can be
/// written.
[[nodiscard]] ExitCode measure_links(const LinkPlan& plan,
                                     const std::function<void(const std::string&)>& say);

}  // namespace derate
