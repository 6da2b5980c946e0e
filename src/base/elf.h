// SPDX-License-Identifier: Apache-2.0
// ELF files of 64 bits, as views of their bytes: sections, symbols, and which symbol a pointer is
// to be filled with. Every function throws Error(invalid_input) for what breaks off or is none.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace derate::elf {

[[noreturn]] void refuse(const std::string& what);

/// `count` bytes from `at` on, which have to be there; `what` they are of, for the refusal.
[[nodiscard]] std::string_view part(std::string_view bytes, std::uint64_t at, std::uint64_t count,
                                    const char* what);

template <typename T>
[[nodiscard]] T read(std::string_view bytes, std::uint64_t at, const char* what) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, part(bytes, at, sizeof value, what).data(), sizeof value);
  return value;
}

struct Section {
  std::string_view name;
  std::string_view content;  ///< empty where the file holds none
  std::uint32_t type = 0;    ///< SHT_...
  std::uint64_t flags = 0;   ///< SHF_...
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;  ///< in memory
  std::uint32_t link = 0;   ///< the section that belongs to it: names of symbols, say
};

[[nodiscard]] std::vector<Section> sections_of(std::string_view file);

struct Symbol {
  std::string_view name;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  unsigned char type = 0;  ///< STT_...
};

/// Of all sections of this type, SHT_SYMTAB or SHT_DYNSYM.
[[nodiscard]] std::vector<Symbol> symbols_of(const std::vector<Section>& sections,
                                             std::uint32_t type);

/// A place that the loader fills: with the address of a symbol, or of another place of the file.
struct Relocation {
  std::uint64_t address = 0;
  std::string_view symbol;  ///< empty for another place
  std::int64_t addend = 0;
};

[[nodiscard]] std::vector<Relocation> relocations_of(const std::vector<Section>& sections);

}  // namespace derate::elf
