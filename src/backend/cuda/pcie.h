// SPDX-License-Identifier: Apache-2.0
// What a PCIe link carries one way: transfers per second x lanes x the share of bits that are not
// line coding. Headers of packets and flow control take more away, by an amount that depends on the
// size of packets which the system chose: no copy reaches this peak. No CUDA header here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string>

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

[[nodiscard]] inline bool is_pcie_generation(unsigned generation) {
  return generation >= 1 && generation <= kPcieGenerations.size();
}

/// The same specification's link widths.
[[nodiscard]] inline bool is_pcie_width(unsigned lanes) {
  constexpr std::array<unsigned, 7> kWidths = {1, 2, 4, 8, 12, 16, 32};
  return std::find(kWidths.begin(), kWidths.end(), lanes) != kWidths.end();
}

/// "5 x16"; empty where one of the two is not known.
[[nodiscard]] inline std::string pcie_text(const Fact& generation, const Fact& lanes) {
  if (!generation.value || !lanes.value) return {};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f x%.0f", *generation.value, *lanes.value);
  return text.data();
}

/// Of generation and lanes as the driver states them.
[[nodiscard]] inline Fact pcie_link(const Fact& generation, const Fact& lanes) {
  for (const Fact* fact : {&generation, &lanes}) {
    if (!fact->value) return {{}, "the PCIe link is not known: " + fact->source};
  }
  const auto place = static_cast<std::size_t>(*generation.value) - 1;
  const PcieGeneration& rate = kPcieGenerations.at(place);
  const double coding = rate.data_bits / rate.line_bits;
  std::array<char, 128> source{};
  std::snprintf(source.data(), source.size(), "PCIe %.0f: %.0f lanes x %g GT/s x %g/%g (driver)",
                *generation.value, *lanes.value, rate.gigatransfers_per_s, rate.data_bits,
                rate.line_bits);
  return {1e9 * rate.gigatransfers_per_s * *lanes.value * coding / 8, source.data()};
}

}  // namespace derate::cuda
