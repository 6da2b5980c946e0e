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

namespace derate::cuda {

/// How NVML is told which GPU is meant: it counts the GPUs in another order than CUDA does.
struct GpuAddress {
  std::string uuid;        ///< "GPU-6d1f..." in full; a MIG slice's begins with "MIG-"
  std::string pci_bus_id;  ///< "0000:3b:00.0"; empty for a slice, whose bus address is the GPU's

  [[nodiscard]] bool is_slice() const { return uuid.starts_with("MIG-"); }
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
  // The fastest link that GPU and system allow together; the one in use may be slower while idle.
  [[nodiscard]] std::optional<unsigned> pcie_generation() const;
  [[nodiscard]] std::optional<unsigned> pcie_lanes() const;
  /// All processes that hold the GPU or slice, as far as the driver tells: processes.h.
  [[nodiscard]] std::optional<std::vector<unsigned>> processes() const;

  /// What cannot be read, and why, in one sentence; empty when everything can.
  [[nodiscard]] std::string shortcomings() const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace derate::cuda
