// SPDX-License-Identifier: Apache-2.0
// Which devices run the tensor instructions of tcgen05, which of them reach which peak, and how
// much work fills a launch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "derate/device.h"
#include "hardware/rate.h"
#include "mma_chain/scales.h"
#include "mma_chain/support.h"

namespace derate::mma_chain {

template <typename T>
constexpr const char* kTcgen05Instruction = BlockScaled<T> ? "tcgen05 block_scale" : "tcgen05";

/// Tensor memory belongs to whoever has allocated it, and whoever asks for more than is left waits,
/// without a limit. Blocks of other programs run on the same SM only through MPS; those of this one
/// are one to an SM, since they take more than half of its shared memory.
inline std::optional<std::string> tensor_memory_is_shared(const Device& device) {
  const double others = device.health.mps_processes.value.value_or(0);
  if (others <= 0) return std::nullopt;
  return "programs share the GPU through MPS: if one of them holds tensor memory, tcgen05.alloc "
         "waits for it without a limit";
}

/// Why it is not measured on `device`; empty when it is.
inline std::optional<std::string> tcgen05_unsupported(const Device& device) {
  const std::string& architecture = device.architecture;
  if (architecture == "sm_110") return "this version has no code of tcgen05 for sm_110";
  if (architecture != "sm_100" && architecture != "sm_103") {
    return "tcgen05 is an instruction of compute capability 10.0, 10.3 and 11.0 alone";
  }
  return tensor_memory_is_shared(device);
}

/// Why a build for these architectures cannot run it, where the device could: code for sm_100 runs
/// on the same chips, and has nothing in these kernels.
inline std::string no_code_for_tcgen05(std::string_view built_for) {
  return "this build has no code for sm_100f: it was built for " + std::string(built_for);
}

/// That of this build; empty where it can.
inline std::optional<std::string> tcgen05_not_built() {
#if defined(DERATE_WITH_SM100F)
  return std::nullopt;
#elif defined(DERATE_BUILT_FOR)
  return no_code_for_tcgen05(DERATE_BUILT_FOR);
#else
  return no_code_for_tcgen05("no GPU");
#endif
}

/// Likewise for a chain of format T.
template <typename T>
std::optional<std::string> tcgen05_chain_unsupported(const Device& device) {
  if (T::kOperands == Precision::fp4 && device.architecture == "sm_103") {
    return "on sm_103 the peak of fp4 takes instructions 96 deep, and these are 64 deep";
  }
  return tcgen05_unsupported(device);
}

/// multiply_adds_per_unit() at the rate of T's instruction.
template <typename T>
double tcgen05_multiply_adds_per_unit(const Device& device) {
  const auto rate = [&](std::string_view instruction) {
    return fma_rate(device.architecture, T::kOperands, Units::tensor, product_class_of(device.name),
                    instruction);
  };
  const std::optional<Rate> usual = rate({});
  const std::optional<Rate> own = rate(kTcgen05Instruction<T>);
  const double ratio =
      usual && own ? own->fma_per_unit_and_clock / usual->fma_per_unit_and_clock : 1;
  return ratio * multiply_adds_per_unit(device, T::kOperands);
}

}  // namespace derate::mma_chain
