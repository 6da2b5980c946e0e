// SPDX-License-Identifier: Apache-2.0
// The gate's test with several builds a side. Where code comes to lie, by the linker's order or
// padding, makes one build of the same sources faster than another, and every process of a build
// shares that: pairs of two builds, however many, cannot tell it from a change of the code. So a
// build is a random effect, and the mean over builds is what is tested.
#pragma once

#include <span>

#include "regression/gate/pair_order.h"
#include "regression/gate/trimmed_t_test.h"

namespace derate {

/// How many builds the pairs are of.
[[nodiscard]] BuildCounts builds_of(std::span<const TimePair> pairs);
[[nodiscard]] bool several(const BuildCounts& builds);

/// The test of log ratios of these pairs. With one build on each side it is paired_test(). With
/// several:
/// 1. log ratio = candidate build's effect - base build's effect + noise is fitted to the pairs,
///    with Huber's weights in place of trimming: so a pair's drift is gone, a process gone wrong
///    counts little, and an effect does not depend on which builds it met.
/// 2. The means of both sides' effects are compared by Welch's test with Satterthwaite's degrees of
///    freedom, at most builds - 2: noise is in the effects' variance already. Welch's rather than
///    Student's since the code of one side may be more sensitive to its place than the other's:
///    where one side varies and the other does not, Student's has twice the degrees of freedom that
///    there are, and of five builds a side errs 12 times as often as stated at 0.016 %.
/// 3. A side with one build alone is taken to vary as the other does, with its degrees of freedom.
/// `n`, `mean` and `standard_error` of the result are of pairs, builds' means and their difference.
/// There is no test where two groups of builds never met.
[[nodiscard]] PairedTest test_of(std::span<const double> log_ratios,
                                 std::span<const TimePair> pairs);

[[nodiscard]] PairedTest time_test(std::span<const TimePair> pairs);

/// The smallest slowdown that such a test finds with the plan's power, where Holm's bound is shared
/// by `family` benchmarks; NaN when there is none. Each of the estimated standard error and the
/// mean may fail with half of the probability, so it is a little larger than need be.
[[nodiscard]] double detectable_between_builds(const GatePlan& plan, const PairedTest& test,
                                               int family);

}  // namespace derate
