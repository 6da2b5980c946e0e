// SPDX-License-Identifier: Apache-2.0
// No judgement compares times of different nodes, so a clock that is wrong is only told.
#include "fleet/fleet_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <set>

#include "base/time_utc.h"

namespace derate::fleet {
namespace {

constexpr double kHour_s = 3600;
constexpr double kOff_s = 2 * kHour_s;

/// Seconds since 1970; NaN for what is no time.
double seconds_of(const std::string& time) {
  if (!is_time_utc(time)) return kUnknown;
  std::tm parts{};
  if (::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return kUnknown;
  return static_cast<double>(::timegm(&parts));
}

std::string hours(double seconds) { return fmt::format("{:.1f} h", std::abs(seconds) / kHour_s); }

/// Nodes whose records are from before the fleet's start, from the future, or far from the others'.
void add_clocks(const FleetRecords& records, std::vector<std::string>& notes) {
  double start = kUnknown;
  for (const std::string& started : records.started_utc) {
    start = std::fmin(start, seconds_of(started));
  }
  const double now = seconds_of(now_utc());
  std::vector<double> middles;
  for (const Node& node : records.data.nodes()) middles.push_back(seconds_of(node.first_utc));
  std::erase_if(middles, [](double time) { return std::isnan(time); });
  const double usual = median(middles);
  std::vector<std::string> behind;
  std::vector<std::string> ahead;
  std::vector<std::string> far;
  for (const Node& node : records.data.nodes()) {
    const double first = seconds_of(node.first_utc);
    const double last = seconds_of(node.last_utc);
    if (first < start - kHour_s) {
      behind.push_back(fmt::format("{} ({})", node.name, hours(start - first)));
    } else if (last > now + kHour_s) {
      ahead.push_back(fmt::format("{} ({})", node.name, hours(last - now)));
    } else if (std::abs(first - usual) > kOff_s) {
      far.push_back(fmt::format("{} ({} {})", node.name, hours(first - usual),
                                first < usual ? "before" : "after"));
    }
  }
  if (!behind.empty()) {
    notes.push_back("records from before the fleet was started, so the clock is behind: " +
                    list_of_names(behind));
  }
  if (!ahead.empty()) {
    notes.push_back("records from the future, so the clock is ahead: " + list_of_names(ahead));
  }
  if (!far.empty() && far.size() * 10 <= middles.size()) {
    notes.push_back("measured at another time than most nodes, or the clock differs: " +
                    list_of_names(far));
  } else if (!far.empty()) {
    const auto [least, most] = std::minmax_element(middles.begin(), middles.end());
    notes.push_back(
        fmt::format("the nodes were measured over {} by their own clocks", hours(*most - *least)));
  }
}

void add_products(const FleetRecords& records, std::vector<std::string>& notes) {
  std::map<std::uint32_t, std::set<std::string>> products;
  for (const Gpu& gpu : records.data.gpus()) {
    products[gpu.node].insert(records.data.text(gpu.name));
  }
  std::vector<std::string> mixed;
  for (const auto& [node, names] : products) {
    if (names.size() > 1) mixed.push_back(records.data.nodes()[node].name);
  }
  if (!mixed.empty()) {
    notes.push_back("nodes with two products, each judged among its own: " + list_of_names(mixed));
  }
}

bool is_slice(const std::string& name) { return name.find(" MIG ") != std::string::npos; }

void add_slices(const FleetRecords& records, std::vector<std::string>& notes) {
  std::size_t slices = 0;
  std::size_t whole = 0;
  for (const Gpu& gpu : records.data.gpus()) {
    ++(is_slice(records.data.text(gpu.name)) ? slices : whole);
  }
  if (slices == 0) return;
  notes.push_back(
      fmt::format("{} MIG slices, which share clock and power with their neighbours, "
                  "are judged by their profile{}",
                  slices, whole > 0 ? fmt::format(", apart from {} whole GPUs", whole) : ""));
}

void add_twins(const FleetRecords& records, std::vector<std::string>& notes) {
  std::map<std::uint32_t, std::set<std::uint32_t>> places;
  for (const Gpu& gpu : records.data.gpus()) {
    const bool is_known = records.data.text(gpu.backend) != "host" && gpu.id != 0;
    if (is_known) places[gpu.id].insert(gpu.node);
  }
  std::vector<std::string> twins;
  for (const auto& [id, nodes] : places) {
    if (nodes.size() < 2) continue;
    std::vector<std::string> names;
    for (const std::uint32_t node : nodes) names.push_back(records.data.nodes()[node].name);
    twins.push_back(fmt::format("{} in {}", records.data.text(id), list_of_names(names)));
  }
  if (!twins.empty()) {
    notes.push_back(
        "GPUs that several nodes say they have, so that they were moved or records "
        "were copied: " +
        list_of_names(twins));
  }
}

void add_versions(const FleetRecords& records, std::vector<std::string>& notes) {
  if (records.schemas.size() < 2) return;
  std::string told;
  for (const auto& [schema, count] : records.schemas) {
    told += fmt::format("{}{} of schema {}", told.empty() ? "" : ", ", count, schema);
  }
  notes.push_back("records of several versions, of which the older ones lack fields: " + told);
}

}  // namespace

std::string list_of_names(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::string text;
  const std::size_t shown = names.size() > kMost + 1 ? kMost : names.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == names.size();
    text += (i == 0 ? "" : is_last ? " and " : ", ") + names[i];
  }
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::vector<std::string> notes_on(const FleetRecords& records) {
  std::vector<std::string> notes = records.notes;
  add_clocks(records, notes);
  add_products(records, notes);
  add_slices(records, notes);
  add_twins(records, notes);
  add_versions(records, notes);
  if (records.duplicates > 0) {
    notes.push_back(fmt::format("{} records were there twice, and count once", records.duplicates));
  }
  return notes;
}

}  // namespace derate::fleet
