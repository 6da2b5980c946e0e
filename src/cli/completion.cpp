// SPDX-License-Identifier: Apache-2.0
// derate completion and derate man: what shells and man(1) know of this program.
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/kept_streams.h"
#include "cli/commands.h"
#include "cli/shell/shell.h"
#include "derate/build_info.h"

namespace derate::cli {
namespace {

struct Shell {
  std::string_view name;
  std::string (*completion)(const CommandFacts& program);
};

constexpr std::array kShells = {Shell{"bash", shell::bash_completion},
                                Shell{"zsh", shell::zsh_completion},
                                Shell{"fish", shell::fish_completion}};

ExitCode write_man_pages(const CommandFacts& program, const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) cannot_write(folder, failed.message());
  for (const shell::ManPage& page : shell::man_pages(program, "derate " + build_info().version)) {
    write_file(folder / page.name, page.text);
  }
  return ExitCode::ok;
}

}  // namespace

void add_completion(Command& app, ExitCode& end) {
  const auto chosen = std::make_shared<std::string>();
  std::vector<std::string> names;
  for (const Shell& each : kShells) names.emplace_back(each.name);
  Command command = app.add_subcommand("completion", "print the completion of a shell");
  command.add_option("shell", *chosen, "which one").required().one_of(names);
  command.on_parse([app, chosen, &end] {
    for (const Shell& each : kShells) {
      if (each.name == *chosen) standard_output() << each.completion(app.facts());
    }
    end = ExitCode::ok;
  });
}

void add_man(Command& app, ExitCode& end) {
  const auto folder = std::make_shared<std::filesystem::path>();
  Command command = app.add_subcommand("man", "write a manual page for each command");
  command.add_option("folder", *folder, "where to; made if it is not there").required().not_empty();
  command.on_parse([app, folder, &end] { end = write_man_pages(app.facts(), *folder); });
}

}  // namespace derate::cli
