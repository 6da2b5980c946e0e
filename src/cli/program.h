// SPDX-License-Identifier: Apache-2.0
// The program derate as a function, for main() and for the Python package.
#pragma once

namespace derate::cli {

/// Runs the command that the arguments name, the program's name first, and returns its exit code
/// (derate/error.h). Throws Error and whatever else ends a command.
[[nodiscard]] int run_program(int argc, const char* const* argv);

}  // namespace derate::cli
