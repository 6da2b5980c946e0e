// SPDX-License-Identifier: Apache-2.0
// Extents m, n and k of a problem's text, 0 where one is missing; bytes per operand and result.
#include "gemm_model/shape_of_problem.h"

#include <optional>

#include "derate/work.h"

namespace derate {

GemmShape gemm_shape_of(std::string_view text) {
  const std::optional<Problem> problem = Problem::parse(text);
  if (!problem) return {0, 0, 0};
  const auto extent = [&](std::string_view name) { return problem->find(name).value_or(0); };
  return {extent("m"), extent("n"), extent("k")};
}

bool set_gemm_widths(GemmPeaks& peaks, std::string_view name) {
  const std::optional<Precision> operands = parse_precision(name);
  if (!operands || facts_of(*operands).arithmetic != Arithmetic::matrix_products) return false;
  peaks.bytes_per_operand = bytes_per_element(*operands);
  peaks.bytes_per_result = bytes_per_element(facts_of(*operands).product);
  return true;
}

}  // namespace derate
