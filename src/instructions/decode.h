// SPDX-License-Identifier: Apache-2.0
// A function's instructions as texts that are equal where two programs hold the same instructions
// at other addresses. Capstone decodes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "instructions/program.h"

namespace derate::instructions {

struct Instruction {
  std::string text;  ///< mnemonic and operands; in the place of an address what lies there
  const Function* other = nullptr;  ///< the function that it calls or jumps to
};

/// Without nops, which align what follows. A branch within the function names its target by the
/// number of the instruction. Nothing where a byte is no instruction, an address cannot be told, or
/// there are more than `most`.
[[nodiscard]] std::optional<std::vector<Instruction>> instructions_of(const Program& program,
                                                                      const Function& function,
                                                                      std::size_t most);

}  // namespace derate::instructions
