// SPDX-License-Identifier: Apache-2.0
// What the texts of both machines' instructions are made with.
#pragma once

#include <capstone/capstone.h>

#include <optional>
#include <string>

#include "instructions/program.h"

namespace derate::instructions {

/// Which of an instruction's operands is the target of its branch or call; nothing where it is
/// none, or goes by a register.
[[nodiscard]] std::optional<std::uint64_t> x86_target(const cs_insn& instruction);
[[nodiscard]] std::optional<std::uint64_t> aarch64_target(const cs_insn& instruction);

/// The operands of an instruction that is no such branch, with data in the place of addresses.
/// Nothing where an address cannot be told.
[[nodiscard]] std::optional<std::string> x86_operands(const Program& program,
                                                      const cs_insn& instruction);

/// The same for AArch64, where an address comes in two instructions, so that the order counts: the
/// page of a register, then an offset in it.
class AArch64Operands {
 public:
  AArch64Operands(const Program& program, csh handle) : program_(program), handle_(handle) {}

  [[nodiscard]] std::optional<std::string> next(const cs_insn& instruction);

 private:
  [[nodiscard]] std::string name_of(unsigned int reg) const;
  [[nodiscard]] bool reads_a_page(const cs_arm64& detail) const;
  [[nodiscard]] std::optional<std::string> resolved(const cs_insn& instruction) const;
  void forget_written(const cs_arm64& detail);

  const Program& program_;
  csh handle_;
  std::map<std::string, std::uint64_t> pages_;  ///< by register
};

}  // namespace derate::instructions
