// SPDX-License-Identifier: Apache-2.0
// Collects clocks, caches, cores and memory from CPUID, sysfs and /proc, each figure with its
// source; a nominal clock is taken from the first of several sources that states one.
#include "backend/host/probe.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "backend/host/architecture.h"
#include "backend/host/arm_identity.h"
#include "backend/host/caches.h"
#include "backend/host/emulator.h"
#include "backend/host/files.h"
#include "backend/host/memory_limit.h"
#include "backend/host/topology.h"

namespace derate::host {
namespace {

double to_number(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The clock the CPU is sold with, from the first source that states one. The last two hold because
/// every x86 since Nehalem and Zen counts time at its nominal clock.
Fact specified_clock(const CpuIdentity& cpu, const std::string& folder,
                     const std::string& cpuinfo) {
  if (const double khz = to_number(read_line(folder + "cpufreq/base_frequency")); khz > 0) {
    return {khz * 1e3, "nominal clock (cpufreq base_frequency)"};
  }
  if (const double mhz = to_number(read_line(folder + "acpi_cppc/nominal_freq")); mhz > 0) {
    return {mhz * 1e6, "nominal clock (ACPI CPPC nominal_freq)"};
  }
  if (const double hz = clock_in_brand_hz(cpu.brand); hz > 0) {
    return {hz, "nominal clock (CPUID brand string)"};
  }
  if (cpu.tsc_hz > 0) return {cpu.tsc_hz, "nominal clock (frequency of the time stamp counter)"};
  // Without frequency scaling in sight, as in a virtual machine, the kernel prints the counter's.
  const bool constant = cpuinfo_value(cpuinfo, "flags").find("tsc_known_freq") != std::string::npos;
  const double mhz = to_number(cpuinfo_value(cpuinfo, "cpu MHz"));
  if (constant && mhz > 0 && read_line(folder + "cpufreq/scaling_driver").empty()) {
    return {mhz * 1e6, "nominal clock (frequency of the time stamp counter, /proc/cpuinfo)"};
  }
  return {std::nullopt, cpu.midr_implementer < 0
                            ? "not known: neither the kernel nor CPUID states a nominal clock"
                            : "not known: the kernel states no nominal clock"};
}

Fact maximum_clock(const std::string& folder) {
  const double khz = to_number(read_line(folder + "cpufreq/cpuinfo_max_freq"));
  if (khz > 0) return {khz * 1e3, "cpufreq cpuinfo_max_freq"};
  return {std::nullopt, "not known: the kernel offers no cpufreq here"};
}

/// Of the highest cache level that the first CPU sees.
std::uint64_t last_level_cache_bytes(const std::vector<DataCache>& caches) {
  std::uint64_t bytes = caches.empty() ? 0 : caches.back().bytes;
#ifdef _SC_LEVEL3_CACHE_SIZE
  if (bytes == 0) bytes = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
  if (bytes == 0) bytes = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_LEVEL2_CACHE_SIZE)));
#endif
  return bytes;
}

std::uint64_t installed_bytes() {
  return static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES))) *
         static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
}

void append_sentence(std::string& text, const std::string& sentence) {
  if (sentence.empty()) return;
  text += (text.empty() ? "" : "; ") + sentence;
}

std::string note_of(const CpuIdentity& cpu, const Architecture& architecture, const Cores& cores) {
  std::string note;
  append_sentence(note, architecture.reason);
  append_sentence(note, cores.note);
  if (const std::string& name = emulator(); !name.empty()) {
    append_sentence(note,
                    "runs under an emulator (" + name + "), so that no time is a measurement");
  }
  if (!cpu.hypervisor.empty()) {
    append_sentence(note, "runs in a virtual machine (" + cpu.hypervisor +
                              "), whose host may give time and memory bandwidth to others");
  }
  return note;
}

}  // namespace

double clock_in_brand_hz(std::string_view brand) {
  const std::size_t at = brand.rfind('@');
  if (at == std::string_view::npos) return 0;
  const std::size_t digits = brand.find_first_not_of(' ', at + 1);
  if (digits == std::string_view::npos) return 0;
  const double number = to_number(brand.substr(digits));
  if (brand.find("GHz", digits) != std::string_view::npos) return number * 1e9;
  return brand.find("MHz", digits) != std::string_view::npos ? number * 1e6 : 0;
}

std::uint64_t parse_cache_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size()) return 0;
  if (*end == 'K') return number << 10;
  return *end == 'M' ? number << 20 : 0;
}

std::string cpuinfo_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::size_t key_end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
    if (line.substr(0, key_end + 1) != key) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string_view::npos ? "" : std::string(line.substr(value));
  }
  return "";
}

CpuIdentity identify_cpu() {
  const CpuIdentity cpu = read_cpu_identity();
  return cpu.vendor.empty() ? arm_identity(usable_cores().cpus, "/") : cpu;
}

Device probe_device() { return describe(identify_cpu(), usable_cores(), "/"); }

Device describe(const CpuIdentity& cpu, const Cores& cores, const std::string& root) {
  const Architecture architecture = architecture_of(cpu);
  const std::string cpuinfo = read_file(root + "/proc/cpuinfo");
  const std::string cpus = root + "/sys/devices/system/cpu/";
  const std::string first_cpu = fmt::format("{}cpu{}/", cpus, cores.cpus.front());
  utsname kernel{};
  uname(&kernel);

  Device device;
  device.backend = "host";
  device.name = !cpu.brand.empty() ? cpu.brand : cpuinfo_value(cpuinfo, "model name");
  if (device.name.empty()) device.name = fmt::format("{} CPU", kernel.machine);
  device.architecture = architecture.name;
  device.id =
      hash_text(fmt::format("{}/{}/{}/{}/{}/{}", cpu.vendor, cpu.family, cpu.model, cpu.stepping,
                            device.name, read_line(root + "/etc/machine-id")));
  device.compute_units = cores.units;
  device.compute_units_source = cores.source;
  device.clock_specified_hz = specified_clock(cpu, first_cpu, cpuinfo);
  device.clock_maximum_hz = maximum_clock(first_cpu);
  device.memory_bytes_per_s.source =
      "not known: neither CPUID nor the kernel tells a user how many memory channels there are and "
      "how fast they run";
  device.memory_bytes = installed_bytes();
  device.last_level_cache_bytes = last_level_cache_bytes(
      data_caches(cores.cpus, [&](const std::string& file) { return read_line(cpus + file); }));
  device.driver_version = kernel.release;
  device.runtime_version = std::string("glibc ") + gnu_get_libc_version();
  device.note = note_of(cpu, architecture, cores);
  if (const auto limit = memory_limit(root); limit && limit->limit_bytes < device.memory_bytes) {
    append_sentence(device.note,
                    fmt::format("the control group's memory limit is {:.0f} MiB of {:.0f}",
                                static_cast<double>(limit->limit_bytes) / (1 << 20),
                                static_cast<double>(device.memory_bytes) / (1 << 20)));
    device.memory_bytes = limit->limit_bytes;
  }
  return device;
}

}  // namespace derate::host
