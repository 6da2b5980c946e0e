// SPDX-License-Identifier: Apache-2.0
#include "cli/cost_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "table.h"

namespace derate::cli {
namespace {

/// Whole numbers where these say enough, four digits below.
std::string amount(double value) {
  if (std::isinf(value)) return "never";
  return std::abs(value) >= 1000 && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                           : fmt::format("{:.4g}", value);
}

struct CostLine {
  std::string_view name;
  Range range;
};

using C = Column<CostLine>;

const std::array kColumns = {
    C{"name", "item", "", [](const CostLine& l) -> Value { return l.name; }},
    C{"low", "low", "", [](const CostLine& l) -> Value { return l.range.low; },
      [](const CostLine& l) { return amount(l.range.low); }},
    C{"value", "middle", "", [](const CostLine& l) -> Value { return l.range.value; },
      [](const CostLine& l) { return amount(l.range.value); }},
    C{"high", "high", "", [](const CostLine& l) -> Value { return l.range.high; },
      [](const CostLine& l) { return amount(l.range.high); }}};

/// "1.1 to 1.25", or the one value.
std::string ends(const Range& range) {
  if (range.low == range.high) return amount(range.value);
  return fmt::format("{} to {}", amount(range.low), amount(range.high));
}

std::string comparison(const CostEstimate& cost) {
  const Range& hours = *cost.break_even_hours;
  if (std::isinf(hours.value)) {
    return "An hour of renting costs no more than the running of one's own devices: renting is "
           "cheaper, however\nlong they are used.";
  }
  const bool always = hours.high < cost.lifetime_hours.low;
  const bool never = hours.low > cost.lifetime_hours.high;
  const std::string_view meaning =
      always  ? "within their lifetime in every case: whoever uses them that long had better buy"
      : never ? "beyond their lifetime in every case: renting is cheaper"
              : "within their lifetime or beyond, depending on the assumptions";
  return fmt::format(
      "Buying breaks even after {} h of use of each device [{}, {}], {}\n(a lifetime has {} h of "
      "use).",
      amount(hours.value), amount(hours.low), amount(hours.high), meaning,
      ends(cost.lifetime_hours));
}

void write_assumptions(std::ostream& out, const CostPlan& plan) {
  out << fmt::format(
      "\nAssumed: price of a device {}; host, network and rack {} of that; written off over {} "
      "years, "
      "at work\n{} of the time; {} W a device, times {} for the whole server, times {} for the "
      "building (PUE);\na kWh at {}; upkeep {} of the purchase a year. All are options. Low and "
      "high "
      "take every\nassumption at its cheap or dear end: a best and a worst case, not a "
      "probability.\n",
      ends(plan.price), ends(plan.host_share), ends(plan.lifetime_years), ends(plan.in_use),
      ends(plan.device_power_w), ends(plan.host_power), ends(plan.pue), ends(plan.kwh_price),
      ends(plan.upkeep_per_year));
  out << "Money is in the currency of the prices; the catalogue's are in $.\n";
}

}  // namespace

void write_cost(std::ostream& out, const CostEstimate& cost) {
  const CostPlan& plan = cost.plan;
  out << fmt::format("{:g} x {} for {} h\n\n", plan.devices, plan.device, ends(plan.hours));
  std::vector<CostLine> lines = {{"purchase, with hosts", cost.purchase},
                                 {"  the run's share of it", cost.capital},
                                 {"energy [kWh]", cost.energy_kwh},
                                 {"  its price", cost.electricity},
                                 {"upkeep", cost.upkeep},
                                 {"owning: share, energy, upkeep", cost.owning}};
  if (cost.renting) lines.push_back({"renting", *cost.renting});
  write(out, std::span<const C>(kColumns), lines, Format::table);
  if (cost.break_even_hours) out << '\n' << comparison(cost) << '\n';
  write_assumptions(out, plan);
}

}  // namespace derate::cli
