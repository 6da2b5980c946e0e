// SPDX-License-Identifier: Apache-2.0
// Refuses builds that are one build, and says of all of them what is said of one.
#include "regression/run/builds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "derate/error.h"
#include "regression/run/run_options.h"

namespace derate {
namespace {

/// What two builds must not have in common: the program with the words behind it, or the text.
std::pair<std::string, std::string> identity(const CommandTemplate& command) {
  return {program_hash(command), command.without_program()};
}

}  // namespace

Builds builds_of(const std::vector<std::string>& commands) {
  return {commands.begin(), commands.end()};
}

void require_different(const std::string& option, const Builds& builds) {
  if (builds.size() == 1) return;
  std::map<std::pair<std::string, std::string>, std::string> known;
  for (const CommandTemplate& build : builds) {
    const auto [earlier, is_new] = known.emplace(identity(build), build.text());
    if (is_new) continue;
    throw Error(ExitCode::usage,
                fmt::format("{}: `{}` and `{}` run the same program: several builds tell where "
                            "code lies only if each is linked in its own way",
                            option, earlier->second, build.text()));
  }
}

std::string title_of(const std::vector<std::string>& commands) {
  const std::size_t more = commands.size() - 1;
  if (more == 0) return commands.front();
  return fmt::format("{} and {} more build{}", commands.front(), more, more == 1 ? "" : "s");
}

nlohmann::ordered_json statement_of(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return texts.front();
  return texts;
}

std::vector<std::string> program_hashes(const std::vector<std::string>& commands) {
  std::vector<std::string> hashes;
  for (const std::string& command : commands) {
    hashes.push_back(program_hash(CommandTemplate(command)));
  }
  return hashes;
}

bool same_program(const Builds& base, const Builds& candidate) {
  const auto is_first = [&](const CommandTemplate& each) {
    return same_program(base.front(), each);
  };
  return std::all_of(base.begin() + 1, base.end(), is_first) &&
         std::all_of(candidate.begin(), candidate.end(), is_first);
}

}  // namespace derate
