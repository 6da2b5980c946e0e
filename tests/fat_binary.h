// SPDX-License-Identifier: Apache-2.0
// A fat binary as nvcc lays it out, by hand: cubins of two kernels, whose code the test chooses.
#pragma once

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace derate::example {

using Code = std::array<char, 16>;

struct Cubin {
  Elf64_Ehdr file;
  Code first, second;
  char names[36];
  Elf64_Shdr sections[4];
};

struct CubinEntry {
  std::uint16_t kind = 2, version = 1;
  std::uint32_t header_bytes = offsetof(CubinEntry, cubin);
  std::uint64_t payload_bytes = sizeof(Cubin);
  std::uint32_t compressed_bytes = 0;
  std::uint32_t unknown[2] = {};
  std::uint32_t architecture = 0;
  Cubin cubin;
};

struct FatBinary {
  std::uint32_t magic = 0xBA55ED50;
  std::uint16_t version = 1, header_bytes = 16;
  std::uint64_t entries_bytes = 2 * sizeof(CubinEntry);
  CubinEntry entries[2];
};

constexpr Elf64_Shdr section(Elf64_Word name, Elf64_Word type, std::size_t at, std::size_t bytes) {
  Elf64_Shdr made{};
  made.sh_name = name;
  made.sh_type = type;
  made.sh_offset = at;
  made.sh_size = bytes;
  return made;
}

/// Its kernels are "first" and "second".
constexpr Cubin cubin(const Code& first, const Code& second) {
  Cubin made{};
  const unsigned char identity[] = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
  for (std::size_t i = 0; i < sizeof identity; ++i) made.file.e_ident[i] = identity[i];
  made.file.e_machine = EM_CUDA;
  made.file.e_shoff = offsetof(Cubin, sections);
  made.file.e_shentsize = sizeof(Elf64_Shdr);
  made.file.e_shnum = 4;
  made.file.e_shstrndx = 1;
  made.first = first;
  made.second = second;
  const char names[] = "\0.names\0.text.first\0.text.second";
  for (std::size_t i = 0; i < sizeof names; ++i) made.names[i] = names[i];
  made.sections[1] = section(1, SHT_STRTAB, offsetof(Cubin, names), sizeof made.names);
  made.sections[2] = section(8, SHT_PROGBITS, offsetof(Cubin, first), sizeof made.first);
  made.sections[3] = section(20, SHT_PROGBITS, offsetof(Cubin, second), sizeof made.second);
  return made;
}

constexpr CubinEntry entry(std::uint32_t architecture, const Cubin& cubin) {
  CubinEntry made{.cubin = cubin};
  made.architecture = architecture;
  return made;
}

/// For sm_80 and sm_90, whose second kernel is the same.
constexpr FatBinary fat_binary() {
  return {.entries = {entry(80, cubin({'o', 'l', 'd'}, {'s', 'a', 'm', 'e'})),
                      entry(90, cubin({'n', 'e', 'w'}, {'s', 'a', 'm', 'e'}))}};
}

}  // namespace derate::example
