// SPDX-License-Identifier: Apache-2.0
// What the judgements of a gate say of benchmarks that changed although the programs of both sides
// hold the same instructions.
#pragma once

#include "regression/run/builds.h"
#include "regression/verdict.h"

namespace derate {

/// Adds a note to the reason of each regression and improvement of which that is so. None where the
/// programs are not known, or have no symbols, or are of another format or machine.
void note_same_instructions(const Builds& base, const Builds& candidate, Comparison& comparison);

}  // namespace derate
