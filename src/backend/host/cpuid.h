// SPDX-License-Identifier: Apache-2.0
// What the CPU says about itself through CPUID: plain numbers, empty where there is no CPUID.
#pragma once

#include <string>

namespace derate::host {

/// Identity and the few features that decide how wide a fused multiply-add may be.
struct CpuIdentity {
  std::string vendor;  ///< "AuthenticAMD", "GenuineIntel", "Arm"; empty where nothing tells
  std::string brand;   ///< the marketing name, without padding
  int family = 0;
  int model = 0;  ///< on Arm the part number
  int stepping = 0;
  bool fma256 = false;        ///< AVX2 and FMA, and the operating system saves 256-bit registers
  bool avx512 = false;        ///< AVX-512 F, CD, BW, DQ and VL, and 512-bit registers are saved
  bool hybrid = false;        ///< cores of more than one kind
  std::string hypervisor;     ///< its signature, such as "KVMKVMKVM"; empty on bare metal
  int midr_implementer = -1;  ///< who made an Arm core, 0x41 for Arm; -1 on other instruction sets
  double tsc_hz = 0;          ///< leaf 15h or the hypervisor's timing leaf; 0 when neither tells
};

[[nodiscard]] CpuIdentity read_cpu_identity();

/// Family and model as the vendors number them, from EAX of leaf 1.
struct Signature {
  int family = 0;
  int model = 0;
  int stepping = 0;
};
[[nodiscard]] Signature decode_signature(unsigned eax);

}  // namespace derate::host
