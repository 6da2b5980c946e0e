// SPDX-License-Identifier: Apache-2.0
// A change with its error, and how likely chance makes one as large.
#pragma once

#include <cmath>

#include "stats/student_t.h"

namespace derate::history {

/// A change of the logarithm of time with its error; positive is slower.
struct Change {
  double value = 0;
  double error = 0;
  double freedom = 1;

  [[nodiscard]] double p() const {  // that it is as far from 0 by chance, on its own side
    return student_t_above(std::abs(value) / error, freedom);
  }
};

}  // namespace derate::history
