// SPDX-License-Identifier: Apache-2.0
// What a run costs, as options of every command that knows how long it takes.
#pragma once

#include <optional>
#include <string>

#include "base/command_line.h"
#include "estimate/estimate.h"

namespace derate::cli {

/// Ranges are Epoch AI's figures for servers of P100 to H100 (its cost model, April 2026).
struct CostOptions {
  CostPlan plan = {.device = {},
                   .devices = 1,
                   .hours = exactly(kUnknown),
                   .price = exactly(kUnknown),
                   .host_share = between(0.54, 0.69),
                   .lifetime_years = between(3, 5),
                   .in_use = exactly(1),
                   .device_power_w = exactly(kUnknown),
                   .host_power = between(1.82, 2.03),
                   .pue = between(1.1, 1.25),
                   .kwh_price = exactly(kUnknown),
                   .upkeep_per_year = exactly(0),
                   .rent_per_hour = {},
                   .carbon_g_per_kwh = {},
                   .hours_source = {},
                   .price_source = {},
                   .rent_source = {}};
  Range power_fraction = exactly(0.75);
  Range rent_per_hour = exactly(kUnknown);
  Range carbon_g_per_kwh = exactly(kUnknown);
};

/// Of the purchase, power, rent and carbon; refused without the option `needed`, if there is one.
void add_cost_options(Command& command, CostOptions& options,
                      const std::optional<Option>& needed = std::nullopt);

/// What the run of options.plan costs; what the user did not say of the device is the catalogue's.
/// Throws Error(usage) for what neither says.
struct Costs {
  CostEstimate estimate;
  std::string currency;  ///< "$", or empty where every price is the user's
};
[[nodiscard]] Costs costs_of(const CostOptions& options);

}  // namespace derate::cli
