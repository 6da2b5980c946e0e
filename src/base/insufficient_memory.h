// SPDX-License-Identifier: Apache-2.0
// A device that has not the memory for a workload in this size: it cannot run it, and does not
// fail.
#pragma once

#include "derate/error.h"

namespace derate {

/// Its record's outcome is Outcome::unsupported.
class InsufficientMemory : public DeviceError {
 public:
  explicit InsufficientMemory(const std::string& sentence) : DeviceError(sentence, false) {}
};

}  // namespace derate
