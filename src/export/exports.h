// SPDX-License-Identifier: Apache-2.0
// Rows → the files that estimators of training and inference read, so that they need no guesses.
// docs/exports.md says what goes into which field.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/aggregate.h"

namespace derate {

/// "calculon", "llm-analysis", ...: the programs whose input there is (src/export/forms.h).
[[nodiscard]] std::vector<std::string> export_names();

struct Exported {
  std::string text;                ///< the file
  std::vector<std::string> notes;  ///< what its reader should know: a sentence each
};

/// What `rows` say, in the form of another program. They are to be of one device, or of a GPU and
/// its machine's CPU where the form is of a machine; wrong, failed and suspect ones have no part in
/// it, nor those of zeros or of several devices under load at once. `mode` is "burst" or
/// "sustained"; empty takes sustained rows where there are any, since estimators of training need
/// what lasts. Throws Error(invalid_input) when rows of several devices are mixed, or those that
/// the form cannot do without are missing; Error(usage) for a form that is none.
[[nodiscard]] Exported export_rows(std::span<const Row> rows, std::string_view form,
                                   std::string_view mode);

}  // namespace derate
