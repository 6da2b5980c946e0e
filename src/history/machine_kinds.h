// SPDX-License-Identifier: Apache-2.0
// Which environments of a history are of one kind of machine and build, and so of one series.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "record/environment.h"

namespace derate::history {

/// For each environment the number of its kind, counted from 0 in order of first appearance. An
/// older session that did not keep a fact is of the first kind that it does not contradict, so that
/// a series goes on when derate learns to read another fact.
[[nodiscard]] std::vector<std::size_t> machine_kinds(std::span<const Environment> environments);

}  // namespace derate::history
