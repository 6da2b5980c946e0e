// SPDX-License-Identifier: Apache-2.0
// NVIDIA publishes neither format in full. Offsets are those of cuda's fatbinary_section.h and of
// what nvcc 12 and 13 write; whatever does not look like that is refused, never guessed.
// tests/cuda/sass/cubin.py reads the same in Python, and a test holds the two against each other.
#include "backend/cuda/machine_code.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/elf.h"

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

using elf::part;
using elf::read;
using elf::refuse;
using elf::Section;
using elf::sections_of;

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
    static_cast<void>(part(entries, 0, entry.header_bytes, "an entry of a fat binary"));
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
