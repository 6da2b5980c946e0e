// SPDX-License-Identifier: Apache-2.0
// A change with its error, and how likely chance makes one as large.
#pragma once

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace derate::history {

/// A change of the logarithm of time with its error; positive is slower.
struct Change {
  double value = 0;
  double error = 0;
  double freedom = 1;

  [[nodiscard]] double p() const {  // that it is as far from 0 by chance, on its own side
    const boost::math::students_t t(freedom);
    return cdf(complement(t, std::abs(value) / error));
  }
};

}  // namespace derate::history
