// SPDX-License-Identifier: Apache-2.0
// The table of families and models, from the sources of LLVM and Linux. A CPU whose vector width or
// number of FMA pipes is not certain gets no architecture, but a reason.
#include "backend/host/architecture.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace derate::host {
namespace {

enum class Width { bits128, bits256, bits512 };

struct ModelRow {
  std::string_view vendor;
  int family;
  int model_first;
  int model_last;
  std::string_view architecture;
  Width width;  ///< what the architecture's rate in the peak table assumes
};

constexpr std::string_view kAmd = "AuthenticAMD";
constexpr std::string_view kIntel = "GenuineIntel";
constexpr std::string_view kArm = "Arm";

// AMD: model ranges as in LLVM's compiler-rt/lib/builtins/cpu_model/x86.c and Linux's
// arch/x86/kernel/cpu/amd.c. Zen 5 needs a finer cut, because its client parts halve the FMA pipes:
// Strix Point (20h-2Fh) and Krackan (60h-6Fh). Strix Halo (70h) and models not yet on sale have no
// row, since we hold no source for their pipes. Hygon (family 18h) has none for the same reason.
// Intel: Linux's arch/x86/include/asm/intel-family.h.
// Arm: part numbers as in Linux's arch/arm64/include/asm/cputype.h. SVE adds nothing to the rate of
// these cores: their pipes are as wide together as with NEON, which every one has.
constexpr std::array kModels = {
    ModelRow{kAmd, 0x17, 0x00, 0x2F, "zen", Width::bits256},   // Naples, Summit Ridge, Picasso
    ModelRow{kAmd, 0x17, 0x30, 0x3F, "zen2", Width::bits256},  // Rome, Castle Peak
    ModelRow{kAmd, 0x17, 0x47, 0x47, "zen2", Width::bits256},  // Xbox Series X's desktop kit
    ModelRow{kAmd, 0x17, 0x60, 0x7F, "zen2", Width::bits256},  // Renoir, Lucienne, Matisse
    ModelRow{kAmd, 0x17, 0x84, 0x87, "zen2", Width::bits256},  // ProjectX
    ModelRow{kAmd, 0x17, 0x90, 0xAF, "zen2", Width::bits256},  // Van Gogh, Mero, Mendocino
    ModelRow{kAmd, 0x19, 0x00, 0x0F, "zen3", Width::bits256},  // Milan
    ModelRow{kAmd, 0x19, 0x20, 0x5F, "zen3",
             Width::bits256},  // Vermeer, Trento, Rembrandt, Cezanne
    ModelRow{kAmd, 0x19, 0x10, 0x1F, "zen4", Width::bits256},         // Genoa, Storm Peak
    ModelRow{kAmd, 0x19, 0x60, 0x7F, "zen4", Width::bits256},         // Raphael, Phoenix
    ModelRow{kAmd, 0x19, 0xA0, 0xAF, "zen4", Width::bits256},         // Bergamo
    ModelRow{kAmd, 0x1A, 0x00, 0x1F, "zen5", Width::bits512},         // Turin, Turin Dense
    ModelRow{kAmd, 0x1A, 0x40, 0x4F, "zen5", Width::bits512},         // Granite Ridge
    ModelRow{kAmd, 0x1A, 0x20, 0x2F, "zen5_mobile", Width::bits256},  // Strix Point
    ModelRow{kAmd, 0x1A, 0x60, 0x6F, "zen5_mobile", Width::bits256},  // Krackan Point
    ModelRow{kIntel, 6, 0x3C, 0x3C, "haswell", Width::bits256},       // Haswell
    ModelRow{kIntel, 6, 0x3F, 0x3F, "haswell", Width::bits256},       // Haswell-EP
    ModelRow{kIntel, 6, 0x45, 0x46, "haswell", Width::bits256},       // Haswell-L, -G
    ModelRow{kIntel, 6, 0x3D, 0x3D, "haswell", Width::bits256},       // Broadwell
    ModelRow{kIntel, 6, 0x47, 0x47, "haswell", Width::bits256},       // Broadwell-G
    ModelRow{kIntel, 6, 0x4F, 0x4F, "haswell", Width::bits256},       // Broadwell-EP
    ModelRow{kIntel, 6, 0x56, 0x56, "haswell", Width::bits256},       // Broadwell-D
    ModelRow{kIntel, 6, 0x4E, 0x4E, "skylake", Width::bits256},       // Skylake-L
    ModelRow{kIntel, 6, 0x5E, 0x5E, "skylake", Width::bits256},       // Skylake
    ModelRow{kIntel, 6, 0x8E, 0x8E, "skylake", Width::bits256},       // Kaby Lake-L and its kin
    ModelRow{kIntel, 6, 0x9E, 0x9E, "skylake", Width::bits256},       // Kaby Lake, Coffee Lake
    ModelRow{kIntel, 6, 0xA5, 0xA6, "skylake", Width::bits256},       // Comet Lake
    ModelRow{kIntel, 6, 0x55, 0x55, "skylake_sp", Width::bits512},    // also Cascade, Cooper Lake
    ModelRow{kIntel, 6, 0x7D, 0x7E, "icelake", Width::bits256},       // Ice Lake client
    ModelRow{kIntel, 6, 0x8C, 0x8D, "icelake", Width::bits256},       // Tiger Lake
    ModelRow{kIntel, 6, 0xA7, 0xA7, "icelake", Width::bits256},       // Rocket Lake
    ModelRow{kIntel, 6, 0x6A, 0x6A, "icelake_sp", Width::bits512},    // Ice Lake-SP
    ModelRow{kIntel, 6, 0x6C, 0x6C, "icelake_sp", Width::bits512},    // Ice Lake-D
    ModelRow{kIntel, 6, 0x8F, 0x8F, "sapphire_rapids", Width::bits512},
    ModelRow{kIntel, 6, 0xCF, 0xCF, "sapphire_rapids", Width::bits512},  // Emerald Rapids
    ModelRow{kArm, 8, 0xD0C, 0xD0C, "neoverse_n1", Width::bits128},      // Graviton 2, Altra
    ModelRow{kArm, 8, 0xD40, 0xD40, "neoverse_v1", Width::bits128},      // Graviton 3
    ModelRow{kArm, 8, 0xD42, 0xD42, "cortex_a78ae", Width::bits128},     // Jetson Orin
    ModelRow{kArm, 8, 0xD49, 0xD49, "neoverse_n2", Width::bits128},      // Cobalt 100, Yitian 710
    ModelRow{kArm, 8, 0xD4F, 0xD4F, "neoverse_v2", Width::bits128},      // Grace, Graviton 4, Axion
    ModelRow{kArm, 8, 0xD81, 0xD81, "cortex_a720", Width::bits128},
};

/// Whether the operating system lets programs use vectors of this width; every 64-bit Arm core has
/// NEON.
bool is_on(Width width, const CpuIdentity& cpu) {
  if (width == Width::bits128) return true;
  return width == Width::bits512 ? cpu.avx512 : cpu.fma256;
}

/// Skylake-SP, which CPUID does not tell from Cascade and Cooper Lake, was also sold with one
/// 512-bit pipe instead of two (Intel ARK: Gold 5, Silver, Bronze, some Xeon W and D); the name
/// tells.
bool has_both_pipes(std::string_view architecture, std::string_view brand) {
  return architecture != "skylake_sp" || brand.find("Platinum") != std::string_view::npos ||
         brand.find("Gold 6") != std::string_view::npos;
}

}  // namespace

