// SPDX-License-Identifier: Apache-2.0
// The data of a comparison's page, which the page of a history holds as well.
#pragma once

#include "base/json.h"
#include "regression/verdict.h"

namespace derate {

/// What src/page/comparison.js shows, worst first; more benchmarks than a page can show are counted
/// on it.
[[nodiscard]] nlohmann::ordered_json comparison_data(const Comparison& comparison);

}  // namespace derate
