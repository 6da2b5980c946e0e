// SPDX-License-Identifier: Apache-2.0
// A benchmark's name on one device of many, for what keeps all devices of a fleet side by side.
#pragma once

#include <string>
#include <string_view>

namespace derate {

/// "gemm/cublas bf16 m:8192/n:8192/k:8192 @ n17 GPU 3".
[[nodiscard]] inline std::string name_on_device(std::string_view benchmark,
                                                std::string_view device) {
  return std::string(benchmark).append(" @ ").append(device);
}

/// The parts of such a name; without a device the whole is the benchmark.
struct NameOnDevice {
  std::string_view benchmark;
  std::string_view device;
};
[[nodiscard]] inline NameOnDevice parts_of_name(std::string_view name) {
  constexpr std::string_view kAt = " @ ";
  const std::size_t at = name.rfind(kAt);
  if (at == std::string_view::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + kAt.size())};
}

}  // namespace derate
