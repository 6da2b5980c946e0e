// SPDX-License-Identifier: Apache-2.0
// Counts configurations within a product; one that at least half of its GPUs have makes those that
// less than a tenth have differ.
#include "fleet/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/units.h"

namespace derate::fleet {
namespace {

constexpr double kMainShare = 0.5;
constexpr double kMinorShare = 0.1;
constexpr std::size_t kLibrary = 6;  ///< of kFactNames

std::string power_text(double watt) {
  return std::isnan(watt) ? "not known" : fmt::format("{:.0f} W", watt);
}

/// Drivers keep some of the memory for themselves, so that only half gibibytes count.
std::string memory_text(double bytes) {
  return fmt::format("{:g} GiB", std::round(bytes / 0x1p29) / 2);
}

std::string clocks_text(double setting) {
  if (std::isnan(setting)) return "not known";
  return setting > 0 ? "limited by a setting" : "as the driver chooses";
}

/// The library that most GPUs took for each row.
std::map<std::uint32_t, std::uint32_t> main_libraries(const FleetData& data) {
  std::map<std::uint32_t, std::map<std::uint32_t, std::size_t>> counts;
  for (const Gpu& gpu : data.gpus()) {
    for (const Cell& cell : gpu.cells) ++counts[cell.row][cell.library];
  }
  std::map<std::uint32_t, std::uint32_t> mains;
  for (const auto& [row, libraries] : counts) {
    mains[row] = std::max_element(libraries.begin(), libraries.end(), [](auto& a, auto& b) {
                   return a.second < b.second;
                 })->first;
  }
  return mains;
}

Facts facts_of(const FleetData& data, const Gpu& gpu,
               const std::map<std::uint32_t, std::uint32_t>& libraries) {
  Facts facts = {clocks_text(gpu.clock_setting),
                 power_text(gpu.power_cap_w),
                 data.text(gpu.driver),
                 memory_text(gpu.memory_bytes),
                 fmt::format("{:g}", gpu.compute_units),
                 data.text(gpu.software),
                 "as most"};
  if (gpu.power_cap_least_w < gpu.power_cap_w) {
    facts[1] = fmt::format("{} to {}", power_text(gpu.power_cap_least_w), facts[1]);
  }
  for (const Cell& cell : gpu.cells) {
    if (libraries.at(cell.row) != cell.library) {
      facts[kLibrary] = data.text(cell.library);
      break;
    }
  }
  return facts;
}

std::string what_differs(const Facts& facts, const Facts& usual, std::size_t with,
                         std::size_t all) {
  std::string text;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i] == usual[i]) continue;
    text += fmt::format("{}{} {} where {} of {} have {}", text.empty() ? "" : "; ", kFactNames[i],
                        facts[i].empty() ? "none" : facts[i], with, all,
                        i == kLibrary ? "another" : usual[i]);
  }
  return text;
}

std::vector<std::size_t> rows_of(const FleetData& data, const std::vector<std::size_t>& gpus) {
  std::vector<bool> has(data.rows().size());
  for (const std::size_t gpu : gpus) {
    for (const Cell& cell : data.gpus()[gpu].cells) has[cell.row] = true;
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < has.size(); ++row) {
    if (has[row]) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return data.rows()[a].part < data.rows()[b].part;
  });
  return rows;
}

using Configurations = std::map<Facts, std::vector<std::size_t>>;

/// Groups of one product.
std::vector<Group> groups_of_product(const std::string& product, const Configurations& found) {
  std::size_t all = 0;
  auto main = found.begin();
  for (auto at = found.begin(); at != found.end(); ++at) {
    all += at->second.size();
    if (at->second.size() > main->second.size()) main = at;
  }
  const auto share = [&](std::size_t gpus) {
    return static_cast<double>(gpus) / static_cast<double>(all);
  };
  const bool has_main =
      share(main->second.size()) >= kMainShare && main->second.size() >= kSmallGroup;
  std::vector<Group> groups = {{product, product, main->first, main->second, {}, {}}};
  for (auto at = found.begin(); at != found.end(); ++at) {
    const auto& [facts, gpus] = *at;
    if (at == main) continue;
    if (!has_main || share(gpus.size()) >= kMinorShare) {
      groups.push_back({product, product, facts, gpus, {}, {}});
      continue;
    }
    for (const std::size_t gpu : gpus) {
      groups.front().different.push_back(
          {gpu, what_differs(facts, main->first, main->second.size(), all)});
    }
  }
  return groups;
}

/// Facts in which groups of one product differ become part of their names.
void name_groups(std::vector<Group>& groups) {
  for (Group& group : groups) {
    std::string told;
    for (std::size_t i = 0; i < group.facts.size() && groups.size() > 1; ++i) {
      const bool differs = std::any_of(groups.begin(), groups.end(), [&](const Group& other) {
        return other.facts[i] != group.facts[i];
      });
      if (!differs) continue;
      told += fmt::format("{}{} {}", told.empty() ? "" : ", ", kFactNames[i], group.facts[i]);
    }
    if (!told.empty()) group.name += " (" + told + ")";
  }
}

}  // namespace

std::vector<Group> groups_of(const FleetData& data) {
  const auto libraries = main_libraries(data);
  std::map<std::string, Configurations> products;
  for (std::size_t gpu = 0; gpu < data.gpus().size(); ++gpu) {
    const Gpu& each = data.gpus()[gpu];
    if (each.cells.empty()) continue;
    products[data.text(each.name)][facts_of(data, each, libraries)].push_back(gpu);
  }
  std::vector<Group> all;
  for (const auto& [product, found] : products) {
    std::vector<Group> groups = groups_of_product(product, found);
    name_groups(groups);
    for (Group& group : groups) {
      group.rows = rows_of(data, group.gpus);
      all.push_back(std::move(group));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Group& a, const Group& b) { return a.gpus.size() > b.gpus.size(); });
  return all;
}

Levels levels_of(const FleetData& data, const std::vector<std::size_t>& rows,
                 const std::vector<std::size_t>& gpus, const std::vector<int>& leaf) {
  Levels levels;
  levels.gpus = gpus.size();
  levels.rows = rows.size();
  std::vector<std::size_t> place(data.rows().size(), kNoRow);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    place[rows[i]] = i;
    levels.parts.push_back(data.rows()[rows[i]].part);
  }
  levels.level.assign(gpus.size() * rows.size(), kUnknown);
  levels.best = levels.level;
  levels.between = levels.level;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    const Gpu& gpu = data.gpus()[gpus[i]];
    levels.node.push_back(static_cast<int>(gpu.node));
    levels.leaf.push_back(leaf.empty() ? -1 : leaf[gpu.node]);
    for (const Cell& cell : gpu.cells) {
      if (place[cell.row] == kNoRow) continue;
      const std::size_t at = i * rows.size() + place[cell.row];
      levels.level[at] = level_of(cell, data.rows()[cell.row]);
      levels.best[at] = best_of(cell, data.rows()[cell.row]);
      levels.between[at] = variance_of(cell);
    }
  }
  return levels;
}

}  // namespace derate::fleet
