// SPDX-License-Identifier: Apache-2.0
// From what a user writes ("auto", "all", "host", "cuda:1") to devices.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "derate/backend.h"

namespace derate {

/// A device and the backend that opens it.
struct Selected {
  std::shared_ptr<Backend> backend;
  Device device;
};

/// All backends of this build with what they found.
struct Inventory {
  struct Entry {
    std::shared_ptr<Backend> backend;
    Probe probe;
  };
  std::vector<Entry> entries;

  /// What somebody who left the choice to us should know: "no cuda device: <reason>" for every
  /// backend without one, devices that cannot be used, and those that could not even be described.
  [[nodiscard]] std::vector<std::string> absences() const;

  /// Backend::libraries() of each backend that has a device: "cuda: cuBLAS 13.0.2 is /usr/…".
  [[nodiscard]] std::vector<std::string> libraries() const;
};

/// What a process does to ask a driver that may crash or hang.
enum class Drivers {
  untried,  ///< has them tried first: those at fault have no devices, for that reason
  tried     ///< asks them at once, as whoever started us has just done
};

/// Asks only those backends that the selectors may mean.
[[nodiscard]] Inventory probe_backends(const std::vector<std::string>& selectors = {"all"},
                                       Drivers drivers = Drivers::untried);

/// The devices that the selectors name, each once. "auto" is the first usable device of the first
/// backend that has one: a GPU before the host. Throws Error(usage) for a device that does not
/// exist and Error(no_device) for a backend without one.
[[nodiscard]] std::vector<Selected> select_devices(const Inventory& inventory,
                                                   const std::vector<std::string>& selectors);

/// A session of a GPU on a stream of this process that somebody else owns, such as the current one
/// of a framework: a cudaStream_t as an integer, 0 for the default stream. Throws DeviceError, and
/// Error(no_device) in a build without CUDA.
[[nodiscard]] std::unique_ptr<Session> open_on_stream(const Device& device, std::uintptr_t stream);

}  // namespace derate
