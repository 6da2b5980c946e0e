// SPDX-License-Identifier: Apache-2.0
// The commands of the program derate as a function: arguments in, exit code and texts out. Nothing
// is computed here that the program does not compute.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <exception>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "base/kept_streams.h"
#include "base/standard_streams.h"
#include "cli/program.h"
#include "derate/error.h"
#include "module/bindings.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

/// As main() of the program ends.
int exit_code_of(const std::vector<const char*>& arguments) {
  const auto ended = [](const std::exception& error, ExitCode code) {
    say("derate", error.what());
    return static_cast<int>(code);
  };
  try {
    return cli::run_program(static_cast<int>(arguments.size()), arguments.data());
  } catch (const Error& error) {
    return ended(error, error.code());
  } catch (const std::filesystem::filesystem_error& error) {
    return ended(error, ExitCode::invalid_input);
  } catch (const std::exception& error) {
    return ended(error, ExitCode::failed);
  }
}

std::tuple<int, std::string, std::string> run(const nb::list& arguments) {
  std::vector<std::string> texts = {"derate"};
  for (const nb::handle argument : arguments) texts.push_back(system_text(argument));
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const nb::gil_scoped_release others_may_run;
  const KeptStreams kept;
  const int code = exit_code_of(pointers);
  return {code, kept.output(), kept.messages()};
}

}  // namespace

void bind_commands(nb::module_& module) {
  module.def(
      "run", run, nb::arg("arguments"),
      "Runs a command of the program derate in this process, without the interpreter's lock, and "
      "returns its exit code, what it printed, and what it said on standard error.");
}

}  // namespace derate::python
