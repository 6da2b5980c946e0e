// SPDX-License-Identifier: Apache-2.0
// The state of a GPU in words: its facts by name, on one line, and as sentences where something is
// not as it should be.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "derate/device.h"

namespace derate {

struct HealthFact {
  std::string_view name;  ///< with its unit; as in `derate devices --format json`
  Fact Health::*member;
};

/// Every fact of Health.
inline constexpr std::array kHealthFacts = {
    HealthFact{"power_cap_default_w", &Health::power_cap_default_w},
    HealthFact{"pcie_generation", &Health::pcie_generation},
    HealthFact{"pcie_lanes", &Health::pcie_lanes},
    HealthFact{"pcie_generation_maximum", &Health::pcie_generation_maximum},
    HealthFact{"pcie_lanes_maximum", &Health::pcie_lanes_maximum},
    HealthFact{"clock_graphics_set_hz", &Health::clock_graphics_set_hz},
    HealthFact{"clock_graphics_default_hz", &Health::clock_graphics_default_hz},
    HealthFact{"clock_memory_set_hz", &Health::clock_memory_set_hz},
    HealthFact{"clock_memory_default_hz", &Health::clock_memory_default_hz},
    HealthFact{"ecc_enabled", &Health::ecc_enabled},
    HealthFact{"ecc_corrected", &Health::ecc_corrected},
    HealthFact{"ecc_uncorrected", &Health::ecc_uncorrected},
    HealthFact{"ecc_corrected_lifetime", &Health::ecc_corrected_lifetime},
    HealthFact{"ecc_uncorrected_lifetime", &Health::ecc_uncorrected_lifetime},
    HealthFact{"rows_remapped_corrected", &Health::rows_remapped_corrected},
    HealthFact{"rows_remapped_uncorrected", &Health::rows_remapped_uncorrected},
    HealthFact{"row_remap_pending", &Health::row_remap_pending},
    HealthFact{"row_remap_failed", &Health::row_remap_failed},
    HealthFact{"page_retirement_pending", &Health::page_retirement_pending},
    HealthFact{"mig_enabled", &Health::mig_enabled},
    HealthFact{"mps_processes", &Health::mps_processes}};

/// "power cap 700 W (default 700 W); PCIe 1 x16 now, 5 x16 at most; ...": what is known, on one
/// line; empty where nothing is.
[[nodiscard]] std::string health_line(const Device& device);

/// "ecc_corrected (Not Supported), ...": what is not known and why; empty for a CPU.
[[nodiscard]] std::string health_unknown(const Health& health);

/// Sentences on what lowers the figures or puts them in doubt; empty where all is well. A slow link
/// is no such thing while the GPU is idle.
[[nodiscard]] std::string health_warnings(const Device& device);

}  // namespace derate
