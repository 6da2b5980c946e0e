// SPDX-License-Identifier: Apache-2.0
// What synchronous work on N GPUs gets: the pace of the slowest.
#pragma once

#include <cstddef>
#include <vector>

namespace derate::fleet {

/// The expected least of `drawn` values, each drawn from these with equal probability: the mean
/// over all resamples, computed rather than drawn. NaN for no values.
[[nodiscard]] double expected_least(std::vector<double> values, std::size_t drawn);

}  // namespace derate::fleet
