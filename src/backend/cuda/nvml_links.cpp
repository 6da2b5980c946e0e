// SPDX-License-Identifier: Apache-2.0
// Counts the NVLinks that are in use: NVML is asked about one after another until there is none.
#include "backend/cuda/nvml.h"
#include "backend/cuda/nvml_library.h"

namespace derate::cuda {
namespace {

constexpr unsigned kMostNvlinks = 72;             // beyond any GPU's
constexpr nvmlReturn_t kNvmlInvalidArgument = 2;  // behind the last link
constexpr nvmlReturn_t kNvmlNotSupported = 3;     // of a GPU without NVLink

}  // namespace

Fact Nvml::nvlinks() const {
  if (!library_->absence.empty()) return {{}, "NVML cannot be used"};
  if (library_->is_slice) return {{}, "a MIG slice has no links of its own"};
  unsigned in_use = 0;
  for (unsigned link = 0; link < kMostNvlinks; ++link) {
    const auto state = library_->ask<unsigned>(library_->nvlink_state, link);
    const bool is_behind_last =
        state.status == kNvmlInvalidArgument || state.status == kNvmlNotSupported;
    if (is_behind_last) break;
    if (state.status != kNvmlSuccess) return {{}, library_->words(state.status)};
    if (state.value == 1) ++in_use;
  }
  return {in_use, "driver"};
}

}  // namespace derate::cuda
