// SPDX-License-Identifier: Apache-2.0
// Whether this program runs under an emulator of its instruction set, whose times are not those of
// any CPU.
#pragma once

#include <string>

#include "backend/host/cpuid.h"

namespace derate::host {

/// The program that runs this one where the two are not of one instruction set ("qemu-aarch64"):
/// the kernel names it as what a thread executes. `thread` is the folder of a thread in /proc.
/// Empty where it is this one.
[[nodiscard]] std::string emulating_program(const std::string& thread);

/// The machine that such a program emulates, by what its CPU says of itself: QEMU without KVM.
/// Empty for any other.
[[nodiscard]] std::string emulated_machine(const CpuIdentity& cpu);

/// Either of them for this process, read once; empty on a real CPU and in a virtual machine.
[[nodiscard]] const std::string& emulator();

}  // namespace derate::host
