// SPDX-License-Identifier: Apache-2.0
// Chooses the form by name and puts the notes on the rows before those of the form.
#include "export/exports.h"

#include "derate/error.h"
#include "export/forms.h"

namespace derate {

std::vector<std::string> export_names() {
  std::vector<std::string> names;
  for (const exports::Form& form : exports::kForms) names.emplace_back(form.name);
  return names;
}

Exported export_rows(std::span<const Row> rows, std::string_view form, std::string_view mode) {
  for (const exports::Form& each : exports::kForms) {
    if (each.name != form) continue;
    const exports::Measured measured = exports::measured(rows, mode, each.of);
    Exported exported = each.write(measured);
    exported.notes.insert(exported.notes.begin(), measured.notes.begin(), measured.notes.end());
    return exported;
  }
  throw Error(ExitCode::usage, "\"" + std::string(form) + "\" is no form of export");
}

}  // namespace derate
