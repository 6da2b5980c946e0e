// SPDX-License-Identifier: Apache-2.0
// Sensors of one GPU through NVML, which is loaded at run time. Reads only: nothing here changes a
// clock, a power limit or any other setting.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace derate::cuda {

/// How NVML is told which GPU is meant: it counts the GPUs in another order than CUDA does.
struct GpuAddress {
  std::string uuid;        ///< "GPU-6d1f..." in full; a MIG slice's begins with "MIG-"
  std::string pci_bus_id;  ///< "0000:3b:00.0"; empty for a slice, whose bus address is the GPU's
};

/// One look at the sensors; NaN or 0 where there is none.
struct SensorReading {
  double power_w = std::numeric_limits<double>::quiet_NaN();
  double temperature_c = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t throttle_mask = 0;  ///< as NVML gives it: throttle.h
};

class Nvml {
 public:
  /// Never fails: without the library, the permission or the GPU all readings are empty.
  explicit Nvml(const GpuAddress& address);
  ~Nvml();
  Nvml(Nvml&&) noexcept;
  Nvml& operator=(Nvml&&) noexcept;

  [[nodiscard]] std::optional<std::string> driver_version() const;  ///< "580.65.06"
  [[nodiscard]] std::optional<double> power_cap_w() const;
  [[nodiscard]] SensorReading read() const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace derate::cuda
