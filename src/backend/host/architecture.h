// SPDX-License-Identifier: Apache-2.0
// From a CPU's family and model to the architecture names of the peak table.
#pragma once

#include <string>

#include "backend/host/cpuid.h"

namespace derate::host {

/// An architecture of the peak table, or an empty name and the reason in one sentence.
struct Architecture {
  std::string name;
  std::string reason;
};

[[nodiscard]] Architecture architecture_of(const CpuIdentity& cpu);

}  // namespace derate::host
