// SPDX-License-Identifier: Apache-2.0
// What a PCIe link carries one way: transfers per second x lanes x the share of bits that are not
// line coding. Headers of packets and flow control take more away, by an amount that depends on the
// size of packets which the system chose: no copy reaches this peak. No CUDA header here.
#pragma once

#include <array>
#include <cstdio>
#include <optional>

#include "derate/device.h"

namespace derate::cuda {

/// PCI Express Base Specification 6.0: rates by generation; 8b/10b coding up to the second,
/// 128b/130b up to the fifth, one bit for one in the sixth.
struct PcieGeneration {
  double gigatransfers_per_s;
  double data_bits;
  double line_bits;
};
inline constexpr std::array<PcieGeneration, 6> kPcieGenerations = {
    {{2.5, 8, 10}, {5, 8, 10}, {8, 128, 130}, {16, 128, 130}, {32, 128, 130}, {64, 1, 1}}};

/// Generation and lanes as the driver states them.
[[nodiscard]] inline Fact pcie_link(std::optional<unsigned> generation,
                                    std::optional<unsigned> lanes) {
  if (!generation || !lanes || *lanes == 0) {
    return {{}, "the driver does not state the PCIe link's generation and width"};
  }
  if (*generation == 0 || *generation > kPcieGenerations.size()) {
    return {{}, "the PCIe link's generation is not one that is on record here"};
  }
  const PcieGeneration& rate = kPcieGenerations[*generation - 1];
  const double coding = rate.data_bits / rate.line_bits;
  std::array<char, 128> source{};
  std::snprintf(source.data(), source.size(), "PCIe %u: %u lanes x %g GT/s x %g/%g (driver)",
                *generation, *lanes, rate.gigatransfers_per_s, rate.data_bits, rate.line_bits);
  return {1e9 * rate.gigatransfers_per_s * *lanes * coding / 8, source.data()};
}

}  // namespace derate::cuda
