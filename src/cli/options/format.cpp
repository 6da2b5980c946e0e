// SPDX-License-Identifier: Apache-2.0
// The option --format.
#include <string>

#include "cli/commands.h"

namespace derate::cli {

void add_format(Command& command, Format& format) {
  command
      .add_option_function(
          "--format", [&format](const std::string& word) { format = *parse_format(word); },
          "form of the output")
      .one_of({"table", "markdown", "csv", "json"})
      .default_text("table");
}

}  // namespace derate::cli
