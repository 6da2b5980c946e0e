// SPDX-License-Identifier: Apache-2.0
// NVIDIA publishes neither format in full. Offsets are those of cuda's fatbinary_section.h and of
// what nvcc 12 and 13 write; whatever does not look like that is refused, never guessed.
// tests/cuda/sass/cubin.py reads the same in Python, and a test holds the two against each other.
#include "backend/cuda/machine_code.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <type_traits>

#include "derate/error.h"

namespace derate::cuda {
namespace {

constexpr std::uint32_t kFatBinary = 0xBA55ED50;
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kCubin = 2;
constexpr std::string_view kCode = ".text.";

struct FatBinaryHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_bytes;
  std::uint64_t entries_bytes;
};

struct EntryHeader {
  std::uint16_t kind;
  std::uint16_t version;
  std::uint32_t header_bytes;
  std::uint64_t payload_bytes;
  std::uint32_t compressed_bytes;  ///< 0: not compressed
  std::uint32_t unknown[2];
  std::uint32_t architecture;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ExitCode::invalid_input, "machine code: " + what);
}

/// `count` bytes from `at` on, which have to be there.
std::string_view part(std::string_view bytes, std::uint64_t at, std::uint64_t count,
                      const char* what) {
  if (at > bytes.size() || count > bytes.size() - at) {
    refuse(std::string("the file breaks off in ") + what);
  }
  return bytes.substr(at, count);
}

template <typename T>
T read(std::string_view bytes, std::uint64_t at, const char* what) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, part(bytes, at, sizeof value, what).data(), sizeof value);
  return value;
}

struct Section {
  std::string_view name;
  std::string_view content;  ///< empty where the file holds none
};

std::vector<Section> sections_of(std::string_view elf) {
  const auto file = read<Elf64_Ehdr>(elf, 0, "an ELF header");
  if (std::memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 || file.e_ident[EI_CLASS] != ELFCLASS64) {
    refuse("this is no ELF file of 64 bits");
  }
  if (file.e_shnum == 0) return {};
  if (file.e_shentsize != sizeof(Elf64_Shdr) || file.e_shstrndx >= file.e_shnum) {
    refuse("an ELF file's table of sections is none");
  }
  const std::string_view table =
      part(elf, file.e_shoff, std::uint64_t{file.e_shnum} * sizeof(Elf64_Shdr), "its sections");
  const auto header = [&](std::size_t i) {
    return read<Elf64_Shdr>(table, i * sizeof(Elf64_Shdr), "its sections");
  };
  const auto names_header = header(file.e_shstrndx);
  const std::string_view names =
      part(elf, names_header.sh_offset, names_header.sh_size, "the names of sections");
  std::vector<Section> sections;
  for (std::size_t i = 0; i < file.e_shnum; ++i) {
    const auto section = header(i);
    if (section.sh_name >= names.size()) refuse("a section has no name");
    const std::string_view name = names.substr(section.sh_name);
    const std::string_view content =
        section.sh_type == SHT_NOBITS ? std::string_view()
                                      : part(elf, section.sh_offset, section.sh_size, "a section");
    sections.push_back({name.substr(0, name.find('\0')), content});
  }
  return sections;
}

void add_cubin(std::string_view cubin, int architecture, std::vector<KernelCode>& kernels) {
  if (read<Elf64_Ehdr>(cubin, 0, "a cubin").e_machine != EM_CUDA) {
    refuse("an entry of a fat binary is no cubin");
  }
  for (const Section& section : sections_of(cubin)) {
    if (!section.name.starts_with(kCode)) continue;
    kernels.push_back({section.name.substr(kCode.size()), architecture, section.content});
  }
}

void add_entries(std::string_view entries, std::vector<KernelCode>& kernels) {
  while (!entries.empty()) {
    const auto entry = read<EntryHeader>(entries, 0, "an entry of a fat binary");
    if (entry.header_bytes < sizeof entry) refuse("an entry of a fat binary has no header");
    part(entries, 0, entry.header_bytes, "an entry of a fat binary");
    const std::string_view payload =
        part(entries, entry.header_bytes, entry.payload_bytes, "an entry of a fat binary");
    if (entry.kind == kCubin && entry.compressed_bytes == 0) {
      add_cubin(payload, static_cast<int>(entry.architecture), kernels);
    }
    entries.remove_prefix(entry.header_bytes + payload.size());
  }
}

}  // namespace

std::string fat_binaries_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "";
  std::ostringstream content;
  content << file.rdbuf();
  const std::string bytes = std::move(content).str();
  std::string found;
  for (const Section& section : sections_of(bytes)) {
    if (section.name == ".nv_fatbin") found += section.content;
  }
  return found;
}

std::vector<KernelCode> kernels_in(std::string_view fat_binaries) {
  std::vector<KernelCode> kernels;
  const FatBinaryHeader sought{kFatBinary, kVersion, sizeof(FatBinaryHeader), 0};
  // Between them lies padding.
  const std::string_view begin(reinterpret_cast<const char*>(&sought),
                               offsetof(FatBinaryHeader, entries_bytes));
  for (std::size_t at = fat_binaries.find(begin); at != std::string_view::npos;
       at = fat_binaries.find(begin)) {
    fat_binaries.remove_prefix(at);
    const auto header = read<FatBinaryHeader>(fat_binaries, 0, "a fat binary");
    const std::string_view entries =
        part(fat_binaries, sizeof header, header.entries_bytes, "a fat binary");
    add_entries(entries, kernels);
    fat_binaries.remove_prefix(sizeof header + entries.size());
  }
  return kernels;
}

std::string_view code_of(const std::vector<KernelCode>& kernels, std::string_view symbol,
                         int architecture) {
  const KernelCode* found = nullptr;
  for (const KernelCode& kernel : kernels) {
    if (kernel.symbol != symbol || kernel.architecture != architecture) continue;
    if (found != nullptr && found->code != kernel.code) return {};
    found = &kernel;
  }
  return found == nullptr ? std::string_view() : found->code;
}

}  // namespace derate::cuda
