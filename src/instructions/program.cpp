// SPDX-License-Identifier: Apache-2.0
// Functions and objects from .symtab; PLT entries and pointers by the relocations that fill them.
#include "instructions/program.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/input_file.h"
#include "derate/device.h"
#include "derate/error.h"

namespace derate::instructions {
namespace {

/// The last entry at or before an address; null for none.
template <typename Entry>
const Entry* entry_before(const std::map<std::uint64_t, Entry>& entries, std::uint64_t address) {
  const auto after = entries.upper_bound(address);
  return after == entries.begin() ? nullptr : &std::prev(after)->second;
}

/// "ff 25 displacement": jmp *slot(%rip), behind endbr64 or a bnd prefix at most.
std::optional<std::uint64_t> slot_of_x86_plt_entry(std::string_view entry, std::uint64_t address) {
  constexpr std::size_t kLongestPrefix = 5;
  const std::size_t at = entry.substr(0, kLongestPrefix + 2).find("\xff\x25");
  if (at == std::string_view::npos || entry.size() < at + 6) return std::nullopt;
  const auto displacement = elf::read<std::int32_t>(entry, at + 2, "a PLT entry");
  return address + at + 6 + static_cast<std::uint64_t>(std::int64_t{displacement});
}

/// adrp x16, page; ldr x17, [x16, offset], behind bti at most.
std::optional<std::uint64_t> slot_of_aarch64_plt_entry(std::string_view entry,
                                                       std::uint64_t address) {
  for (std::size_t at = 0; at + 8 <= std::min<std::size_t>(entry.size(), 12); at += 4) {
    const auto page = elf::read<std::uint32_t>(entry, at, "a PLT entry");
    const auto load = elf::read<std::uint32_t>(entry, at + 4, "a PLT entry");
    if ((page & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211) continue;
    const std::uint64_t pages = (page >> 29 & 3) | (page >> 5 & 0x7ffff) << 2;
    const std::uint64_t distance = (pages ^ 0x100000) - 0x100000;  // of 21 bits, with a sign
    const std::uint64_t offset = load >> 10 & 0xfff;               // in words of 8 bytes
    return ((address + at) & ~std::uint64_t{0xfff}) + (distance << 12) + offset * 8;
  }
  return std::nullopt;
}

Machine machine_of(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) elf::refuse("it is not little-endian");
  if (header.e_machine == EM_X86_64) return Machine::x86_64;
  if (header.e_machine == EM_AARCH64) return Machine::aarch64;
  elf::refuse("it is neither for x86-64 nor for AArch64");
}

}  // namespace

Program::Program(std::string bytes) : bytes_(std::move(bytes)) {
  sections_ = elf::sections_of(bytes_);
  const auto header = elf::read<Elf64_Ehdr>(bytes_, 0, "an ELF header");
  machine_ = machine_of(header);
  fixed_addresses_ = header.e_type == ET_EXEC;
  add_symbols();
  if (functions_.empty()) elf::refuse("it has no symbols");
  for (const elf::Relocation& each : elf::relocations_of(sections_)) {
    relocations_.try_emplace(each.address, each);
  }
}

void Program::add_symbols() {
  for (const elf::Symbol& symbol : elf::symbols_of(sections_, SHT_SYMTAB)) {
    const elf::Section* const section = section_at(symbol.address);
    if (section == nullptr || symbol.bytes == 0 || symbol.name.empty()) continue;
    if (symbol.type == STT_OBJECT) objects_.try_emplace(symbol.address, symbol);
    const std::uint64_t from = symbol.address - section->address;
    const bool whole =
        from <= section->content.size() && symbol.bytes <= section->content.size() - from;
    if (symbol.type != STT_FUNC || !whole) continue;
    const Function function{symbol.name, symbol.address,
                            section->content.substr(from, symbol.bytes)};
    const auto [known, is_new] = functions_.try_emplace(symbol.address, function);
    if (!is_new && symbol.name < known->second.name) known->second = function;
  }
}

const elf::Section* Program::section_at(std::uint64_t address) const {
  const auto found =
      std::find_if(sections_.begin(), sections_.end(), [&](const elf::Section& section) {
        const bool loaded = (section.flags & SHF_ALLOC) != 0 && (section.flags & SHF_TLS) == 0;
        return loaded && address >= section.address && address - section.address < section.bytes;
      });
  return found == sections_.end() ? nullptr : &*found;
}

const Function* Program::function_at(std::uint64_t address) const {
  const Function* const before = entry_before(functions_, address);
  return before != nullptr && before->holds(address) ? before : nullptr;
}

std::string Program::named(std::uint64_t address) const {
  const auto text = [&](std::string_view name, std::uint64_t begin) {
    return fmt::format("{}+{}", name, address - begin);
  };
  if (const Function* const in = function_at(address)) return text(in->name, in->address);
  const elf::Symbol* const in = entry_before(objects_, address);
  if (in == nullptr || address - in->address >= in->bytes) return "";
  return text(in->name, in->address);
}

std::string Program::pointer_at(std::uint64_t address) const {
  const auto found = relocations_.find(address);
  if (found == relocations_.end()) return "";
  const auto& [at, symbol, addend] = found->second;
  if (!symbol.empty()) return fmt::format("*{}+{}", symbol, addend);
  const std::string name = named(static_cast<std::uint64_t>(addend));
  return name.empty() ? "" : "*" + name;
}

std::string Program::data_at(std::uint64_t address, std::size_t bytes) const {
  if (std::string name = named(address); !name.empty()) return name + content_at(address);
  if (std::string pointer = pointer_at(address); !pointer.empty()) return pointer;
  const elf::Section* const section = section_at(address);
  if (section == nullptr || (section->flags & (SHF_WRITE | SHF_EXECINSTR)) != 0) return "";
  const std::uint64_t from = address - section->address;
  if (from > section->content.size() || bytes > section->content.size() - from) return "";
  std::string text = "=";
  for (const char byte : section->content.substr(from, bytes)) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

/// Of a constant object: one of the same name and other content is another.
std::string Program::content_at(std::uint64_t address) const {
  const elf::Symbol* const object = entry_before(objects_, address);
  if (object == nullptr || address - object->address >= object->bytes) return "";
  const elf::Section* const section = section_at(object->address);
  if (section == nullptr || (section->flags & (SHF_WRITE | SHF_EXECINSTR)) != 0) return "";
  const std::uint64_t from = object->address - section->address;
  if (from > section->content.size() || object->bytes > section->content.size() - from) return "";
  return "=" + hash_text(std::string(section->content.substr(from, object->bytes)));
}

std::string Program::imported_at(std::uint64_t address) const {
  const elf::Section* const section = section_at(address);
  if (section == nullptr || (section->flags & SHF_EXECINSTR) == 0) return "";
  const std::uint64_t from =
      std::min<std::uint64_t>(address - section->address, section->content.size());
  const std::string_view entry = section->content.substr(from);
  const auto slot = machine_ == Machine::x86_64 ? slot_of_x86_plt_entry(entry, address)
                                                : slot_of_aarch64_plt_entry(entry, address);
  return slot ? pointer_at(*slot) : "";
}

bool Program::may_be_address(std::uint64_t number) const {
  return fixed_addresses_ && section_at(number) != nullptr;
}

std::unique_ptr<Program> read_program(const std::filesystem::path& path) {
  try {
    return std::make_unique<Program>(text_of_file(path, input_limits::kLargestProgram_bytes));
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace derate::instructions
