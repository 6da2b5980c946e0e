// SPDX-License-Identifier: Apache-2.0
// Linked into a measuring program: its kernels may use vectors of 256 bits at most, whatever the
// CPU has. Half of the multiply-adds of a CPU with longer ones are then lost to issue.
#include <hwy/targets.h>

namespace {

const bool disabled = [] {
  hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
  return true;
}();

}  // namespace
