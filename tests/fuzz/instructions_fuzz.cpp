// SPDX-License-Identifier: Apache-2.0
// Programs whose functions are decoded: a program is the same as itself.
#include "derate/error.h"
#include "fuzz.h"
#include "instructions/same_instructions.h"

namespace derate::fuzz {
namespace {

void compare(std::string_view input) {
  const instructions::Program program{std::string(input)};
  const auto same = instructions::same_functions(program, program, "BM_hot");
  for (const std::string& name : same) require(!name.empty(), "a function has no name");
}

const Registered instructions_target({"instructions", compare});

}  // namespace
}  // namespace derate::fuzz
