// SPDX-License-Identifier: Apache-2.0
// Reads MIDR_EL1 from sysfs, or its fields from /proc/cpuinfo, and names the core. Numbers as in
// Linux's arch/arm64/include/asm/cputype.h; which of these cores have a rate is in
// architecture.cpp.
#include "backend/host/arm_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "backend/host/files.h"
#include "backend/host/probe.h"

namespace derate::host {
namespace {

struct CoreName {
  int implementer;
  int part;
  std::string_view name;
};

constexpr std::array kCoreNames = {
    CoreName{0x41, 0xD03, "Arm Cortex-A53"},   CoreName{0x41, 0xD04, "Arm Cortex-A35"},
    CoreName{0x41, 0xD05, "Arm Cortex-A55"},   CoreName{0x41, 0xD07, "Arm Cortex-A57"},
    CoreName{0x41, 0xD08, "Arm Cortex-A72"},   CoreName{0x41, 0xD09, "Arm Cortex-A73"},
    CoreName{0x41, 0xD0A, "Arm Cortex-A75"},   CoreName{0x41, 0xD0B, "Arm Cortex-A76"},
    CoreName{0x41, 0xD0C, "Arm Neoverse N1"},  CoreName{0x41, 0xD0D, "Arm Cortex-A77"},
    CoreName{0x41, 0xD40, "Arm Neoverse V1"},  CoreName{0x41, 0xD41, "Arm Cortex-A78"},
    CoreName{0x41, 0xD42, "Arm Cortex-A78AE"}, CoreName{0x41, 0xD44, "Arm Cortex-X1"},
    CoreName{0x41, 0xD46, "Arm Cortex-A510"},  CoreName{0x41, 0xD47, "Arm Cortex-A710"},
    CoreName{0x41, 0xD48, "Arm Cortex-X2"},    CoreName{0x41, 0xD49, "Arm Neoverse N2"},
    CoreName{0x41, 0xD4D, "Arm Cortex-A715"},  CoreName{0x41, 0xD4E, "Arm Cortex-X3"},
    CoreName{0x41, 0xD4F, "Arm Neoverse V2"},  CoreName{0x41, 0xD80, "Arm Cortex-A520"},
    CoreName{0x41, 0xD81, "Arm Cortex-A720"},  CoreName{0x41, 0xD82, "Arm Cortex-X4"},
    CoreName{0x41, 0xD84, "Arm Neoverse V3"},  CoreName{0x41, 0xD85, "Arm Cortex-X925"},
    CoreName{0x41, 0xD87, "Arm Cortex-A725"},  CoreName{0x41, 0xD8E, "Arm Neoverse N3"},
    CoreName{0x46, 0x001, "Fujitsu A64FX"},    CoreName{0x4E, 0x004, "NVIDIA Carmel"},
    CoreName{0xC0, 0xAC3, "Ampere AmpereOne"}, CoreName{0xC0, 0xAC4, "Ampere AmpereOne A"},
};

std::string_view implementer_name(int implementer) {
  switch (implementer) {
    case 0x41:
      return "Arm";
    case 0x46:
      return "Fujitsu";
    case 0x48:
      return "HiSilicon";
    case 0x4E:
      return "NVIDIA";
    case 0x51:
      return "Qualcomm";
    case 0x61:
      return "Apple";
    case 0x6D:
      return "Microsoft";
    case 0xC0:
      return "Ampere";
    default:
      return "";
  }
}

/// "0x41" or "65"; empty for anything else, also what is beyond a register's 64 bits.
std::optional<std::uint64_t> number_in(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, hexadecimal ? 16 : 10);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// The part of /proc/cpuinfo that begins with "processor : CPU", up to the next processor.
std::string_view block_of(std::string_view cpuinfo, int cpu) {
  constexpr std::string_view kKey = "processor";
  std::size_t at = cpuinfo.starts_with(kKey) ? 0 : cpuinfo.find("\nprocessor");
  while (at != std::string_view::npos) {
    if (cpuinfo[at] == '\n') ++at;
    const std::size_t next = cpuinfo.find("\nprocessor", at);
    const std::string_view block =
        cpuinfo.substr(at, next == std::string_view::npos ? next : next - at);
    if (number_in(cpuinfo_value(block, kKey)) == static_cast<std::uint64_t>(cpu)) return block;
    at = next;
  }
  return {};
}

}  // namespace

Midr decode_midr(std::uint64_t value) {
  return {static_cast<int>(value >> 24 & 0xFF), static_cast<int>(value >> 20 & 0xF),
          static_cast<int>(value >> 4 & 0xFFF), static_cast<int>(value & 0xF)};
}

std::optional<Midr> midr_in_cpuinfo(std::string_view cpuinfo, int cpu) {
  const std::string_view block = block_of(cpuinfo, cpu);
  const auto field = [&](std::string_view key) { return number_in(cpuinfo_value(block, key)); };
  const auto implementer = field("CPU implementer");
  const auto part = field("CPU part");
  if (!implementer || !part || *implementer > 0xFF || *part > 0xFFF) return std::nullopt;
  return Midr{static_cast<int>(*implementer),
              static_cast<int>(field("CPU variant").value_or(0) & 0xF), static_cast<int>(*part),
              static_cast<int>(field("CPU revision").value_or(0) & 0xF)};
}

std::optional<Midr> midr_of(int cpu, const std::string& root) {
  const std::string file =
      fmt::format("{}/sys/devices/system/cpu/cpu{}/regs/identification/midr_el1", root, cpu);
  if (const auto value = number_in(read_line(file)); value && *value != 0) {
    return decode_midr(*value);
  }
  return midr_in_cpuinfo(read_file(root + "/proc/cpuinfo"), cpu);
}

std::string arm_core_name(const Midr& midr) {
  const auto row = std::find_if(kCoreNames.begin(), kCoreNames.end(), [&](const CoreName& core) {
    return core.implementer == midr.implementer && core.part == midr.part;
  });
  if (row != kCoreNames.end()) return std::string(row->name);
  const std::string_view implementer = implementer_name(midr.implementer);
  if (implementer.empty()) {
    return fmt::format("CPU of implementer {:#04x}, part {:#05x}", midr.implementer, midr.part);
  }
  return fmt::format("{} CPU, part {:#05x}", implementer, midr.part);
}

CpuIdentity arm_identity(const std::vector<int>& cpus, const std::string& root) {
  CpuIdentity cpu;
  const std::optional<Midr> first = midr_of(cpus.front(), root);
  if (!first) return cpu;
  cpu.midr_implementer = first->implementer;
  cpu.vendor = implementer_name(first->implementer);
  if (cpu.vendor.empty()) cpu.vendor = fmt::format("implementer {:#04x}", first->implementer);
  cpu.brand = arm_core_name(*first);
  cpu.family = 8;
  cpu.model = first->part;
  cpu.stepping = first->variant << 4 | first->revision;
  for (const int each : cpus) {
    const std::optional<Midr> other = midr_of(each, root);
    if (other && !other->is_same_core(*first)) cpu.hybrid = true;
  }
  return cpu;
}

}  // namespace derate::host
