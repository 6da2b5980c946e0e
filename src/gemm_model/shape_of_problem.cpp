// SPDX-License-Identifier: Apache-2.0
#include "gemm_model/shape_of_problem.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "derate/work.h"

namespace derate {
namespace {

constexpr std::array kOperands = {Precision::f64,  Precision::f32, Precision::tf32, Precision::f16,
                                  Precision::bf16, Precision::fp8, Precision::fp4,  Precision::i8};

Precision result_of(Precision operands) {
  if (operands == Precision::fp8 || operands == Precision::fp4) return Precision::bf16;
  return operands == Precision::i8 ? Precision::i32 : operands;
}

std::int64_t extent(std::string_view problem, std::string_view name) {
  while (!problem.empty()) {
    const std::size_t slash = std::min(problem.find('/'), problem.size());
    const std::string_view part = problem.substr(0, slash);
    problem.remove_prefix(std::min(slash + 1, problem.size()));
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos || part.substr(0, colon) != name) continue;
    std::int64_t value = 0;
    std::from_chars(part.data() + colon + 1, part.data() + part.size(), value);
    return value;
  }
  return 0;
}

}  // namespace

GemmShape gemm_shape_of(std::string_view problem) {
  return {extent(problem, "m"), extent(problem, "n"), extent(problem, "k")};
}

bool set_gemm_widths(GemmPeaks& peaks, std::string_view precision) {
  for (const Precision operands : kOperands) {
    if (to_string(operands) != precision) continue;
    peaks.bytes_per_operand = bytes_per_element(operands);
    peaks.bytes_per_result = bytes_per_element(result_of(operands));
    return true;
  }
  return false;
}

}  // namespace derate
