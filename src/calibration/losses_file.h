// SPDX-License-Identifier: Apache-2.0
// Attributed losses in a calibration's file, one object for each factor of each product.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fields.h"
#include "derate/calibration.h"

namespace derate {

[[nodiscard]] json::Json json_of(const AttributedLoss& loss);

/// Of the file's list, which `where` names. Throws Error(invalid_input) for whatever is none.
[[nodiscard]] std::vector<AttributedLoss> attributed_losses_from(const json::Json& list,
                                                                 std::int64_t schema,
                                                                 const std::string& where);

[[nodiscard]] json::Json attributed_loss_schema();
[[nodiscard]] std::string document_attributed_losses();

}  // namespace derate
