// SPDX-License-Identifier: Apache-2.0
// Two passes: where instructions begin, so that branches can be told by number, then their texts.
#include "instructions/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "instructions/decoder.h"

namespace derate::instructions {
namespace {

/// Capstone for one machine.
class Decoder {
 public:
  explicit Decoder(Machine machine) {
    const bool x86 = machine == Machine::x86_64;
    opened_ = cs_open(x86 ? CS_ARCH_X86 : CS_ARCH_ARM64, x86 ? CS_MODE_64 : CS_MODE_LITTLE_ENDIAN,
                      &handle_) == CS_ERR_OK;
    if (!opened_) return;
    cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
    instruction_ = cs_malloc(handle_);
  }
  ~Decoder() {
    if (instruction_ != nullptr) cs_free(instruction_, 1);
    if (opened_) cs_close(&handle_);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  [[nodiscard]] csh handle() const { return handle_; }

  /// Hands each instruction to `use` until it returns false. Whether all were used.
  template <typename Use>
  bool each(const Function& function, Use use) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(function.code.data());
    std::size_t left = function.code.size();
    std::uint64_t address = function.address;
    while (instruction_ != nullptr && left > 0) {
      if (!cs_disasm_iter(handle_, &code, &left, &address, instruction_)) return false;
      if (!use(*instruction_)) return false;
    }
    return left == 0;
  }

 private:
  csh handle_ = 0;
  bool opened_ = false;
  cs_insn* instruction_ = nullptr;
};

bool is_nop(const cs_insn& instruction) {
  return std::string_view(instruction.mnemonic).ends_with("nop");
}

/// The number of the instruction at each address; a nop has that of the one behind it.
using Numbers = std::map<std::uint64_t, std::size_t>;

/// The targets of branches and calls as text.
class Targets {
 public:
  Targets(const Program& program, const Function& function, const Numbers& numbers)
      : program_(program), function_(function), numbers_(numbers) {}

  [[nodiscard]] std::optional<Instruction> at(const cs_insn& branch, std::uint64_t target) const {
    // What is tested before a branch of AArch64, as in "tbz w0, #3, #0x400".
    const std::string_view operands = branch.op_str;
    const std::size_t last = operands.rfind(", ");
    const std::string before(last == std::string_view::npos ? "" : operands.substr(0, last + 1));
    const std::string text = fmt::format("{} {}", branch.mnemonic, before);
    if (function_.holds(target)) {
      const auto number = numbers_.find(target);
      if (number == numbers_.end()) return std::nullopt;
      return Instruction{fmt::format("{}@{}", text, number->second)};
    }
    if (const Function* const other = program_.function_at(target)) {
      return Instruction{fmt::format("{}{}+{}", text, other->name, target - other->address), other};
    }
    const std::string imported = program_.imported_at(target);
    if (imported.empty()) return std::nullopt;
    return Instruction{text + imported};
  }

 private:
  const Program& program_;
  const Function& function_;
  const Numbers& numbers_;
};

std::optional<Numbers> number(Decoder& decoder, const Function& function, std::size_t most) {
  Numbers numbers;
  std::size_t count = 0;
  const bool whole = decoder.each(function, [&](const cs_insn& instruction) {
    numbers.emplace(instruction.address, count);
    count += is_nop(instruction) ? 0 : 1;
    return numbers.size() <= most;
  });
  return whole ? std::optional(std::move(numbers)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Instruction>> instructions_of(const Program& program,
                                                        const Function& function,
                                                        std::size_t most) {
  const bool x86 = program.machine() == Machine::x86_64;
  Decoder decoder(program.machine());
  const std::optional<Numbers> numbers = number(decoder, function, most);
  if (!numbers) return std::nullopt;
  const Targets targets(program, function, *numbers);
  AArch64Operands aarch64(program, decoder.handle());
  std::vector<Instruction> found;
  const bool whole = decoder.each(function, [&](const cs_insn& instruction) {
    if (is_nop(instruction)) return true;
    const auto target = x86 ? x86_target(instruction) : aarch64_target(instruction);
    std::optional<Instruction> made;
    if (target) {
      made = targets.at(instruction, *target);
    } else if (const auto operands =
                   x86 ? x86_operands(program, instruction) : aarch64.next(instruction)) {
      made = Instruction{fmt::format("{} {}", instruction.mnemonic, *operands)};
    }
    if (made) found.push_back(std::move(*made));
    return made.has_value();
  });
  return whole ? std::optional(std::move(found)) : std::nullopt;
}

}  // namespace derate::instructions
