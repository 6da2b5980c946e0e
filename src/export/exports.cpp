// SPDX-License-Identifier: Apache-2.0
// Chooses the form by name and puts the remarks on the rows before those of the form.
#include "export/exports.h"

#include <iterator>

#include "export/forms.h"

namespace derate {

std::optional<Exchange> parse_exchange(std::string_view word) {
  for (std::size_t i = 0; i < kExchangeNames.size(); ++i) {
    if (kExchangeNames[i] == word) return static_cast<Exchange>(i);
  }
  return std::nullopt;
}

Exported export_rows(std::span<const Row> rows, Exchange to, std::string_view mode) {
  constexpr Exported (*kForms[])(const exports::Measured&) = {
      exports::calculon, exports::llm_analysis, exports::llm_c, exports::aiconfigurator,
      exports::gemm_table};
  static_assert(std::size(kForms) == kExchangeNames.size());
  const exports::Measured measured = exports::measured(rows, mode);
  Exported exported = kForms[static_cast<std::size_t>(to)](measured);
  exported.notes.insert(exported.notes.begin(), measured.notes.begin(), measured.notes.end());
  return exported;
}

}  // namespace derate
