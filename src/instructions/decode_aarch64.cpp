// SPDX-License-Identifier: Apache-2.0
// AArch64: adrp puts the page of an address into a register, and an add, a load or a store behind
// it has the offset within the page. Both change with the layout, so they are read together.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "instructions/decoder.h"

namespace derate::instructions {
namespace {

std::span<const cs_arm64_op> operands_of(const cs_arm64& detail) {
  return {detail.operands, detail.op_count};
}

/// The bytes that a load or store accesses at most, by its first register: as many where fewer are
/// accessed only make more differ.
std::size_t accessed_bytes(std::string_view mnemonic, std::string_view first_register) {
  const std::size_t many = mnemonic.find('p') == std::string_view::npos ? 1 : 2;
  switch (first_register.empty() ? ' ' : first_register.front()) {
    case 'q':
    case 'v':
      return 16 * many;
    case 'x':
    case 'd':
      return 8 * many;
    default:
      return 4 * many;
  }
}

/// Operands with `data` for their last number, or for that which "[x0]" leaves out.
std::string with_last_number(std::string text, const std::string& data) {
  const std::size_t at = text.rfind('#');
  const std::size_t bracket = text.rfind(']');
  if (at != std::string::npos) {
    text.replace(at, std::min(bracket, text.size()) - at, data);
  } else if (bracket != std::string::npos) {
    text.insert(bracket, ", " + data);
  }
  return text;
}

bool is_literal_load(const cs_insn& instruction) {
  const cs_arm64& detail = instruction.detail->arm64;
  const bool loads = instruction.id == ARM64_INS_LDR || instruction.id == ARM64_INS_LDRSW;
  return loads && detail.op_count == 2 && detail.operands[1].type == ARM64_OP_IMM;
}

}  // namespace

std::optional<std::uint64_t> aarch64_target(const cs_insn& instruction) {
  switch (instruction.id) {
    case ARM64_INS_B:
    case ARM64_INS_BL:
    case ARM64_INS_CBZ:
    case ARM64_INS_CBNZ:
    case ARM64_INS_TBZ:
    case ARM64_INS_TBNZ:
      break;
    default:
      return std::nullopt;
  }
  const auto operands = operands_of(instruction.detail->arm64);
  if (operands.empty() || operands.back().type != ARM64_OP_IMM) return std::nullopt;
  return static_cast<std::uint64_t>(operands.back().imm);
}

std::string AArch64Operands::name_of(unsigned int reg) const {
  const char* const known = cs_reg_name(handle_, reg);
  std::string name = known == nullptr ? "" : known;
  if (name.starts_with('w')) name.front() = 'x';  // its lower half
  return name;
}

bool AArch64Operands::reads_a_page(const cs_arm64& detail) const {
  const auto operands = operands_of(detail);
  return std::any_of(operands.begin(), operands.end(), [&](const cs_arm64_op& operand) {
    const bool reads = (operand.access & CS_AC_READ) != 0;
    if (operand.type == ARM64_OP_REG) return reads && pages_.contains(name_of(operand.reg));
    return operand.type == ARM64_OP_MEM && (pages_.contains(name_of(operand.mem.base)) ||
                                            pages_.contains(name_of(operand.mem.index)));
  });
}

/// The operands of an instruction that completes the address of a page.
std::optional<std::string> AArch64Operands::resolved(const cs_insn& instruction) const {
  const auto operands = operands_of(instruction.detail->arm64);
  const cs_arm64_op& last = operands.back();
  if (instruction.detail->arm64.writeback) return std::nullopt;
  std::string data;
  if (instruction.id == ARM64_INS_ADD && operands.size() == 3 && last.type == ARM64_OP_IMM) {
    const auto page = pages_.find(name_of(operands[1].reg));
    constexpr std::size_t kPointer_bytes = 8;
    if (page != pages_.end()) {
      data = program_.data_at(page->second + static_cast<std::uint64_t>(last.imm), kPointer_bytes);
    }
  } else if (last.type == ARM64_OP_MEM && last.mem.index == ARM64_REG_INVALID) {
    const auto page = pages_.find(name_of(last.mem.base));
    const char* const first = cs_reg_name(handle_, operands.front().reg);
    if (page != pages_.end()) {
      data = program_.data_at(page->second + static_cast<std::uint64_t>(last.mem.disp),
                              accessed_bytes(instruction.mnemonic, first == nullptr ? "" : first));
    }
  }
  if (data.empty()) return std::nullopt;
  return with_last_number(instruction.op_str, data);
}

void AArch64Operands::forget_written(const cs_arm64& detail) {
  for (const cs_arm64_op& operand : operands_of(detail)) {
    const bool writes = operand.type == ARM64_OP_REG && (operand.access & CS_AC_WRITE) != 0;
    if (writes) pages_.erase(name_of(operand.reg));
  }
}

std::optional<std::string> AArch64Operands::next(const cs_insn& instruction) {
  const cs_arm64& detail = instruction.detail->arm64;
  const auto operands = operands_of(detail);
  if (instruction.id == ARM64_INS_ADRP) {
    pages_[name_of(operands[0].reg)] = static_cast<std::uint64_t>(operands[1].imm);
    return name_of(operands[0].reg);
  }
  std::optional<std::string> text = instruction.op_str;
  if (instruction.id == ARM64_INS_ADR || is_literal_load(instruction)) {
    const std::size_t bytes = accessed_bytes(instruction.mnemonic, instruction.op_str);
    const std::string data = program_.data_at(static_cast<std::uint64_t>(operands[1].imm), bytes);
    if (data.empty()) return std::nullopt;
    text = with_last_number(*text, data);
  } else if (reads_a_page(detail)) {
    text = resolved(instruction);
  }
  forget_written(detail);
  return text;
}

}  // namespace derate::instructions
