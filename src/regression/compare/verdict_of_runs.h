// SPDX-License-Identifier: Apache-2.0
// From the tests of one benchmark to its verdict.
#pragma once

#include <string>

#include "regression/compare/compare.h"
#include "regression/results/arm.h"
#include "stats/welch_test.h"

namespace derate::compare {

/// A benchmark that both runs have and that may be compared.
struct Tested {
  std::string name;
  Arm base;
  Arm candidate;
  UnpairedTest time;
  UnpairedTest cycles;  ///< basis none where a clock is missing
  UnpairedTest clock;
  bool same_code = false;
  bool slower = false;  ///< rejected by Holm's test over all benchmarks
  bool faster = false;
};

[[nodiscard]] Judgement decide(const Tested& tested, const ComparePlan& plan);

}  // namespace derate::compare
