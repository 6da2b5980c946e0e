// SPDX-License-Identifier: Apache-2.0
// Rows → the files that estimators of training and inference read, so that they need no guesses.
// docs/exports.md says what goes into which field.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/aggregate.h"

namespace derate {

enum class Exchange {
  calculon,        ///< a system file (JSON)
  llm_analysis,    ///< a GPU configuration (JSON); its efficiencies are options of that program
  llm_c,           ///< a row of llmc/mfu.h (C)
  aiconfigurator,  ///< the gpu part of a system file (YAML)
  csv              ///< one matrix product per line, as `derate validate --gemm-table` reads them
};

inline constexpr std::array<std::string_view, 5> kExchangeNames = {
    "calculon", "llm-analysis", "llm.c", "aiconfigurator", "csv"};

[[nodiscard]] std::optional<Exchange> parse_exchange(std::string_view word);

struct Exported {
  std::string text;                ///< the file
  std::vector<std::string> notes;  ///< what its reader should know: a sentence each
};

/// What `rows` say, in the form of another program. They are to be of one device; wrong, failed and
/// suspect ones have no part in it, nor those of zeros or of several devices under load at once.
/// `mode` is "burst" or "sustained"; empty takes sustained rows where there are any, since
/// estimators of training need what lasts. Throws Error(invalid_input) when rows of several devices
/// are mixed, or those that the form cannot do without are missing.
[[nodiscard]] Exported export_rows(std::span<const Row> rows, Exchange to, std::string_view mode);

}  // namespace derate
