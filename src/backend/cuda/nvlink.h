// SPDX-License-Identifier: Apache-2.0
// What the NVLinks of a GPU carry: their number, which the driver states, times the rate of a link
// of its generation, which it does not.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "derate/device.h"

namespace derate::cuda {

struct NvlinkGeneration {
  std::string_view architecture;
  std::string_view name;
  double bytes_per_s;  ///< of one link, one way
  std::string_view source;
};

/// By architecture, since the rate of a link is what a data sheet's total makes it.
inline constexpr std::array<NvlinkGeneration, 8> kNvlinkGenerations = {{
    {"sm_60", "NVLink 1", 20e9, "Tesla P100: 4 links, 160 GB/s both ways"},
    {"sm_70", "NVLink 2", 25e9, "Tesla V100: 6 links, 300 GB/s both ways"},
    {"sm_75", "NVLink 2", 25e9, "Turing whitepaper, TU102: 2 links, 100 GB/s both ways"},
    {"sm_80", "NVLink 3", 25e9, "A100: 12 links, 600 GB/s both ways"},
    {"sm_86", "NVLink 3", 14.0625e9, "GA102 whitepaper: 4 links, 112.5 GB/s both ways"},
    {"sm_90", "NVLink 4", 25e9, "H100: 18 links, 900 GB/s both ways"},
    {"sm_100", "NVLink 5", 50e9, "B200: 18 links, 1.8 TB/s both ways"},
    {"sm_103", "NVLink 5", 50e9, "B300: 18 links, 1.8 TB/s both ways"},
}};

/// One way, of `links` that are in use.
[[nodiscard]] inline Fact nvlink_bandwidth(std::string_view architecture, const Fact& links) {
  if (!links.value) return {{}, "the number of NVLinks is not known: " + links.source};
  if (*links.value <= 0) return {{}, "no NVLink is in use"};
  for (const NvlinkGeneration& generation : kNvlinkGenerations) {
    if (generation.architecture != architecture) continue;
    std::array<char, 160> source{};
    std::snprintf(source.data(), source.size(), "%s: %.0f links (driver) x %g GB/s one way (%s)",
                  std::string(generation.name).c_str(), *links.value, 1e-9 * generation.bytes_per_s,
                  std::string(generation.source).c_str());
    return {*links.value * generation.bytes_per_s, source.data()};
  }
  return {{}, "no rate of a link is on record for " + std::string(architecture)};
}

}  // namespace derate::cuda
