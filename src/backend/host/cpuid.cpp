// SPDX-License-Identifier: Apache-2.0
// Decodes the CPUID leaves for vendor, family, brand, hypervisor, vector extensions that the
// operating system saves, and the frequency of the time stamp counter.
#include "backend/host/cpuid.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define DERATE_HOST_HAS_CPUID 1
#else
#define DERATE_HOST_HAS_CPUID 0
#endif

namespace derate::host {

Signature decode_signature(unsigned eax) {
  const unsigned base_family = (eax >> 8) & 0xF;
  const unsigned base_model = (eax >> 4) & 0xF;
  // Both vendors: the extended family counts from family 15 on; the extended model also on Intel's
  // family 6.
  const bool extended_family = base_family == 0xF;
  const bool extended_model = extended_family || base_family == 0x6;
  const unsigned family = base_family + (extended_family ? (eax >> 20) & 0xFF : 0);
  const unsigned model = base_model | (extended_model ? ((eax >> 16) & 0xF) << 4 : 0);
  return {static_cast<int>(family), static_cast<int>(model), static_cast<int>(eax & 0xF)};
}

#if DERATE_HOST_HAS_CPUID
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

constexpr bool bit(unsigned word, int index) { return ((word >> index) & 1u) != 0; }

/// A leaf the CPU knows; all zeros for one beyond the last (hypervisor leaves have no such bound).
Registers leaf(unsigned number, unsigned sub_leaf = 0) {
  Registers r;
  const unsigned range = number & 0x80000000u;
  const auto last = static_cast<unsigned>(__get_cpuid_max(range, nullptr));  // Clang says int
  if ((number >> 16) != 0x4000u && last < number) return r;
  __cpuid_count(number, sub_leaf, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}

std::string text_of(std::initializer_list<unsigned> words) {
  std::string text;
  for (const unsigned word : words) {
    std::array<char, 4> bytes{};
    std::memcpy(bytes.data(), &word, bytes.size());
    text.append(bytes.data(), bytes.size());
  }
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  while (!text.empty() && text.back() == ' ') text.pop_back();
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

std::string brand_string() {
  std::string brand;
  if (leaf(0x80000000u).eax < 0x80000004u) return brand;
  std::array<Registers, 3> r{leaf(0x80000002u), leaf(0x80000003u), leaf(0x80000004u)};
  return text_of({r[0].eax, r[0].ebx, r[0].ecx, r[0].edx, r[1].eax, r[1].ebx, r[1].ecx, r[1].edx,
                  r[2].eax, r[2].ebx, r[2].ecx, r[2].edx});
}

/// The register states that the operating system saves (XCR0); 0 without XSAVE.
std::uint64_t saved_states(const Registers& leaf1) {
  if (!bit(leaf1.ecx, 27)) return 0;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

/// Leaf 15h states the time stamp counter as a ratio to a crystal; hypervisors pass the frequency
/// in kHz in a leaf of their own (VMware's convention, which KVM and others follow).
double time_stamp_counter_hz(bool virtualised) {
  const Registers ratio = leaf(0x15);
  if (ratio.eax != 0 && ratio.ebx != 0 && ratio.ecx != 0) {
    return static_cast<double>(ratio.ecx) * ratio.ebx / ratio.eax;
  }
  if (virtualised && leaf(0x40000000u).eax >= 0x40000010u) return leaf(0x40000010u).eax * 1e3;
  return 0;
}

}  // namespace

CpuIdentity read_cpu_identity() {
  CpuIdentity cpu;
  const Registers zero = leaf(0);
  const Registers one = leaf(1);
  const Registers seven = leaf(7);
  const Signature signature = decode_signature(one.eax);
  cpu.vendor = text_of({zero.ebx, zero.edx, zero.ecx});
  cpu.brand = brand_string();
  cpu.family = signature.family;
  cpu.model = signature.model;
  cpu.stepping = signature.stepping;
  const std::uint64_t states = saved_states(one);
  const bool ymm = (states & 0x06) == 0x06;
  const bool zmm = (states & 0xE6) == 0xE6;
  cpu.fma256 = ymm && bit(one.ecx, 12) && bit(seven.ebx, 5);
  cpu.avx512 = zmm && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 28) &&
               bit(seven.ebx, 30) && bit(seven.ebx, 31);
  cpu.hybrid = bit(seven.edx, 15);
  if (bit(one.ecx, 31)) {
    const Registers hypervisor = leaf(0x40000000u);
    cpu.hypervisor = text_of({hypervisor.ebx, hypervisor.ecx, hypervisor.edx});
    if (cpu.hypervisor.empty()) cpu.hypervisor = "unnamed";
  }
  cpu.tsc_hz = time_stamp_counter_hz(!cpu.hypervisor.empty());
  return cpu;
}

#else

CpuIdentity read_cpu_identity() { return {}; }

#endif

}  // namespace derate::host
