// SPDX-License-Identifier: Apache-2.0
// The table of low, middle and high amounts, the sentence on the break-even point, and the
// assumptions.
#include "estimate/cost_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/line_width.h"
#include "base/table.h"

namespace derate {
namespace {

/// Whole numbers where these say enough, four digits below.
std::string amount(double value) {
  if (std::isinf(value)) return "never";
  return std::abs(value) >= 1000 && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                           : fmt::format("{:.4g}", value);
}

/// The same for figures below each other: two decimals below 1000, more where these would be lost.
std::string aligned(double value) {
  if (value == 0 || (value >= 0.1 && value < 1000)) return fmt::format("{:.2f}", value);
  return value < 0.1 ? fmt::format("{:#.3g}", value) : amount(value);
}

struct CostLine {
  std::string_view name;
  Range range;
  std::string_view unit = "";  ///< before the figures

  [[nodiscard]] std::string cell(double figure) const {
    return fmt::format("{}{}", unit, aligned(figure));
  }
};

using CostColumn = Column<CostLine>;

const std::array kCostColumns = {
    CostColumn{"name", "item", "", [](const CostLine& l) -> Value { return l.name; }},
    CostColumn{"low", "low", "", [](const CostLine& l) -> Value { return l.range.low; },
               [](const CostLine& l) { return l.cell(l.range.low); }},
    CostColumn{"value", "middle", "", [](const CostLine& l) -> Value { return l.range.value; },
               [](const CostLine& l) { return l.cell(l.range.value); }},
    CostColumn{"high", "high", "", [](const CostLine& l) -> Value { return l.range.high; },
               [](const CostLine& l) { return l.cell(l.range.high); }}};

constexpr std::array<std::string_view, 2> kCostLeastFirst = {"low", "high"};

/// "1.1 to 1.25", or the one value, each with `unit` before it.
std::string ends(const Range& range, std::string_view unit = "") {
  if (range.low == range.high) return fmt::format("{}{}", unit, amount(range.value));
  return fmt::format("{0}{1} to {0}{2}", unit, amount(range.low), amount(range.high));
}

/// "54 to 69 %".
std::string percent(const Range& share) {
  return ends({100 * share.low, 100 * share.value, 100 * share.high}) + " %";
}

/// What the run alone says for or against buying: devices that have no other use cost all of their
/// price.
std::string for_this_run(const CostEstimate& cost) {
  const Range& run = cost.plan.hours;
  const Range& hours = *cost.break_even_hours;
  if (run.low >= hours.high) return "This run alone lasts longer: buying is cheaper.";
  const std::string share =
      fmt::format("This run is {:.3g} % of that: ", 100 * run.value / hours.value);
  if (run.high < hours.low) {
    return share +
           "for it alone renting is cheaper, and buying pays only where further work keeps the "
           "devices in use that long.";
  }
  return share + "whether buying pays for it alone depends on the assumptions.";
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
      always  ? "within their lifetime in every case"
      : never ? "beyond their lifetime in every case: renting is cheaper"
              : "within their lifetime or beyond, depending on the assumptions";
  return fmt::format(
      "Buying breaks even after {} h of use of each device [{}, {}], {}\n(a lifetime has {} h of "
      "use): it pays from {} of its lifetime at work.{}",
      amount(hours.value), amount(hours.low), amount(hours.high), meaning,
      ends(cost.lifetime_hours), percent(*cost.break_even_use),
      never ? "" : "\n" + for_this_run(cost));
}

void write_assumptions(std::ostream& out, const CostPlan& plan, std::string_view currency) {
  const bool always = plan.in_use.low == 1 && plan.in_use.high == 1;
  out << '\n';
  write_paragraph(
      out,
      fmt::format(
          "Assumed: price of a device {}; host, network and rack {} of that; written off over {} "
          "years, at work\n{} of the time; {} W a device, times {} for the whole server, times {} "
          "for "
          "the building (PUE);\na kWh at {}; upkeep {} of the purchase a year. All are options. "
          "Low "
          "and high take every\nassumption at its cheap or dear end: a best and a worst case, not "
          "a "
          "probability.",
          ends(plan.price, currency), percent(plan.host_share), ends(plan.lifetime_years),
          always ? "all" : percent(plan.in_use), ends(plan.device_power_w), ends(plan.host_power),
          ends(plan.pue), ends(plan.kwh_price, currency), percent(plan.upkeep_per_year)));
  if (currency.empty()) write_paragraph(out, "Money is in the currency of the prices.");
  for (const auto& [what, source] : {std::pair("Hours", plan.hours_source),
                                     {"Price", plan.price_source},
                                     {"Rent", plan.rent_source}}) {
    if (!source.empty()) write_paragraph(out, fmt::format("{}: {}.", what, source));
  }
}

}  // namespace

void write_cost(std::ostream& out, const CostEstimate& cost, std::string_view currency) {
  const CostPlan& plan = cost.plan;
  write_sentence(out,
                 fmt::format("{:g} x {} for {} h", plan.devices, plan.device, ends(plan.hours)));
  out << '\n';
  std::vector<CostLine> lines = {{"purchase, with hosts", cost.purchase, currency},
                                 {"  the run's share of it", cost.capital, currency},
                                 {"energy [kWh]", cost.energy_kwh},
                                 {"  its price", cost.electricity, currency},
                                 {"upkeep", cost.upkeep, currency},
                                 {"owning: share, energy, upkeep", cost.owning, currency}};
  if (cost.renting) lines.push_back({"renting", *cost.renting, currency});
  if (cost.carbon_kg) lines.push_back({"carbon [kg CO2e]", *cost.carbon_kg});
  write(out, std::span<const CostColumn>(kCostColumns), lines, Format::table, {kCostLeastFirst});
  if (cost.break_even_hours) {
    out << '\n';
    write_paragraph(out, comparison(cost));
  }
  write_assumptions(out, plan, currency);
}

}  // namespace derate
