// SPDX-License-Identifier: Apache-2.0
// In a build without CUDA there is nothing to measure with.
#include "backend/node_links.h"

#if DERATE_WITH_CUDA
#include "backend/cuda/nccl_between_nodes.h"
#endif

namespace derate {

ExitCode measure_links([[maybe_unused]] const LinkPlan& plan,
                       [[maybe_unused]] const std::function<void(const std::string&)>& say) {
#if DERATE_WITH_CUDA
  return cuda::measure_between_nodes(plan, say);
#else
  throw Error(ExitCode::no_device, DERATE_CUDA_REASON);
#endif
}

}  // namespace derate
