// SPDX-License-Identifier: Apache-2.0
// Fills a record with device, software, work and peak. The program's identity is its GNU build id,
// read from the ELF notes of the loaded image; the host's is a hash of its name.
#include "record_context.h"

#include <elf.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <span>
#include <string>

#include "derate/build_info.h"
#include "measure/own_peak.h"

namespace derate::bench {
namespace {

/// Appends the build id that these notes of an ELF file hold, if any, as hexadecimal digits.
void add_build_id(std::span<const std::byte> notes, std::string& id) {
  const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes.data(), sizeof note);
    const std::size_t name_at = sizeof note;
    const std::size_t data_at = name_at + padded(note.n_namesz);
    const std::size_t end = data_at + padded(note.n_descsz);
    if (end > notes.size()) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes.data() + name_at, "GNU", 4) == 0) {
      for (const std::byte byte : notes.subspan(data_at, note.n_descsz)) {
        id += fmt::format("{:02x}", std::to_integer<int>(byte));
      }
      return;
    }
    notes = notes.subspan(end);
  }
}

/// The GNU build id of this program, which its linker made of all that is in it.
std::string program_id() {
  std::string id;
  // The first object is the program itself.
  ::dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* out) {
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = object->dlpi_phdr[i];
          if (segment.p_type != PT_NOTE) continue;
          const ElfW(Addr) address = object->dlpi_addr + segment.p_vaddr;
          // The linker tells addresses as integers. NOLINTNEXTLINE(performance-no-int-to-ptr)
          const auto* const begin = reinterpret_cast<const std::byte*>(address);
          add_build_id({begin, segment.p_memsz}, *static_cast<std::string*>(out));
        }
        return 1;
      },
      &id);
  return id;
}

std::string host_id() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? hash_text(name.data()) : "";
}

/// Linux makes one at each start of the machine; containers see that of their host.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  return file >> id ? hash_text(id) : "";
}

void add_device(const Device& device, Record& record) {
  record.backend = device.backend;
  record.device_index = device.index;
  record.device_name = device.name;
  record.device_architecture = device.architecture;
  record.device_id = device.id;
  record.device_remark = device.note;
  record.compute_units = device.compute_units;
  record.memory_bytes = static_cast<double>(device.memory_bytes);
  record.last_level_cache_bytes = static_cast<double>(device.last_level_cache_bytes);
  record.driver_version = device.driver_version;
  record.runtime_version = device.runtime_version;
  record.power_cap_w = device.power_cap_w.value_or(kUnknown);
  record.clock_specified_hz = device.clock_specified_hz.value.value_or(kUnknown);
  record.clock_specified_source = device.clock_specified_hz.source;
  record.clock_maximum_hz = device.clock_maximum_hz.value.value_or(kUnknown);
  record.clock_maximum_source = device.clock_maximum_hz.source;
}

}  // namespace

Record record_of(const Workload& workload, const Problem& problem, const Device& device,
                 const Plan& plan, const std::string& run) {
  Record record;
  record.run = run;
  const BuildInfo build = build_info();
  record.tool_version = build.version;
  record.tool_commit = build.commit;
  record.build_type = build.build_type;
  record.program_id = program_id();
  record.host_id = host_id();
  record.boot_id = boot_id();
  add_device(device, record);
  record.workload = workload.name;
  record.variant = workload.variant;
  record.provider = workload.provider;
  record.precision = to_string(workload.precision);
  record.accumulator = to_string(workload.accumulator.value_or(workload.precision));
  record.units = to_string(workload.units);
  record.instruction = workload.instruction;
  record.problem = problem.str();
  record.size_class = workload.size_class(problem);
  record.bound = to_string(workload.bound);
  record.data = to_string(plan.operands.data);
  record.cache = to_string(plan.operands.cache);
  record.mode = to_string(plan.mode);
  const Work work = workload.work(problem);
  record.flops = work.flops;
  record.bytes = work.bytes;
  record.steps = work.steps;
  if (const auto peak = peak_of_work(workload, problem, device)) {
    record.peak_per_clock = peak->per_clock;
    record.peak_instruction = peak->instruction;
    record.peak_source = peak->n_source;
    if (workload.bound == Bound::compute && peak->specified_clock_hz.value) {
      // The data sheet's tensor figures can be at a clock of their own.
      record.clock_specified_hz = *peak->specified_clock_hz.value;
      record.clock_specified_source = peak->specified_clock_hz.source;
    }
  }
  return record;
}

std::string now_utc() {
  using std::chrono::system_clock;
  const auto now = system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::duration_cast<std::chrono::seconds>(now).count()),
                     ms);
}

std::string default_run_name() {
  return fmt::format(
      "{:%Y%m%dT%H%M%SZ}-{:x}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
      ::getpid());
}

}  // namespace derate::bench
