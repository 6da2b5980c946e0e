// SPDX-License-Identifier: Apache-2.0
// Options over parse_share().
#include "cli/options/percent.h"

#include <fmt/format.h>

#include "estimate/quantity.h"

namespace derate::cli {

Option add_share(Command& command, const std::string& option, double& share,
                 const std::string& meaning) {
  return command
      .add_option_function(
          option, [&share, option](const std::string& text) { share = parse_share(text, option); },
          meaning)
      .default_text(fmt::format("{:g}%", 100 * share))
      .type_name("SHARE");
}

}  // namespace derate::cli
