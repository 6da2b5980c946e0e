// SPDX-License-Identifier: Apache-2.0
// transformer: the forward pass of a small decoder, as a program would do it. It is what estimates
// of a whole step are held against; the operations are those of estimate/step_operations.h.
#pragma once

#include <cstdint>

#include "derate/workload.h"
#include "estimate/step_operations.h"

namespace derate::transformer {

[[nodiscard]] inline Problem problem(std::int64_t layers, std::int64_t width, std::int64_t heads,
                                     std::int64_t sequence, std::int64_t batch,
                                     std::int64_t vocabulary) {
  return {{"layers", layers},     {"width", width}, {"heads", heads},
          {"sequence", sequence}, {"batch", batch}, {"vocabulary", vocabulary}};
}

/// What the program multiplies: the extents of a problem as plain numbers.
struct Decoder {
  std::int64_t layers;
  std::int64_t width;
  std::int64_t heads;
  std::int64_t feed_forward;
  std::int64_t sequence;
  std::int64_t vocabulary;
  std::int64_t batch;
};

[[nodiscard]] inline Decoder decoder_of(const Problem& problem) {
  return {.layers = problem.at("layers"),
          .width = problem.at("width"),
          .heads = problem.at("heads"),
          .feed_forward = 4 * problem.at("width"),
          .sequence = problem.at("sequence"),
          .vocabulary = problem.at("vocabulary"),
          .batch = problem.at("batch")};
}

[[nodiscard]] inline LanguageModel model_of(const Decoder& decoder, Precision precision) {
  const std::int64_t heads = decoder.heads;
  const Attention attention = {.heads = heads,
                               .key_value_heads = heads,
                               .head_width = decoder.width / heads,
                               .value_width = decoder.width / heads};
  const Block block = {
      .layers = decoder.layers, .attention = attention, .dense = {.width = decoder.feed_forward}};
  return {.name = "transformer",
          .width = decoder.width,
          .vocabulary = decoder.vocabulary,
          .tied_head = true,
          .blocks = {block},
          .precision = precision};
}

/// The operations of the matrix products; the bytes of the other operations.
[[nodiscard]] inline Work work(const Problem& problem, Precision precision) {
  const Decoder decoder = decoder_of(problem);
  const StepSize size = {.batch = decoder.batch, .sequence = decoder.sequence};
  const auto all = operations(model_of(decoder, precision), size, Step::prefill);
  Work amount;
  for (const Operation& operation : all) {
    amount.bytes += operation.bytes * static_cast<double>(operation.count);
  }
  amount.flops = product_flops(all);
  return amount;
}

}  // namespace derate::transformer
