// SPDX-License-Identifier: Apache-2.0
// The commands of the program derate as a function: arguments in, exit code and texts out. Nothing
// is computed here that the program does not compute.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <string>
#include <tuple>
#include <vector>

#include "base/kept_streams.h"
#include "cli/program.h"
#include "module/bindings.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

std::tuple<int, std::string, std::string, bool> run(const nb::list& arguments) {
  std::vector<std::string> texts = {"derate"};
  for (const nb::handle argument : arguments) texts.push_back(system_text(argument));
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const nb::gil_scoped_release others_may_run;
  const KeptStreams kept;
  const cli::ProgramEnd end = cli::run_program(static_cast<int>(pointers.size()), pointers.data());
  return {end.exit_code, kept.output(), kept.messages(), end.file_is_missing};
}

}  // namespace

void bind_commands(nb::module_& module) {
  module.def(
      "run", run, nb::arg("arguments"),
      "Runs a command of the program derate in this process, without the interpreter's lock, and "
      "returns its exit code, what it printed, what it said on standard error, and whether it "
      "ended "
      "since a file to be read is not there.");
}

}  // namespace derate::python
