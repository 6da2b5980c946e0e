// SPDX-License-Identifier: Apache-2.0
// Takes the file's name from --write html=FILE.
#include "cli/options/html_file.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/fit_text.h"
#include "derate/error.h"

namespace derate::cli {
namespace {

std::filesystem::path parse_html_file(const std::string& text) {
  constexpr std::string_view kForm = "html=";
  if (!text.starts_with(kForm) || text.size() == kForm.size()) {
    throw Error(ExitCode::usage,
                fmt::format("--write needs html=FILE: \"{}\" is not", fit_text::echoed(text)));
  }
  return text.substr(kForm.size());
}

}  // namespace

Option add_html_file(Command& command, std::filesystem::path& file) {
  return command
      .add_option_function(
          "--write", [&file](const std::string& text) { file = parse_html_file(text); },
          "write a page with plots too")
      .type_name("html=FILE");
}

void require_other_file(const std::filesystem::path& file,
                        const std::vector<std::filesystem::path>& inputs) {
  for (const std::filesystem::path& input : inputs) {
    if (!is_same_file(file, input)) continue;
    throw Error(ExitCode::usage,
                fmt::format("--write html={} would overwrite what is read", file.string()));
  }
}

}  // namespace derate::cli
