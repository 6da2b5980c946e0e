// SPDX-License-Identifier: Apache-2.0
// Compares the size of the file with the segments that its ELF header promises.
#include "backend/cuda/cut_off_library.h"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

namespace derate::cuda {

bool is_cut_off(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  ElfW(Ehdr) header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return true;
  constexpr int kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  const bool is_of_this_kind = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                               header.e_ident[EI_CLASS] == kClass &&
                               header.e_ident[EI_DATA] == ELFDATA2LSB;
  if (!is_of_this_kind) return false;  // the loader refuses it
  std::error_code unreadable;
  const std::uintmax_t size = std::filesystem::file_size(path, unreadable);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) return true;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) return true;
  }
  return false;
}

}  // namespace derate::cuda
