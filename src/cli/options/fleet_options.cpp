// SPDX-License-Identifier: Apache-2.0
// Names of options are compared with those of the command itself.
#include "cli/options/fleet_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "derate/error.h"

namespace derate::cli {
namespace {

/// "--out" of "--out=there".
std::string_view name_of(std::string_view option) { return option.substr(0, option.find('=')); }

bool names_devices(const std::string& option) {
  return name_of(option) == "--device" || option == "--all-devices";
}

}  // namespace

std::filesystem::path own_program() {
  std::error_code failed;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) return self;
  throw Error(ExitCode::invalid_input,
              fmt::format("cannot read /proc/self/exe: {}", failed.message()));
}

std::vector<std::string> with_all_devices(std::vector<std::string> run_options) {
  const auto flags = std::find(run_options.begin(), run_options.end(), "--");
  if (std::none_of(run_options.begin(), flags, names_devices)) {
    run_options.insert(run_options.begin(), "--all-devices");
  }
  return run_options;
}

void require_run_options(const CommandFacts& program, const std::vector<std::string>& run_options) {
  const auto run = std::find_if(program.commands.begin(), program.commands.end(),
                                [](const CommandFacts& each) { return each.name == "run"; });
  for (const std::string& option : run_options) {
    if (option == "--") return;  // what follows is derate_bench's
    if (!option.starts_with("-")) continue;
    const std::string_view name = name_of(option);
    if (name == "--out") {
      throw Error(ExitCode::usage, "--out cannot stand behind --: a fleet sets it for each node");
    }
    const bool is_known =
        std::any_of(run->options.begin(), run->options.end(), [&](const OptionFacts& each) {
          return std::find(each.names.begin(), each.names.end(), name) != each.names.end();
        });
    if (is_known && name != "--help" && name != "-h") continue;
    throw Error(ExitCode::usage, fmt::format("behind --: derate run has no option {}", name));
  }
}

}  // namespace derate::cli
