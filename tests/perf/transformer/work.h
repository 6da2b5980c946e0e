// SPDX-License-Identifier: Apache-2.0
// transformer: the forward pass of a small decoder, as a program would do it. It is what estimates
// of a whole step are held against; the operations are those of derate/transformer.h.
#pragma once

#include <cstdint>

#include "derate/workload.h"
#include "estimate/transformer.h"

namespace derate::transformer {

[[nodiscard]] inline Problem problem(std::int64_t layers, std::int64_t width, std::int64_t heads,
                                     std::int64_t sequence, std::int64_t batch,
                                     std::int64_t vocabulary) {
  return {{"layers", layers},     {"width", width}, {"heads", heads},
          {"sequence", sequence}, {"batch", batch}, {"vocabulary", vocabulary}};
}

[[nodiscard]] inline Transformer model_of(const Problem& problem, Precision precision) {
  const std::int64_t width = problem.at("width");
  return {.name = "transformer",
          .layers = problem.at("layers"),
          .width = width,
          .heads = problem.at("heads"),
          .key_value_heads = problem.at("heads"),
          .feed_forward = 4 * width,
          .sequence = problem.at("sequence"),
          .vocabulary = problem.at("vocabulary"),
          .batch = problem.at("batch"),
          .precision = precision};
}

/// The operations of the matrix products; the bytes of the other operations.
[[nodiscard]] inline Work work(const Problem& problem, Precision precision) {
  Work amount;
  for (const Operation& operation : operations(model_of(problem, precision), Step::prefill)) {
    amount.bytes += operation.bytes * static_cast<double>(operation.count);
  }
  amount.flops = product_flops(operations(model_of(problem, precision), Step::prefill));
  return amount;
}

}  // namespace derate::transformer
