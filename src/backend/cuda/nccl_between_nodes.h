// SPDX-License-Identifier: Apache-2.0
// One rank of a measurement between nodes: it meets the others by NCCL's own bootstrap, without
// MPI, and takes part in every step that its node has a part in. Not yet run on a GPU.
#pragma once

#include <functional>
#include <string>

#include "derate/error.h"
#include "measure/link_plan.h"

namespace derate::cuda {

/// As measure_links().
[[nodiscard]] ExitCode measure_between_nodes(const LinkPlan& plan,
                                             const std::function<void(const std::string&)>& say);

}  // namespace derate::cuda
