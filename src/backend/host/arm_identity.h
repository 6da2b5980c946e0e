// SPDX-License-Identifier: Apache-2.0
// Which core an Arm CPU has, from the main ID register (MIDR) as the kernel shows it: user space
// has no CPUID there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/host/cpuid.h"

namespace derate::host {

/// The fields of MIDR_EL1 that tell cores apart.
struct Midr {
  int implementer = 0;  ///< 0x41 is Arm
  int variant = 0;      ///< major revision, the n of "rnpm"
  int part = 0;         ///< 0xd4f is a Neoverse V2
  int revision = 0;     ///< the m of "rnpm"

  [[nodiscard]] bool is_same_core(const Midr& other) const {
    return implementer == other.implementer && part == other.part;
  }
};

[[nodiscard]] Midr decode_midr(std::uint64_t value);

/// Of `cpu`, as /proc/cpuinfo has it in "CPU implementer", "CPU part" and so on; empty when it
/// lacks them.
[[nodiscard]] std::optional<Midr> midr_in_cpuinfo(std::string_view cpuinfo, int cpu);

/// Of `cpu`, from sysfs or /proc/cpuinfo; empty on other instruction sets. `root` holds proc/ and
/// sys/.
[[nodiscard]] std::optional<Midr> midr_of(int cpu, const std::string& root);

/// What `cpus` are: vendor, brand ("Arm Neoverse V2"), part as the model. Cores of more than one
/// kind among them are `hybrid`. Without a vendor where there is no MIDR.
[[nodiscard]] CpuIdentity arm_identity(const std::vector<int>& cpus, const std::string& root);

/// "Arm Neoverse V2", or implementer and part as numbers where the core has no row in our table.
[[nodiscard]] std::string arm_core_name(const Midr& midr);

}  // namespace derate::host
