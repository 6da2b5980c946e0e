// SPDX-License-Identifier: Apache-2.0
// Sensors of one GPU through NVML, which is loaded at run time. Reads only: nothing here changes a
// clock, a power limit or any other setting. No CUDA header here, so that the tests run it against
// a library of their own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "derate/device.h"

namespace derate::cuda {

/// How NVML is told which GPU is meant: it counts the GPUs in another order than CUDA does.
struct GpuAddress {
  std::string uuid;        ///< "GPU-6d1f..." in full; a MIG slice's begins with "MIG-"
  std::string pci_bus_id;  ///< "0000:3b:00.0"; empty for a slice, whose bus address is the GPU's

  [[nodiscard]] bool is_slice() const { return uuid.starts_with("MIG-"); }
};

/// Counters that only grow, from when the driver was loaded; empty where there is none.
struct GpuCounters {
  std::optional<std::uint64_t> ecc_corrected = {};
  std::optional<std::uint64_t> ecc_uncorrected = {};
  // For how long the driver held the clock down: because of power, of heat, or for sync boost, the
  // board's limit or its reliability.
  std::optional<std::uint64_t> throttled_power_ns = {};
  std::optional<std::uint64_t> throttled_thermal_ns = {};
  std::optional<std::uint64_t> throttled_other_ns = {};
};

/// What is lower while a GPU is idle, so that only its value under load counts.
struct LoadState {
  std::string pcie_link;          ///< "5 x16": generation and lanes; empty where not known
  std::string pcie_link_maximum;  ///< that GPU and system allow together
  std::optional<double> memory_clock_ratio = {};  ///< ÷ its maximum
};

inline constexpr std::array kNvmlLibraries = {"libnvidia-ml.so.1", "libnvidia-ml.so"};

class Nvml {
 public:
  /// Never fails: without the library, the permission or the GPU all readings are empty. The first
  /// of `libraries` that can be loaded is taken.
  explicit Nvml(const GpuAddress& address, std::span<const char* const> libraries = kNvmlLibraries);
  ~Nvml();
  Nvml(Nvml&&) noexcept;
  Nvml& operator=(Nvml&&) noexcept;

  [[nodiscard]] std::optional<std::string> driver_version() const;  ///< "580.65.06"

  // Of a MIG slice NVML could only say what the whole GPU draws, so these are empty there.
  [[nodiscard]] std::optional<double> power_cap_w() const;
  [[nodiscard]] std::optional<double> power_w() const;
  [[nodiscard]] std::optional<std::uint64_t> energy_mj() const;  ///< since the driver was loaded

  [[nodiscard]] std::optional<double> temperature_c() const;
  [[nodiscard]] std::optional<std::uint64_t> throttle_mask() const;  ///< throttle.h has its words
  /// The state as it is now, each fact with the reason where the driver does not tell it.
  [[nodiscard]] Health health() const;
  /// How many NVLinks are in use; 0 for a GPU without any.
  [[nodiscard]] Fact nvlinks() const;
  [[nodiscard]] GpuCounters counters() const;
  [[nodiscard]] LoadState load_state() const;
  /// All processes that hold the GPU or slice, as far as the driver tells: processes.h.
  [[nodiscard]] std::optional<std::vector<unsigned>> processes() const;

  /// What cannot be read, and why, in one sentence; empty when everything can.
  [[nodiscard]] std::string shortcomings() const;

  struct Library;  ///< nvml_library.h

 private:
  std::unique_ptr<Library> library_;
};

}  // namespace derate::cuda
