// SPDX-License-Identifier: Apache-2.0
// Parses a share above 0 and below 1, with or without a percent sign.
#include "cli/options/percent.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "derate/error.h"

namespace derate::cli {
namespace {

double parse_share(const std::string& text, const std::string& option) {
  std::string_view number = text;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  while (number.ends_with(' ')) number.remove_suffix(1);
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, failed] = std::from_chars(number.data(), end, value);
  if (percent) value /= 100;
  if (failed == std::errc{} && stop == end && value > 0 && value < 1) return value;
  throw Error(ExitCode::usage,
              fmt::format("{} needs a share such as 2% or 0.02, not \"{}\"", option, text));
}

}  // namespace

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
