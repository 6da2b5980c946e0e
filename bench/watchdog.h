// SPDX-License-Identifier: Apache-2.0
// Has the measuring done by a process of its own, and watches over it: what a library that is
// measured can do to its process costs one row and not the run.
#pragma once

#include <string>
#include <vector>

#include "options.h"

namespace derate::bench {

/// Runs this program again with `arguments` (behind its name) as the process that measures. When
/// that crashes, ends in the middle of a row or takes too long over it, another one records the row
/// as failed and goes on behind it. Names what was announced and not recorded; ends what measures
/// at a signal, at once where it does not do so itself. The exit code.
[[nodiscard]] int watch(const std::vector<std::string>& arguments, const Options& options);

}  // namespace derate::bench
