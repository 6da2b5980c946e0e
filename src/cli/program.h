// SPDX-License-Identifier: Apache-2.0
// The program derate as a function, for main() and for the Python package.
#pragma once

namespace derate::cli {

struct ProgramEnd {
  int exit_code;                 ///< derate/error.h
  bool file_is_missing = false;  ///< it ended since a file to be read is not there
};

/// Runs the command that the arguments name, the program's name first. What ends a command early is
/// said with say().
[[nodiscard]] ProgramEnd run_program(int argc, const char* const* argv);

}  // namespace derate::cli
