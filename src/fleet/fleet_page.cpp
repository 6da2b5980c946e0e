// SPDX-License-Identifier: Apache-2.0
// Distributions are counted here, so that a page of 16,384 GPUs holds a few numbers of each; the
// map has one cell a GPU. What would make a page too large is counted on it.
#include "fleet/fleet_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "fleet/write_report.h"
#include "page/page.h"
#include "page/page_json.h"

namespace derate::fleet {
namespace {

using page::Json;

constexpr std::size_t kMostFindings = 1'000;
constexpr std::size_t kMostGroups = 8;
constexpr std::size_t kMostRowsShown = 60;
constexpr std::size_t kMostPoints = 3'000;

bool is_on_list(const Finding& finding) {
  return finding.verdict != Verdict::healthy && finding.verdict != Verdict::not_judged;
}

std::string label_of(const Finding& finding) {
  return finding.gpu < 0 ? finding.node : fmt::format("{} GPU {}", finding.node, finding.gpu);
}

/// Counts of GPUs by their deviation from the median, in percent.
Json histogram(const std::vector<double>& deviations) {
  constexpr double kCells = 48;
  if (deviations.empty()) return Json::object();
  const auto [least, most] = std::minmax_element(deviations.begin(), deviations.end());
  const double low = *least;
  const double width = std::max(*most - low, 0.002) / kCells;
  std::vector<int> counts(static_cast<std::size_t>(kCells));
  for (const double value : deviations) {
    const auto at = static_cast<std::size_t>((value - low) / width);
    ++counts[std::min(at, counts.size() - 1)];
  }
  return {{"low", page::number(low, 5)}, {"width", page::number(width, 5)}, {"counts", counts}};
}

class PageData {
 public:
  PageData(const FleetRecords& records, const FleetVerdicts& verdicts)
      : records_(records), verdicts_(verdicts) {
    for (const Finding& each : verdicts.findings) {
      if (each.gpu >= 0) by_gpu_[{each.node, each.gpu, each.id}] = &each;
    }
  }

  Json data(std::span<const NodePair> pairs) const {
    Json groups = Json::array();
    for (std::size_t i = 0; i < std::min(verdicts_.groups.size(), kMostGroups); ++i) {
      groups.push_back(group(verdicts_.groups[i]));
    }
    std::vector<std::string> notes;
    for (const ShardFault& fault : records_.faults) {
      notes.push_back(fmt::format("{} {}", fault.path, fault.what));
    }
    notes.insert(notes.end(), verdicts_.notes.begin(), verdicts_.notes.end());
    return {{"page", "fleet"},
            {"headline", headline(records_, verdicts_)},
            {"notes", notes},
            {"groups", groups},
            {"groups_left_out", verdicts_.groups.size() - groups.size()},
            {"named", named()},
            {"named_left_out", left_out()},
            {"map", map()},
            {"points", points()},
            {"pairs", pairs_json(pairs)}};
  }

 private:
  using Key = std::tuple<std::string, std::int64_t, std::string>;

  [[nodiscard]] const Finding* finding_of(std::size_t gpu) const {
    const Gpu& each = records_.data.gpus()[gpu];
    const auto found = by_gpu_.find(
        {records_.data.nodes()[each.node].name, each.index, records_.data.text(each.id)});
    return found == by_gpu_.end() ? nullptr : found->second;
  }

  [[nodiscard]] Json row(const JudgedGroup& judged, std::size_t place) const {
    const std::size_t number = judged.group.rows[place];
    const double centre = judged.judgement.rows[place].centre;
    std::vector<double> deviations;
    Json flagged = Json::array();
    for (const std::size_t gpu : judged.group.gpus) {
      const auto& cells = records_.data.gpus()[gpu].cells;
      const auto cell = std::find_if(cells.begin(), cells.end(),
                                     [&](const Cell& each) { return each.row == number; });
      if (cell == cells.end()) continue;
      const double off = std::expm1(level_of(*cell, records_.data.rows()[number]) - centre);
      if (std::isnan(off)) continue;
      deviations.push_back(off);
      const Finding* const finding = finding_of(gpu);
      if (finding != nullptr && is_on_list(*finding) && flagged.size() < kMostFindings) {
        flagged.push_back({page::number(off, 4), label_of(*finding), to_string(finding->verdict)});
      }
    }
    return {{"name", records_.data.rows()[number].name},
            {"part", to_string(records_.data.rows()[number].part)},
            {"histogram", histogram(deviations)},
            {"flagged", flagged}};
  }

