// SPDX-License-Identifier: Apache-2.0
// One table of fields.
#include "calibration/losses_file.h"

#include <array>

namespace derate {
namespace {

const std::array kLossFields = {
    json::Field<AttributedLoss>{"workload", "gemm", &AttributedLoss::workload},
    json::Field<AttributedLoss>{"variant", "which implementation", &AttributedLoss::variant},
    json::Field<AttributedLoss>{"provider", "whose code", &AttributedLoss::provider},
    json::Field<AttributedLoss>{"precision", "format of the operands", &AttributedLoss::precision},
    json::Field<AttributedLoss>{"problem", "which product", &AttributedLoss::problem},
    json::Field<AttributedLoss>{"size_class", "problems that are like it",
                                &AttributedLoss::size_class},
    json::Field<AttributedLoss>{"cache", "hot or cold", &AttributedLoss::cache},
    json::Field<AttributedLoss>{"mode", "burst or sustained", &AttributedLoss::mode},
    json::Field<AttributedLoss>{"rounds", "independent repetitions", &AttributedLoss::rounds},
    json::Field<AttributedLoss>{"factor",
                                "clock, issue, memory, ...: the factors of a product multiply to "
                                "its eta",
                                &AttributedLoss::factor},
    json::Field<AttributedLoss>{"value", "the factor", &AttributedLoss::value}};

const std::span<const json::Field<AttributedLoss>> kLoss = kLossFields;

}  // namespace

json::Json json_of(const AttributedLoss& loss) { return json::json_of(kLoss, loss); }

std::vector<AttributedLoss> attributed_losses_from(const json::Json& list, std::int64_t schema,
                                                   const std::string& where) {
  if (!list.is_array()) {
    throw Error(ExitCode::invalid_input, where + " is missing or of the wrong type");
  }
  std::vector<AttributedLoss> losses;
  for (std::size_t i = 0; i < list.size(); ++i) {
    losses.push_back(json::from_json(kLoss, list[i], schema, fmt::format("{}[{}]", where, i)));
  }
  return losses;
}

json::Json attributed_loss_schema() { return json::schema_of(kLoss); }

std::string document_attributed_losses() { return json::document(kLoss); }

}  // namespace derate
