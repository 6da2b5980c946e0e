// SPDX-License-Identifier: Apache-2.0
// The program derate as a function: its commands, the one that the arguments name, its exit code.
#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/command_line.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/missing_file.h"
#include "base/standard_streams.h"
#include "base/terminal.h"
#include "cli/commands.h"
#include "derate/build_info.h"

namespace derate::cli {

namespace {

/// What `derate` alone says.
constexpr const char* kFirstSteps =
    "derate measures what a GPU or CPU delivers of its theoretical peak, 2·N·C\n"
    "\n"
    "  derate run                        measure this machine: a report in a minute\n"
    "  derate check                      does it deliver what is usual?\n"
    "  derate devices                    the devices here, and their peaks\n"
    "  derate peak \"RTX 4090\"            the peaks of another\n"
    "  derate gate --base A --candidate B  is one build of a program slower?\n"
    "  derate --help                     every command\n";

/// What was printed may still be in a buffer, and the disk behind standard output full. Where the
/// output is kept, standard output is somebody else's.
void require_standard_output() {
  if (KeptStreams::are_there()) return;
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && !reader_has_gone()) {
    throw Error(ExitCode::output, "cannot write to standard output");
  }
}

/// The exit code. Throws whatever ends a command early.
int run_command(int argc, const char* const* argv) {
  CommandLine app(
      "Measures what a device delivers of its theoretical peak, 2·N·C, and makes derate "
      "factors of it.",
      "derate");
  const BuildInfo build = build_info();
  app.set_version(fmt::format("derate {} ({}, {})", build.version, build.commit, build.build_type));
  app.require_subcommand(0, 1);  // with 1, CLI11 would not name an unknown command
  ExitCode end = ExitCode::ok;
  add_devices(app, end);
  add_peak(app, end);
  add_catalog(app, end);
  add_run(app, end);
  add_report(app, end);
  add_explain(app, end);
  add_check(app, end);
  add_calibrate(app, end);
  add_export(app, end);
  add_estimate(app, end);
  add_gate(app, end);
  add_noise(app, end);
  add_history(app, end);
  add_fleet(app, end);
  add_track(app, end);
  add_accept(app, end);
  add_validate(app, end);
  add_compare(app, end);
  add_schema(app, end);
  add_completion(app, end);
  add_man(app, end);
  if (is_read_on_terminal()) set_line_width(standard_output(), output_width());
  try {
    if (const auto code = app.parse(argc, argv)) return *code;
  } catch (const std::filesystem::filesystem_error&) {
    throw;
  } catch (const std::system_error&) {
    if (KeptStreams::are_there() || std::ferror(stdout) == 0) throw;  // else told below
  }
  if (!app.subcommand_given()) {
    say(kFirstSteps);
    return static_cast<int>(ExitCode::usage);
  }
  require_standard_output();
  return static_cast<int>(end);
}

ProgramEnd said(const std::exception& error, ExitCode code) {
  say("derate", error.what());
  return {static_cast<int>(code)};
}

}  // namespace

ProgramEnd run_program(int argc, const char* const* argv) {
  try {
    return {run_command(argc, argv)};
  } catch (const MissingFile& error) {
    ProgramEnd end = said(error, error.code());
    end.file_is_missing = true;
    return end;
  } catch (const Error& error) {
    return said(error, error.code());
  } catch (const std::filesystem::filesystem_error& error) {
    return said(error, ExitCode::invalid_input);
  } catch (const std::exception& error) {
    return said(error, ExitCode::failed);
  }
}

}  // namespace derate::cli
