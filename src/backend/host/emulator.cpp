// SPDX-License-Identifier: Apache-2.0
// qemu-user and its like translate a program's system calls, and put the program's own path in the
// place of /proc/self/exe. They do not know /proc/thread-self, so that the kernel answers there for
// itself: with the emulator, an executable for another instruction set.
#include "backend/host/emulator.h"

#include <elf.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "backend/host/probe.h"

namespace derate::host {
namespace {

#if defined(__x86_64__)
constexpr unsigned kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kOwnMachine = EM_AARCH64;
#else
constexpr unsigned kOwnMachine = EM_NONE;  // not known, so nothing is compared
#endif

/// The instruction set of a little-endian executable; EM_NONE for what is none or cannot be read.
unsigned machine_of(const std::filesystem::path& program) {
  std::ifstream file(program, std::ios::binary);
  std::array<char, 20> header{};
  if (!file.read(header.data(), header.size())) return EM_NONE;
  if (std::string_view(header.data(), SELFMAG) != ELFMAG) return EM_NONE;
  return static_cast<unsigned char>(header[18]) | static_cast<unsigned char>(header[19]) << 8;
}

}  // namespace

std::string emulating_program(const std::string& thread) {
  const std::filesystem::path link = thread + "/exe";
  const unsigned machine = machine_of(link);
  if (machine == EM_NONE || kOwnMachine == EM_NONE || machine == kOwnMachine) return "";
  std::error_code unreadable;
  const std::string name = std::filesystem::read_symlink(link, unreadable).filename().string();
  return name.empty() ? "an unnamed program" : name;
}

std::string emulated_machine(const CpuIdentity& cpu) {
  if (cpu.hypervisor == "TCGTCGTCGTCG") return "QEMU without KVM";
  // QEMU's model "max"; with KVM a guest sees the host's own register.
  if (cpu.midr_implementer == 0 && cpu.model == 0x051) return "QEMU without KVM";
  return "";
}

const std::string& emulator() {
  static const std::string found = [] {
    const std::string program = emulating_program("/proc/thread-self");
    return program.empty() ? emulated_machine(identify_cpu()) : program;
  }();
  return found;
}

}  // namespace derate::host
