// SPDX-License-Identifier: Apache-2.0
// Which functions of a program are those of a benchmark of Google Benchmark's, by its name.
#pragma once

#include <string_view>
#include <vector>

#include "instructions/program.h"

namespace derate::instructions {

/// The functions that measure `benchmark`, by their mangled names: those that take a
/// benchmark::State and have the name up to the first "/" or "<", all instances of a template
/// among them, and the parts that the compiler has split off; of a fixture's "Fixture/Method"
/// its method. None for a benchmark of a lambda or of another name.
[[nodiscard]] std::vector<const Function*> functions_of_benchmark(const Program& program,
                                                                  std::string_view benchmark);

/// "hot" of "_Z3hotPKhl", cut where it is long.
[[nodiscard]] std::string short_name(std::string_view mangled);

}  // namespace derate::instructions
