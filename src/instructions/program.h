// SPDX-License-Identifier: Apache-2.0
// A built program for x86-64 or AArch64: its functions, and what lies at an address, in words that
// do not change when the linker puts things elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/elf.h"

namespace derate::instructions {

enum class Machine { x86_64, aarch64 };

struct Function {
  std::string_view name;  ///< mangled
  std::uint64_t address = 0;
  std::string_view code;

  [[nodiscard]] bool holds(std::uint64_t at) const {
    return at >= address && at - address < code.size();
  }
};

class Program {
 public:
  /// Of the bytes of an ELF file. Throws Error(invalid_input) where it is none, is of another
  /// machine or byte order, breaks off, or was stripped.
  explicit Program(std::string bytes);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] Machine machine() const { return machine_; }
  /// By their addresses; of several names for one the first in the order of letters.
  [[nodiscard]] const std::map<std::uint64_t, Function>& functions() const { return functions_; }
  /// The function that an address lies in; null for none.
  [[nodiscard]] const Function* function_at(std::uint64_t address) const;

  /// Data at an address: a symbol and an offset, a pointer to one, or the `bytes` themselves where
  /// they are constant and have no name. Empty where it cannot be told.
  [[nodiscard]] std::string data_at(std::uint64_t address, std::size_t bytes) const;
  /// The function of a shared library that the PLT entry at this address jumps to; empty
  /// where there is none.
  [[nodiscard]] std::string imported_at(std::uint64_t address) const;
  /// Whether instructions may hold addresses as plain numbers, and this one may be an address.
  [[nodiscard]] bool may_be_address(std::uint64_t number) const;

 private:
  [[nodiscard]] std::string content_at(std::uint64_t address) const;
  [[nodiscard]] const elf::Section* section_at(std::uint64_t address) const;
  [[nodiscard]] std::string named(std::uint64_t address) const;
  /// What the loader puts at an address; empty for nothing.
  [[nodiscard]] std::string pointer_at(std::uint64_t address) const;
  void add_symbols();

  std::string bytes_;
  Machine machine_ = Machine::x86_64;
  bool fixed_addresses_ = false;
  std::vector<elf::Section> sections_;
  std::map<std::uint64_t, Function> functions_;
  std::map<std::uint64_t, elf::Symbol> objects_;
  std::map<std::uint64_t, elf::Relocation> relocations_;
};

/// Null where the file is no such program.
[[nodiscard]] std::unique_ptr<Program> read_program(const std::filesystem::path& path);

}  // namespace derate::instructions
