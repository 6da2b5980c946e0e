// SPDX-License-Identifier: Apache-2.0
// The peak of a piece of work. That of most follows from the session's device alone; a workload
// over several devices registers what its own is.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "derate/workload.h"
#include "hardware/peak.h"

namespace derate {

/// Of the workload called so of this provider; nothing where none is known.
using OwnPeak = std::function<std::optional<Peak>(const Problem&, const Device&)>;

/// At namespace scope, beside the workload's own Registration.
class OwnPeakRegistration {
 public:
  OwnPeakRegistration(std::string workload, std::string provider, OwnPeak peak);
};

/// The workload's own, or else that of its bound on the device.
[[nodiscard]] std::optional<Peak> peak_of_work(const Workload& workload, const Problem& problem,
                                               const Device& device);

}  // namespace derate
