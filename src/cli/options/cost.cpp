// SPDX-License-Identifier: Apache-2.0
// Options of prices and power; what is missing comes from the catalogue and the table of rents.
#include "cli/options/cost.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/options/quantity.h"
#include "derate/error.h"
#include "estimate/rents.h"
#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate::cli {
namespace {

constexpr Limits kMoney = {0, 1e12};
constexpr Limits kShare = {0, 100};
constexpr Limits kLifetime_years = {0.01, 100};
constexpr Limits kInUse = {1e-3, 1};
constexpr Limits kPower_w = {0.1, 1e6};
constexpr Limits kPowerFraction = {0.01, 1.5};
constexpr Limits kTimesPower = {1, 10};
constexpr Limits kCarbon_g = {0, 1e5};

constexpr double kKwhPrice_usd = 0.0826;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ExitCode::usage, sentence); }

/// A device that an estimate names may be one that was calibrated, and in no catalogue.
const Product* product_of(const CostPlan& plan) {
  if (plan.device.empty()) return nullptr;
  return plan.hours_source.empty() ? &product_named(plan.device) : find_product(plan.device);
}

void fill_in_price(const Product* product, CostPlan& plan) {
  if (!std::isnan(plan.price.value)) return;
  if (product == nullptr || product->price_usd <= 0) {
    refuse("--price: the catalogue has no price of this device: what does one cost?");
  }
  plan.price = exactly(product->price_usd);
  plan.price_source = fmt::format("at launch, {}; {}", product->year, product->source);
}

void fill_in_power(const Product* product, const Range& fraction, CostPlan& plan) {
  if (!std::isnan(plan.device_power_w.value)) return;
  if (product == nullptr) refuse("--power: how many watts does one device draw? Or --device");
  if (product->tdp_w <= 0) {
    refuse("--power: the catalogue has no power of this device: how many watts?");
  }
  plan.device_power_w = {product->tdp_w * fraction.low, product->tdp_w * fraction.value,
                         product->tdp_w * fraction.high};
}

/// The user's, else that of the table, which is in dollars.
void fill_in_rent(const Product* product, const Range& users, bool in_dollars, CostPlan& plan) {
  if (!std::isnan(users.value)) {
    plan.rent_per_hour = users;
    return;
  }
  const Rent* const rent = product == nullptr || !in_dollars ? nullptr : rent_of(product->name);
  if (rent == nullptr) return;
  plan.rent_per_hour = rent->usd_per_hour;
  plan.rent_source = fmt::format("{:g} to {:g} $ an hour, {}; {}", rent->usd_per_hour.low,
                                 rent->usd_per_hour.high, rent->date, rent->source);
}

/// A range, refused without the option `needed`.
class CostOptionAdder {
 public:
  CostOptionAdder(Command& command, const std::optional<Option>& needed)
      : command_(command), needed_(needed) {}

  void add(const std::string& name, Range& range, const std::string& meaning, Limits limits) {
    Option option = add_range(command_, name, range, meaning, limits);
    if (needed_) option.needs(*needed_);
  }

 private:
  Command& command_;
  const std::optional<Option>& needed_;
};

void add_purchase(CostOptionAdder& to, CostPlan& plan) {
  to.add("--price", plan.price, "of one device (the catalogue's)", kMoney);
  to.add("--host-share", plan.host_share,
         "host, network and rack of a device, as a share of its price (0.54..0.69)", kShare);
  to.add("--lifetime", plan.lifetime_years, "years over which the purchase is written off (3..5)",
         kLifetime_years);
  to.add("--in-use", plan.in_use, "share of the lifetime at work (1)", kInUse);
  to.add("--upkeep", plan.upkeep_per_year,
         "repairs, room and staff a year, as a share of the purchase (0)", kShare);
}

void add_power(CostOptionAdder& to, CostOptions& options) {
  CostPlan& plan = options.plan;
  to.add("--power", plan.device_power_w,
         "watts of one device as measured; without it, a fraction of its TDP", kPower_w);
  to.add("--tdp-fraction", options.power_fraction, "that fraction (0.75)", kPowerFraction);
  to.add("--host-power", plan.host_power,
         "power of a whole server, in that of its devices (1.82..2.03)", kTimesPower);
  to.add("--pue", plan.pue, "power of the building, in that of its servers (1.1..1.25)",
         kTimesPower);
  to.add("--kwh-price", plan.kwh_price, "of a kWh (0.0826 $, US industry 2025)", kMoney);
  to.add("--carbon", options.carbon_g_per_kwh,
         "grams of CO2 equivalent for a kWh of the grid: also tells the run's", kCarbon_g);
}

}  // namespace

void add_cost_options(Command& command, CostOptions& options, const std::optional<Option>& needed) {
  CostOptionAdder to(command, needed);
  add_purchase(to, options.plan);
  add_power(to, options);
  to.add("--rent", options.rent_per_hour,
         "of one device for an hour, to compare with (that of data/rents.csv, if it is there)",
         kMoney);
}

Costs costs_of(const CostOptions& options) {
  CostPlan plan = options.plan;
  // What the user does not price is in the catalogue's currency, and so are the sums with it.
  const bool is_users = !std::isnan(plan.price.value) && !std::isnan(plan.kwh_price.value);
  const Product* const product = product_of(plan);
  if (product != nullptr) plan.device = product->name;
  fill_in_price(product, plan);
  fill_in_power(product, options.power_fraction, plan);
  if (std::isnan(plan.kwh_price.value)) plan.kwh_price = exactly(kKwhPrice_usd);
  fill_in_rent(product, options.rent_per_hour, !is_users, plan);
  if (!std::isnan(options.carbon_g_per_kwh.value)) plan.carbon_g_per_kwh = options.carbon_g_per_kwh;
  if (plan.device.empty()) plan.device = "device";
  return {estimate_cost(plan), is_users ? "" : "$"};
}

}  // namespace derate::cli
