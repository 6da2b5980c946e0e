// SPDX-License-Identifier: Apache-2.0
// The forms of export: one function for each, in a file of that name, and the list of them.
#pragma once

#include <array>
#include <string_view>

#include "export/exports.h"
#include "export/measured.h"

namespace derate::exports {

/// A system file (JSON).
[[nodiscard]] Exported calculon(const Measured& measured);
/// A GPU configuration (JSON); its efficiencies are options of that program.
[[nodiscard]] Exported llm_analysis(const Measured& measured);
/// A row of llmc/mfu.h (C).
[[nodiscard]] Exported llm_c(const Measured& measured);
/// The gpu part of a system file (YAML).
[[nodiscard]] Exported aiconfigurator(const Measured& measured);
/// A GPU architecture file (JSON).
[[nodiscard]] Exported tracelens(const Measured& measured);
/// A hardware profile (JSON), which is of a whole machine.
[[nodiscard]] Exported llmfit(const Measured& measured);
/// One matrix product per line, as `derate validate --gemm-table` reads them.
[[nodiscard]] Exported gemm_table(const Measured& measured);

struct Form {
  std::string_view name;
  Exported (*write)(const Measured& measured);
  Of of = Of::device;
};

inline constexpr std::array kForms = {
    Form{"calculon", calculon},   Form{"llm-analysis", llm_analysis},
    Form{"llm.c", llm_c},         Form{"aiconfigurator", aiconfigurator},
    Form{"tracelens", tracelens}, Form{"llmfit", llmfit, Of::machine},
    Form{"csv", gemm_table}};

}  // namespace derate::exports
