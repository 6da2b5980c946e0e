// SPDX-License-Identifier: Apache-2.0
// A comparison in the formats that every command has.
#include <limits>
#include <sstream>
#include <vector>

#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_text.h"

namespace derate {

std::string render_comparison(const Comparison& comparison, Format format, bool all, ExitCode end,
                              std::size_t width) {
  switch (format) {
    case Format::table:
      return outputs::terminal_text(comparison, all, width);
    case Format::markdown:
      return outputs::markdown_text(comparison, all, std::numeric_limits<std::size_t>::max() / 2);
    case Format::json:
      return verdict_json(comparison, end);
    case Format::csv:
      break;
  }
  std::ostringstream out;
  write_csv(out, outputs::columns(), std::span<const Judgement>(outputs::in_order(comparison)));
  return out.str();
}

}  // namespace derate
