// SPDX-License-Identifier: Apache-2.0
// Finds the machine code of launched kernels among the fat binaries of /proc/self/exe, by name and
// loaded architecture, and hashes it together with the shapes of the launches, sorted.
#include "backend/cuda/code_hash.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "backend/cuda/machine_code.h"
#include "derate/device.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

/// The kernels of this program, read once; none where it cannot be read.
const std::vector<KernelCode>& own_kernels() {
  static const std::string program = [] {
    try {
      return fat_binaries_of("/proc/self/exe");
    } catch (const Error&) {
      return std::string();
    }
  }();
  static const std::vector<KernelCode> kernels = [] {
    try {
      return kernels_in(program);
    } catch (const Error&) {
      return std::vector<KernelCode>();
    }
  }();
  return kernels;
}

/// Empty where the driver does not tell the name.
std::string name_of([[maybe_unused]] const void* kernel) {
#if CUDART_VERSION >= 12030
  const char* name = nullptr;
  if (cudaFuncGetName(&name, kernel) == cudaSuccess && name != nullptr) return name;
  static_cast<void>(cudaGetLastError());
#endif
  return "";
}

/// The architecture of the code that was loaded, as 90: the device's own or an earlier one.
int architecture_of(const void* kernel) {
  cudaFuncAttributes attributes{};
  if (cudaFuncGetAttributes(&attributes, kernel) == cudaSuccess) return attributes.binaryVersion;
  static_cast<void>(cudaGetLastError());
  return 0;
}

/// Whether a user makes the driver compile PTX though there is machine code.
bool is_compiled_again() {
  const char* const forced = std::getenv("CUDA_FORCE_PTX_JIT");
  return forced != nullptr && std::string_view(forced) != "0";
}

}  // namespace

std::string code_hash(std::span<const Launched> launched) {
  if (launched.empty() || is_compiled_again()) return "";
  std::vector<std::string> parts;
  for (const auto& [kernel, shape] : launched) {
    const std::string_view code = code_of(own_kernels(), name_of(kernel), architecture_of(kernel));
    if (code.empty()) return "";
    std::string& part = parts.emplace_back(code);
    for (const unsigned extent : shape) part += "/" + std::to_string(extent);
  }
  // Several streams may launch in any order.
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += part;
  return hash_text(all);
}

}  // namespace derate::cuda
