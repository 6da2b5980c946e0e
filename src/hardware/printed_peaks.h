// SPDX-License-Identifier: Apache-2.0
// Peaks as vendors print them: what 2·N·C is compared with, and what stands in its place where a
// vendor states neither units nor clock.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "hardware/product.h"
#include "hardware/rate.h"

namespace derate {

/// Rate::instruction of such a peak.
inline constexpr std::string_view kAsPrinted = "as printed";

/// One figure of Product::printed_tflops, dense.
struct PrintedPeak {
  Units units = Units::vector;
  Precision operands = Precision::f32;
  Precision accumulator = Precision::f32;
  double flop_per_s = 0;  ///< operations, for integers
};

/// The figures of such a field: "f64 9.7; tensor f16>f16 142". Empty where it is not of that form.
[[nodiscard]] std::optional<std::vector<PrintedPeak>> parse_printed_peaks(std::string_view field);

/// The printed peaks of a product without units as rates of the whole device by second instead of
/// by unit and clock; is_as_printed() tells them from others.
[[nodiscard]] std::vector<Rate> printed_rates_of(const Product& product);
[[nodiscard]] bool is_as_printed(const Rate& rate);

}  // namespace derate
