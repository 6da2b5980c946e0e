// SPDX-License-Identifier: Apache-2.0
// One function for each form of export; each has a file of that name.
#pragma once

#include "export/exports.h"
#include "export/measured.h"

namespace derate::exports {

[[nodiscard]] Exported calculon(const Measured& measured);
[[nodiscard]] Exported llm_analysis(const Measured& measured);
[[nodiscard]] Exported llm_c(const Measured& measured);
[[nodiscard]] Exported aiconfigurator(const Measured& measured);
[[nodiscard]] Exported gemm_table(const Measured& measured);

}  // namespace derate::exports
