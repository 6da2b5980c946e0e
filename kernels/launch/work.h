// SPDX-License-Identifier: Apache-2.0
// launch: what it takes to start work that does next to nothing. Bound by latency: what counts is
// the time of one launch, and there is no peak to hold it against.
#pragma once

#include <cstdint>
#include <string>

#include "derate/work.h"

namespace derate::launch {

/// How many launches a problem asks for at once: nodes of a graph, or one.
inline Work work(const Problem& problem) {
  return {.steps = static_cast<double>(problem.at("launches"))};
}

inline std::string size_class(const Problem& problem) {
  return problem.at("launches") == 1 ? "single" : "graph";
}

inline Problem single() { return {{"launches", 1}}; }

}  // namespace derate::launch