  [[nodiscard]] Json group(const JudgedGroup& judged) const {
    Json rows = Json::array();
    const std::size_t shown = std::min(judged.group.rows.size(), kMostRowsShown);
    for (std::size_t place = 0; place < shown; ++place) rows.push_back(row(judged, place));
    Json facts = Json::array();
    for (std::size_t i = 0; i < kFactNames.size(); ++i) {
      facts.push_back({kFactNames[i], judged.group.facts[i]});
    }
    Json slowest = Json::array();
    for (const SlowestOf& each : judged.slowest_of) {
      slowest.push_back(
          {each.gpus, page::number(each.as_it_is), page::number(each.after_draining)});
    }
    return {{"name", judged.group.name},
            {"gpus", judged.group.gpus.size()},
            {"facts", facts},
            {"notes", judged.notes},
            {"distributions", page::table_of<DistributionLine>(
                                  distribution_columns(), distribution_lines(records_, judged))},
            {"rows", rows},
            {"rows_left_out", judged.group.rows.size() - shown},
            {"slowest_of", slowest},
            {"planned", to_string(judged.planned)}};
  }

  [[nodiscard]] std::size_t named_count() const {
    return static_cast<std::size_t>(
        std::count_if(verdicts_.findings.begin(), verdicts_.findings.end(), is_on_list));
  }

  [[nodiscard]] std::size_t left_out() const {
    return named_count() - std::min(named_count(), kMostFindings);
  }

  [[nodiscard]] Json named() const {
    std::vector<Finding> shown;
    for (const Finding& each : verdicts_.findings) {
      if (is_on_list(each) && shown.size() < kMostFindings) shown.push_back(each);
    }
    std::vector<Column<Finding>> columns(finding_columns().begin(), finding_columns().end());
    std::erase_if(columns,
                  [](const Column<Finding>& column) { return column.name == "device_id"; });
    for (Column<Finding>& column : columns) {
      if (column.name == "evidence") column.heading = "evidence";
    }
    return page::table_of<Finding>(columns, shown);
  }

  /// [node, GPU, deviation of what the group is planned by, verdict] of each GPU.
  [[nodiscard]] Json map() const {
    std::map<std::string, std::size_t> places;
    Json nodes = Json::array();
    for (const Node& node : records_.data.nodes()) {
      places.emplace(node.name, nodes.size());
      nodes.push_back(node.name);
    }
    for (const Finding& each : verdicts_.findings) {  // nodes of which nothing came
      if (each.gpu < 0 && places.emplace(each.node, nodes.size()).second) {
        nodes.push_back(each.node);
      }
    }
    Json cells = Json::array();
    for (const Finding& each : verdicts_.findings) {
      const double compute = each.deviation[static_cast<std::size_t>(Part::compute)];
      const double all = each.deviation[static_cast<std::size_t>(Part::overall)];
      cells.push_back({places.at(each.node), each.gpu,
                       page::number(std::expm1(std::isnan(compute) ? all : compute), 3),
                       static_cast<int>(each.verdict)});
    }
    Json words = Json::array();
    for (std::size_t i = 0; i < kVerdicts; ++i) {
      words.push_back(to_string(static_cast<Verdict>(i)));
    }
    return {{"nodes", nodes}, {"cells", cells}, {"verdicts", words}};
  }

  /// [η, clock, power, temperature, verdict, label]: everybody who is named, and some of the
  /// others.
  [[nodiscard]] Json points() const {
    std::size_t known = 0;
    for (const Finding& each : verdicts_.findings) known += std::isnan(each.eta) ? 0 : 1;
    const std::size_t step = known / kMostPoints + 1;
    Json found = Json::array();
    std::size_t at = 0;
    for (const Finding& each : verdicts_.findings) {
      if (std::isnan(each.eta)) continue;
      if (!is_on_list(each) && ++at % step != 0) continue;
      found.push_back({page::number(each.eta, 4), page::number(std::expm1(each.clock_deviation), 4),
                       page::number(each.power_w, 4), page::number(each.temperature_c, 4),
                       static_cast<int>(each.verdict), label_of(each)});
    }
    return found;
  }

  static Json pairs_json(std::span<const NodePair> pairs) {
    Json found = Json::array();
    for (const NodePair& each : pairs) {
      found.push_back({each.from, each.to, page::number(each.rate, 4),
                       page::number(each.deviation, 3), each.is_slow});
    }
    return found;
  }

  const FleetRecords& records_;
  const FleetVerdicts& verdicts_;
  std::map<Key, const Finding*> by_gpu_;
};

}  // namespace

Json fleet_data(const FleetRecords& records, const FleetVerdicts& verdicts,
                std::span<const NodePair> pairs) {
  return PageData(records, verdicts).data(pairs);
}

std::string fleet_html(const FleetRecords& records, const FleetVerdicts& verdicts,
                       std::span<const NodePair> pairs) {
  return page::html(fleet_data(records, verdicts, pairs));
}

}  // namespace derate::fleet
