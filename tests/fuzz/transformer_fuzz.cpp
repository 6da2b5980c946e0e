// SPDX-License-Identifier: Apache-2.0
// Model files of transformers: the operations of every step can be counted.
#include <cmath>

#include "estimate/transformer.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_model(std::string_view input) {
  const Transformer model = read_transformer(file_of(input));
  require(parameters(model) > 0, "a model has no parameters");
  for (const Step step : {Step::training, Step::prefill, Step::decode}) {
    const std::vector<Operation> all = operations(model, step);
    const double flops = product_flops(all);
    require(flops > 0 && std::isfinite(flops), "a step has no products");
    for (const Operation& operation : all) {
      require(operation.count >= 1 && operation.products >= 1, "an operation is done never");
      require(operation.is_product || operation.bytes > 0, "an operation moves nothing");
    }
  }
}

const Registered transformer({"transformer", read_model});

}  // namespace
}  // namespace derate::fuzz
