// SPDX-License-Identifier: Apache-2.0
// What a node is to run is parsed here as it will be there.
#include "cli/options/fleet_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/command_line.h"
#include "cli/options/run_options.h"
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

void require_run_options(const std::vector<std::string>& run_options) {
  const auto flags = std::find(run_options.begin(), run_options.end(), "--");
  for (auto option = run_options.begin(); option != flags; ++option) {
    const std::string_view name = name_of(*option);
    if (name == "--out") {
      throw Error(ExitCode::usage, "--out cannot stand behind --: a fleet sets it for each node");
    }
    if (name == "--help" || name == "-h") {
      throw Error(ExitCode::usage, fmt::format("{} cannot stand behind --", name));
    }
  }
  RunOptions options;
  CommandLine line("", "derate");
  Command run = line.add_subcommand("run", "");
  add_run_options(run, options);
  std::vector<const char*> words = {"derate", "run"};
  for (const std::string& option : run_options) words.push_back(option.c_str());
  try {
    static_cast<void>(line.parse(static_cast<int>(words.size()), words.data()));
    require_consistent(options);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("behind --: {}", error.what()));
  }
}

}  // namespace derate::cli
