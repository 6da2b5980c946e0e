// SPDX-License-Identifier: Apache-2.0
// A device that has not the memory for a workload in this size: it cannot run it, and does not
// fail.
#pragma once

#include "derate/error.h"

namespace derate {

class InsufficientMemory : public Unsupported {
 public:
  using Unsupported::Unsupported;
};

}  // namespace derate
