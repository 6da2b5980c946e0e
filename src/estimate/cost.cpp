// SPDX-License-Identifier: Apache-2.0
// Cost of owning (capital, electricity, upkeep) and of renting, and their break-even, in interval
// arithmetic: every figure has a low, a middle and a high value.
#include <limits>

#include "estimate/estimate.h"

namespace derate {
namespace {

constexpr double kHoursPerYear = 365 * 24;
constexpr double kWattsPerKilowatt = 1000;

/// Of figures that are all positive: each end is the product of the same ends.
Range product(std::initializer_list<Range> factors) {
  Range result = exactly(1);
  for (const Range& factor : factors) {
    result = {result.low * factor.low, result.value * factor.value, result.high * factor.high};
  }
  return result;
}

Range sum(std::initializer_list<Range> terms) {
  Range result = exactly(0);
  for (const Range& term : terms) {
    result = {result.low + term.low, result.value + term.value, result.high + term.high};
  }
  return result;
}

/// The more of it, the less it costs.
Range inverse(const Range& range) { return {1 / range.high, 1 / range.value, 1 / range.low}; }

Range one_plus(const Range& share) { return sum({exactly(1), share}); }

/// The hour in which the purchase is earned back; infinite where each hour of owning costs as much
/// as one of renting.
double hours_until(double purchase, double rent, double running) {
  return rent > running ? purchase / (rent - running) : std::numeric_limits<double>::infinity();
}

}  // namespace

CostEstimate estimate_cost(const CostPlan& plan) {
  CostEstimate cost;
  cost.plan = plan;
  const Range devices = exactly(plan.devices);
  const Range each = product({plan.price, one_plus(plan.host_share)});
  const Range year_in_use = product({plan.in_use, exactly(kHoursPerYear)});
  cost.lifetime_hours = product({plan.lifetime_years, year_in_use});
  cost.purchase = product({devices, each});
  cost.capital = product({cost.purchase, plan.hours, inverse(cost.lifetime_hours)});

  const Range kilowatts =
      product({plan.device_power_w, plan.host_power, plan.pue, exactly(1 / kWattsPerKilowatt)});
  cost.energy_kwh = product({devices, kilowatts, plan.hours});
  cost.electricity = product({cost.energy_kwh, plan.kwh_price});
  const Range upkeep_each = product({each, plan.upkeep_per_year, inverse(year_in_use)});
  cost.upkeep = product({devices, upkeep_each, plan.hours});
  cost.owning = sum({cost.capital, cost.electricity, cost.upkeep});
  if (plan.carbon_g_per_kwh) {
    cost.carbon_kg = product({cost.energy_kwh, *plan.carbon_g_per_kwh, exactly(1e-3)});
  }
  if (!plan.rent_per_hour) return cost;

  const Range& rent = *plan.rent_per_hour;
  cost.renting = product({devices, rent, plan.hours});
  const Range running = sum({product({kilowatts, plan.kwh_price}), upkeep_each});
  cost.break_even_hours = Range{hours_until(each.low, rent.high, running.low),
                                hours_until(each.value, rent.value, running.value),
                                hours_until(each.high, rent.low, running.high)};
  const Range calendar_hours = product({plan.lifetime_years, exactly(kHoursPerYear)});
  cost.break_even_use = product({*cost.break_even_hours, inverse(calendar_hours)});
  return cost;
}

}  // namespace derate
