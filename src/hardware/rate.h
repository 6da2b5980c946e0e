// SPDX-License-Identifier: Apache-2.0
// How much arithmetic an architecture does per compute unit and clock: the one cited table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derate/work.h"

namespace derate {

/// Products of one chip can differ: GeForce boards halve tensor operations that accumulate in f32.
enum class ProductClass { professional, geforce };

[[nodiscard]] constexpr std::string_view to_string(ProductClass product_class) {
  return product_class == ProductClass::geforce ? "GeForce" : "professional";
}

/// GeForce when the driver's product name says so; TITAN boards count as professional.
[[nodiscard]] ProductClass product_class_of(std::string_view product_name);

/// Dense fused multiply-adds (or integer multiply-adds) of one kind.
struct Rate {
  Units units = Units::vector;
  std::string instruction;  ///< "FFMA", "HFMA2", "mma.sync", "wgmma", ...
  Precision operands = Precision::f32;
  Precision accumulator = Precision::f32;
  double fma_per_unit_and_clock = 0;
  std::string source;
};

/// Every rate that a source gives for an architecture ("sm_90", "zen5"), vector units first. Empty
/// for an architecture that is not in the table. There is no default.
[[nodiscard]] std::vector<Rate> rates_of(const std::string& architecture,
                                         ProductClass product_class);

/// The rate of one precision: of `instruction` if that has one, else with the accumulator that is
/// at least as precise; empty when unknown.
[[nodiscard]] std::optional<Rate> fma_rate(const std::string& architecture, Precision precision,
                                           Units units = Units::vector,
                                           ProductClass product_class = ProductClass::professional,
                                           std::string_view instruction = {});

}  // namespace derate
