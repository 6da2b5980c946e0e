// SPDX-License-Identifier: Apache-2.0
// x86-64: addresses are relative to the next instruction, or plain numbers in programs whose
// addresses are fixed.
#include <fmt/format.h>

#include <algorithm>

#include "instructions/decoder.h"

namespace derate::instructions {
namespace {

constexpr std::size_t kPointer_bytes = 8;

bool replace(std::string& text, std::string_view what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) return false;
  text.replace(at, what.size(), by);
  return true;
}

/// "[rip + 0x2ee3]" by what lies there.
bool replace_relative(const Program& program, const cs_insn& instruction, const cs_x86_op& operand,
                      std::string& text) {
  const std::size_t begin = text.find("[rip");
  const std::size_t end = text.find(']', begin);
  if (begin == std::string::npos || end == std::string::npos) return false;
  const std::uint64_t address =
      instruction.address + instruction.size + static_cast<std::uint64_t>(operand.mem.disp);
  const std::string data = program.data_at(address, operand.size);
  text.replace(begin, end + 1 - begin, "[" + data + "]");
  return !data.empty();
}

/// A number that is an address, where it has a name; else it stays a number.
void replace_absolute(const Program& program, std::uint64_t number, std::string& text) {
  if (!program.may_be_address(number)) return;
  const std::string data = program.data_at(number, kPointer_bytes);
  if (!data.empty()) replace(text, fmt::format("0x{:x}", number), data);
}

}  // namespace

std::optional<std::uint64_t> x86_target(const cs_insn& instruction) {
  const cs_detail& detail = *instruction.detail;
  const auto* const end = detail.groups + detail.groups_count;
  const bool branches = std::any_of(detail.groups, end, [](std::uint8_t group) {
    return group == CS_GRP_JUMP || group == CS_GRP_CALL || group == CS_GRP_BRANCH_RELATIVE;
  });
  const cs_x86& x86 = detail.x86;
  if (!branches || x86.op_count != 1 || x86.operands[0].type != X86_OP_IMM) return std::nullopt;
  return static_cast<std::uint64_t>(x86.operands[0].imm);
}

std::optional<std::string> x86_operands(const Program& program, const cs_insn& instruction) {
  std::string text = instruction.op_str;
  const cs_x86& x86 = instruction.detail->x86;
  for (int i = 0; i < x86.op_count; ++i) {
    const cs_x86_op& operand = x86.operands[i];
    if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP) {
      if (!replace_relative(program, instruction, operand, text)) return std::nullopt;
    } else if (operand.type == X86_OP_MEM) {
      replace_absolute(program, static_cast<std::uint64_t>(operand.mem.disp), text);
    } else if (operand.type == X86_OP_IMM) {
      replace_absolute(program, static_cast<std::uint64_t>(operand.imm), text);
    }
  }
  return text;
}

}  // namespace derate::instructions
