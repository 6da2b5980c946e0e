// SPDX-License-Identifier: Apache-2.0
// derate estimate cost: what a run of some hours costs on devices of one's own, against renting.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <memory>

#include "cli/estimate_commands.h"
#include "cli/options/quantity.h"
#include "estimate/cost_report.h"
#include "estimate/estimate.h"
#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate::cli {
namespace {

constexpr Limits kHours = {1e-6, 1e9};
constexpr Limits kOwnDevices = {1, 1e7};
constexpr Limits kMoney = {0, 1e12};
constexpr Limits kShare = {0, 100};
constexpr Limits kLifetime_years = {0.01, 100};
constexpr Limits kInUse = {1e-3, 1};
constexpr Limits kPower_w = {0.1, 1e6};
constexpr Limits kPowerFraction = {0.01, 1.5};
constexpr Limits kTimesPower = {1, 10};

constexpr double kKwhPrice_usd = 0.0826;

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
                   .rent_per_hour = {}};
  Range power_fraction = exactly(0.75);
  Range rent_per_hour = exactly(kUnknown);
  bool json = false;
};

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ExitCode::usage, sentence); }

/// What the user did not say of the device, from the catalogue.
void fill_in(CostPlan& plan, const Range& power_fraction) {
  const Product* const product = plan.device.empty() ? nullptr : &product_named(plan.device);
  if (product != nullptr) plan.device = product->name;
  if (std::isnan(plan.price.value)) {
    if (product == nullptr || product->price_usd <= 0) {
      refuse("--price: the catalogue has no price of this device: what does one cost?");
    }
    plan.price = exactly(product->price_usd);
  }
  if (std::isnan(plan.device_power_w.value)) {
    if (product == nullptr) refuse("--power: how many watts does one device draw? Or --device");
    if (product->tdp_w <= 0)
      refuse("--power: the catalogue has no power of this device: how many watts?");
    plan.device_power_w = {product->tdp_w * power_fraction.low,
                           product->tdp_w * power_fraction.value,
                           product->tdp_w * power_fraction.high};
  }
  if (std::isnan(plan.kwh_price.value)) plan.kwh_price = exactly(kKwhPrice_usd);
  if (plan.device.empty()) plan.device = "device";
}

ExitCode estimate_cost(const CostOptions& options) {
  CostPlan plan = options.plan;
  // What the user does not price is in the catalogue's currency, and so are the sums with it.
  const bool is_users = !std::isnan(plan.price.value) && !std::isnan(plan.kwh_price.value);
  if (std::floor(plan.devices) != plan.devices) refuse("--devices: must be a whole number");
  fill_in(plan, options.power_fraction);
  if (!std::isnan(options.rent_per_hour.value)) plan.rent_per_hour = options.rent_per_hour;
  const CostEstimate estimate = derate::estimate_cost(plan);
  if (options.json) {
    std::cout << to_json(estimate);
  } else {
    write_cost(std::cout, estimate, is_users ? "" : "$");
  }
  return ExitCode::ok;
}

void add_purchase(Command& command, CostOptions& options) {
  CostPlan& plan = options.plan;
  add_range(command, "--price", plan.price, "of one device (the catalogue's)", kMoney);
  add_range(command, "--host-share", plan.host_share,
            "host, network and rack of a device, as a share of its price (0.54..0.69)", kShare);
  add_range(command, "--lifetime", plan.lifetime_years,
            "years over which the purchase is written off (3..5)", kLifetime_years);
  add_range(command, "--in-use", plan.in_use, "share of the lifetime at work (1)", kInUse);
  add_range(command, "--upkeep", plan.upkeep_per_year,
            "repairs, room and staff a year, as a share of the purchase (0)", kShare);
}

void add_power(Command& command, CostOptions& options) {
  CostPlan& plan = options.plan;
  add_range(command, "--power", plan.device_power_w,
            "watts of one device as measured; without it, a fraction of its TDP", kPower_w);
  add_range(command, "--tdp-fraction", options.power_fraction, "that fraction (0.75)",
            kPowerFraction);
  add_range(command, "--host-power", plan.host_power,
            "power of a whole server, in that of its devices (1.82..2.03)", kTimesPower);
  add_range(command, "--pue", plan.pue, "power of the building, in that of its servers (1.1..1.25)",
            kTimesPower);
  add_range(command, "--kwh-price", plan.kwh_price, "of a kWh (0.0826 $, US industry 2025)",
            kMoney);
}

}  // namespace

void add_estimate_cost(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<CostOptions>();
  Command command = estimate.add_subcommand(
      "cost", "cost and energy of a run on devices of one's own, against renting");
  command.add_option("--device", options->plan.device,
                     "a device of the catalogue, for its price and TDP");
  add_quantity(command, "--devices", options->plan.devices, "how many (1)", kOwnDevices);
  add_range(command, "--hours", options->plan.hours, "that the run takes", kHours).required();
  add_purchase(command, *options);
  add_power(command, *options);
  add_range(command, "--rent", options->rent_per_hour, "of one device for an hour, to compare with",
            kMoney);
  command.add_flag("--json", options->json, "for machines");
  command.on_parse([options, &end] { end = estimate_cost(*options); });
}

}  // namespace derate::cli
