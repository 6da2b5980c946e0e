// SPDX-License-Identifier: Apache-2.0
// Tries in a copy of this process what a library of somebody else may do wrong: crash, hang or end
// the process when it is loaded or first asked.
#pragma once

#include <functional>
#include <string>

namespace derate {

/// Calls `action` in a copy of this process, whose output is dropped, and returns in one sentence
/// why what it tried last is better left alone; empty where all went well, or no copy could be
/// made. It may take 30 s, or as many as the environment's DERATE_TRIAL_LIMIT says.
[[nodiscard]] std::string fault_of_trial(const std::function<void()>& action);

/// Within a trial: names what comes next, such as "libcuda.so.1". Elsewhere it does nothing.
void now_trying(const std::string& library);

}  // namespace derate
