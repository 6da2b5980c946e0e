// SPDX-License-Identifier: Apache-2.0
// A small program as a linker would lay it out, by hand: functions and constants at addresses that
// the test chooses.
#pragma once

#include <elf.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace derate::example {

struct Piece {
  std::string name;
  std::uint64_t address;
  std::string bytes;
};

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A 32-bit word each.
inline std::string words(const std::vector<std::uint32_t>& all) {
  std::string bytes;
  for (const std::uint32_t word : all) bytes += bytes_of(word);
  return bytes;
}

/// The pieces in one block of memory from `address` on.
inline std::string block_of(const std::vector<Piece>& pieces, std::uint64_t address) {
  std::string block;
  for (const Piece& piece : pieces) {
    block.resize(piece.address - address, '\0');
    block += piece.bytes;
  }
  return block;
}

/// Functions, then constants, each by rising address, in an ELF file.
inline std::string program(std::uint16_t machine, const std::vector<Piece>& functions,
                           const std::vector<Piece>& constants) {
  std::string names(1, '\0');
  std::string symbols = bytes_of(Elf64_Sym{});
  const auto add = [&](const Piece& piece, unsigned char type) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_LOCAL, type);
    symbol.st_shndx = 1;
    symbol.st_value = piece.address;
    symbol.st_size = piece.bytes.size();
    symbols += bytes_of(symbol);
    names += piece.name + '\0';
  };
  for (const Piece& each : functions) add(each, STT_FUNC);
  for (const Piece& each : constants) add(each, STT_OBJECT);
  const std::array<std::string, 5> contents = {
      "", block_of(functions, functions.front().address),
      constants.empty() ? "" : block_of(constants, constants.front().address), symbols, names};
  std::array<Elf64_Shdr, 5> sections{};
  std::string file(sizeof(Elf64_Ehdr), '\0');
  for (std::size_t i = 1; i < sections.size(); ++i) {
    sections[i].sh_offset = file.size();
    sections[i].sh_size = contents[i].size();
    file += contents[i];
  }
  sections[1].sh_type = sections[2].sh_type = SHT_PROGBITS;
  sections[1].sh_addr = functions.front().address;
  sections[1].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  sections[2].sh_addr = constants.empty() ? 0 : constants.front().address;
  sections[2].sh_flags = SHF_ALLOC;
  sections[3].sh_type = SHT_SYMTAB;
  sections[3].sh_link = 4;
  sections[4].sh_type = SHT_STRTAB;
  Elf64_Ehdr header{};
  const unsigned char identity[] = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
  for (std::size_t i = 0; i < sizeof identity; ++i) header.e_ident[i] = identity[i];
  header.e_type = ET_DYN;
  header.e_machine = machine;
  header.e_shoff = file.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(sections.size());
  header.e_shstrndx = 4;
  file.replace(0, sizeof header, bytes_of(header));
  return file + bytes_of(sections);
}

}  // namespace derate::example
