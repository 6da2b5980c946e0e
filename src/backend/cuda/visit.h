// SPDX-License-Identifier: Apache-2.0
// Another device's turn: memory, streams and events are made on the current device.
#pragma once

#include <cuda_runtime.h>

#include "derate/cuda/check.h"

namespace derate::cuda {

/// Makes another device the current one of this thread, and then the one before again.
class Visit {
 public:
  explicit Visit(int device) {
    check(cudaGetDevice(&home_), "cudaGetDevice");
    check(cudaSetDevice(device), "cudaSetDevice");
  }
  ~Visit() { static_cast<void>(cudaSetDevice(home_)); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  int home_ = 0;
};

}  // namespace derate::cuda