Architecture architecture_of(const CpuIdentity& cpu) {
  if (cpu.vendor.empty()) return {"", "no rate is known for this kind of CPU"};
  if (cpu.hybrid) return {"", "cores of more than one kind share this CPU, so it has no one rate"};
  const auto row = std::find_if(kModels.begin(), kModels.end(), [&](const ModelRow& candidate) {
    return candidate.vendor == cpu.vendor && candidate.family == cpu.family &&
           candidate.model_first <= cpu.model && cpu.model <= candidate.model_last;
  });
  if (row == kModels.end() && cpu.midr_implementer >= 0) {
    return {"", "no rate is known for this kind of core (" + cpu.brand + ")"};
  }
  if (row == kModels.end()) {
    return {"", "no rate is known for " + cpu.vendor + " family " + std::to_string(cpu.family) +
                    " model " + std::to_string(cpu.model)};
  }
  const std::string name(row->architecture);
  if (!has_both_pipes(name, cpu.brand)) {
    return {"", "this " + name + " may have one or two 512-bit pipes, and its name does not tell"};
  }
  // A hypervisor or a kernel option may hide what the silicon has; the peak of what is left is
  // nobody's data sheet.
  if (!is_on(row->width, cpu)) {
    return {"", "this is a " + name + ", but " +
                    (row->width == Width::bits512 ? "AVX-512" : "AVX2 with FMA") +
                    " is switched off on this system"};
  }
  return {name, ""};
}

}  // namespace derate::host
