// SPDX-License-Identifier: Apache-2.0
// Model files, our own and config.json: the operations of every step can be counted, and what a
// token passes through is part of the whole.
#include <algorithm>
#include <cmath>

#include "estimate/model_file.h"
#include "estimate/parameters.h"
#include "estimate/step_operations.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_model_file(std::string_view input) {
  const ModelFile file = read_model(file_of(input));
  const ParameterCount count = parameters(file.model);
  require(count.active() > 0 && count.idle >= 0, "a model has no parameters");
  const StepSize size = {.batch = std::max<std::int64_t>(1, file.batch),
                         .sequence = std::max<std::int64_t>(1, file.sequence)};
  for (const Step step : {Step::training, Step::prefill, Step::decode}) {
    const std::vector<Operation> all = operations(file.model, size, step);
    const double flops = product_flops(all);
    require(flops > 0 && std::isfinite(flops), "a step has no products");
    for (const Operation& operation : all) {
      require(operation.count >= 1 && operation.products >= 1, "an operation is done never");
      require(operation.is_product || operation.bytes > 0, "an operation moves nothing");
    }
  }
}

const Registered model_file({"model_file", read_model_file});

}  // namespace
}  // namespace derate::fuzz
