// SPDX-License-Identifier: Apache-2.0
// What is known of one device: plain facts, with the source of those that enter a peak.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace derate {

/// A number in the unit its name states, and where it comes from; no value means "not known".
struct Fact {
  std::optional<double> value;
  std::string source;
};

/// What only the driver can tell of a GPU's state; each with the reason where it is not known, and
/// all empty for a CPU. Switches are 1 or 0. src/hardware/health.h has the names.
struct Health {
  Fact power_cap_default_w;
  Fact pcie_generation;  ///< now: an idle link may be slower than it is under load
  Fact pcie_lanes;
  Fact pcie_generation_maximum;  ///< that GPU and system allow together
  Fact pcie_lanes_maximum;
  Fact clock_graphics_set_hz;  ///< applications clocks: what somebody asked for, or the default
  Fact clock_graphics_default_hz;
  Fact clock_memory_set_hz;
  Fact clock_memory_default_hz;
  Fact ecc_enabled;
  Fact ecc_corrected;  ///< errors since the driver was loaded
  Fact ecc_uncorrected;
  Fact ecc_corrected_lifetime;  ///< errors since the GPU was made
  Fact ecc_uncorrected_lifetime;
  Fact rows_remapped_corrected;  ///< rows of memory replaced after errors that were corrected
  Fact rows_remapped_uncorrected;
  Fact row_remap_pending;  ///< takes effect with the next reset
  Fact row_remap_failed;
  Fact page_retirement_pending;  ///< of GPUs before Ampere, which retire pages instead
  Fact mig_enabled;
  Fact mps_processes;  ///< that share the GPU through MPS
};

/// One GPU or one CPU. Probing is a backend's task; a Device can be read back on any machine.
struct Device {
  std::string backend;       ///< "host" or "cuda"
  int index = 0;             ///< position within the backend, as the driver counts
  std::string name;          ///< as reported by the driver or CPUID
  std::string architecture;  ///< "sm_90", "zen5"; empty when not recognised
  std::string id;            ///< hash of the UUID (GPU) or of the CPU's identity; never the raw one

  double compute_units = 0;           ///< SMs, or physical cores that this process may use
  std::string compute_units_source;   ///< who counted them
  Fact clock_specified_hz;            ///< the data sheet's boost clock, or the CPU's nominal one
  Fact clock_tensor_hz;               ///< of the data sheet's tensor figures, where it is another
  Fact clock_maximum_hz;              ///< the highest clock that the driver or kernel states
  Fact memory_bytes_per_s;            ///< memory bandwidth as the memory's clock x bus width
  Fact memory_specified_bytes_per_s;  ///< the same as the data sheet prints it
  Fact link_bytes_per_s;              ///< what the link to the host carries one way
  std::uint64_t memory_bytes = 0;
  std::uint64_t last_level_cache_bytes = 0;

  std::string driver_version;   ///< GPU driver, or the kernel's release
  std::string runtime_version;  ///< CUDA runtime, or the C library's
  std::optional<double> power_cap_w;
  Health health;
  std::string note;      ///< sentences for the reader: shared with others, a MIG slice, ...
  std::string unusable;  ///< why nothing can run on it, in one sentence; empty when it can

  /// "host" or "cuda:1": how a user names the device on a command line.
  [[nodiscard]] std::string selector() const {
    return index == 0 ? backend : backend + ":" + std::to_string(index);
  }
};

/// 64-bit FNV-1a (Fowler, Noll, Vo) as 16 hexadecimal digits: for Device::id, so that a device can
/// be recognised and nothing of its identity given away.
[[nodiscard]] std::string hash_text(std::string_view text);

}  // namespace derate
