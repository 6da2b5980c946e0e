// SPDX-License-Identifier: Apache-2.0
// The compute capabilities from nvcc's __CUDA_ARCH_LIST__, which only a .cu file sees.
#include <array>

#include "backend/cuda/architectures.h"

namespace derate::cuda {
namespace {

constexpr auto make_capabilities() {
  std::array capabilities = {__CUDA_ARCH_LIST__};  // 750 for 7.5
  for (int& capability : capabilities) capability /= 10;
  return capabilities;
}

constexpr auto kCapabilities = make_capabilities();

}  // namespace

std::span<const int> built_capabilities() { return kCapabilities; }

}  // namespace derate::cuda
