// SPDX-License-Identifier: Apache-2.0
// Little-endian ELF on little-endian machines: structures are copied as they are.
#include "base/elf.h"

#include <elf.h>

#include <cstddef>

#include "base/input_limits.h"
#include "derate/error.h"

namespace derate::elf {
namespace {

/// The name at `at` of a table of names.
std::string_view name_at(std::string_view names, std::uint64_t at, const char* of_what) {
  if (at >= names.size()) refuse(std::string(of_what) + " has no name");
  const std::string_view name = names.substr(at, input_limits::kLongestSymbol_bytes);
  return name.substr(0, name.find('\0'));
}

std::string_view names_of(const std::vector<Section>& sections, const Section& section) {
  if (section.link >= sections.size()) refuse("a table of symbols has no names");
  return sections[section.link].content;
}

template <typename Entry>
std::size_t count_in(const Section& section) {
  return section.content.size() / sizeof(Entry);
}

Symbol symbol_at(const Section& section, std::string_view names, std::size_t i) {
  const auto entry = read<Elf64_Sym>(section.content, i * sizeof(Elf64_Sym), "its symbols");
  return {name_at(names, entry.st_name, "a symbol"), entry.st_value, entry.st_size,
          static_cast<unsigned char>(ELF64_ST_TYPE(entry.st_info))};
}

}  // namespace

void refuse(const std::string& what) {
  throw Error(ExitCode::invalid_input, "machine code: " + what);
}

std::string_view part(std::string_view bytes, std::uint64_t at, std::uint64_t count,
                      const char* what) {
  if (at > bytes.size() || count > bytes.size() - at) {
    refuse(std::string("the file breaks off in ") + what);
  }
  return bytes.substr(at, count);
}

std::vector<Section> sections_of(std::string_view file) {
  const auto header = read<Elf64_Ehdr>(file, 0, "an ELF header");
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
    refuse("this is no ELF file of 64 bits");
  }
  if (header.e_shnum == 0) return {};
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    refuse("an ELF file's table of sections is none");
  }
  const std::string_view table = part(
      file, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr), "its sections");
  const auto entry = [&](std::size_t i) {
    return read<Elf64_Shdr>(table, i * sizeof(Elf64_Shdr), "its sections");
  };
  const auto names_entry = entry(header.e_shstrndx);
  const std::string_view names =
      part(file, names_entry.sh_offset, names_entry.sh_size, "the names of sections");
  std::vector<Section> sections;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto section = entry(i);
    const std::string_view content =
        section.sh_type == SHT_NOBITS ? std::string_view()
                                      : part(file, section.sh_offset, section.sh_size, "a section");
    sections.push_back({name_at(names, section.sh_name, "a section"), content, section.sh_type,
                        section.sh_flags, section.sh_addr, section.sh_size, section.sh_link});
  }
  return sections;
}

std::vector<Symbol> symbols_of(const std::vector<Section>& sections, std::uint32_t type) {
  std::vector<Symbol> symbols;
  for (const Section& section : sections) {
    if (section.type != type) continue;
    const std::string_view names = names_of(sections, section);
    for (std::size_t i = 0; i < count_in<Elf64_Sym>(section); ++i) {
      symbols.push_back(symbol_at(section, names, i));
    }
  }
  return symbols;
}

std::vector<Relocation> relocations_of(const std::vector<Section>& sections) {
  std::vector<Relocation> relocations;
  for (const Section& section : sections) {
    if (section.type != SHT_RELA || section.link >= sections.size()) continue;
    const Section& symbols = sections[section.link];
    for (std::size_t i = 0; i < count_in<Elf64_Rela>(section); ++i) {
      const auto entry = read<Elf64_Rela>(section.content, i * sizeof(Elf64_Rela), "a relocation");
      const std::uint64_t symbol = ELF64_R_SYM(entry.r_info);
      const bool is_named = symbol != 0 && symbol < count_in<Elf64_Sym>(symbols);
      relocations.push_back({entry.r_offset,
                             is_named ? symbol_at(symbols, names_of(sections, symbols), symbol).name
                                      : std::string_view(),
                             entry.r_addend});
    }
  }
  return relocations;
}

}  // namespace derate::elf
