// SPDX-License-Identifier: Apache-2.0
// An emulator is recognised by the kernel's own word of what runs, and by what QEMU's CPUs are
// called.
#include "backend/host/emulator.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace derate::host {
namespace {

namespace fs = std::filesystem;

/// A thread's folder whose program is called `name` and begins with an ELF header of this machine.
class Thread {
 public:
  Thread(const std::string& name, int machine, const std::string& magic = ELFMAG) {
    std::string folder = (fs::temp_directory_path() / "derate_emulator_XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder");
    folder_ = folder;
    std::string header(64, '\0');
    header.replace(0, magic.size(), magic);
    header[18] = static_cast<char>(machine & 0xFF);
    header[19] = static_cast<char>(machine >> 8);
    std::ofstream(folder_ / name, std::ios::binary) << header;
    fs::create_symlink(folder_ / name, folder_ / "exe");
  }
  ~Thread() { fs::remove_all(folder_); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  [[nodiscard]] std::string folder() const { return folder_.string(); }

 private:
  fs::path folder_;
};

TEST(Emulator, IsAnExecutableOfAnotherInstructionSet) {
  EXPECT_EQ(emulating_program(Thread("qemu-mips", EM_MIPS).folder()), "qemu-mips");
  EXPECT_EQ(emulating_program(Thread("qemu-any", EM_RISCV).folder()), "qemu-any");
}

TEST(Emulator, IsNoneForWhatIsOfThisInstructionSetOrUnknown) {
#if defined(__x86_64__)
  EXPECT_EQ(emulating_program(Thread("derate", EM_X86_64).folder()), "");
#elif defined(__aarch64__)
  EXPECT_EQ(emulating_program(Thread("derate", EM_AARCH64).folder()), "");
#endif
  EXPECT_EQ(emulating_program(Thread("script", EM_MIPS, "#!sh").folder()), "");
  EXPECT_EQ(emulating_program("/no/such/thread"), "");
}

TEST(Emulator, IsAMachineWithQemusOwnCpu) {
  CpuIdentity cpu;
  EXPECT_EQ(emulated_machine(cpu), "");
  cpu.hypervisor = "KVMKVMKVM";
  EXPECT_EQ(emulated_machine(cpu), "");
  cpu.hypervisor = "TCGTCGTCGTCG";
  EXPECT_EQ(emulated_machine(cpu), "QEMU without KVM");
  cpu = {};
  cpu.midr_implementer = 0;
  cpu.model = 0x051;
  EXPECT_EQ(emulated_machine(cpu), "QEMU without KVM");
  cpu.midr_implementer = 0x41;
  EXPECT_EQ(emulated_machine(cpu), "");
}

}  // namespace
}  // namespace derate::host
