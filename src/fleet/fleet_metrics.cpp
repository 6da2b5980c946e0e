// SPDX-License-Identifier: Apache-2.0
// One family after the other, as the format has it, over GPUs and over the rows of groups.
#include "fleet/fleet_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/open_metrics.h"
#include "base/time_utc.h"
#include "fleet/write_report.h"

namespace derate::embedded {
extern const std::string_view grafana_fleet;
}  // namespace derate::embedded

namespace derate::fleet {
namespace {

std::string labels_of(const Finding& finding) {
  return fmt::format("{},{},{},{}", metric_label("node", finding.node),
                     metric_label("gpu", finding.gpu < 0 ? "" : std::to_string(finding.gpu)),
                     metric_label("product", finding.product), metric_label("id", finding.id));
}

struct GpuGauge {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  double (*value)(const Finding&);
};

constexpr std::array kGpuGauges = {
    GpuGauge{"derate_fleet_gpu_eta_ratio", "ratio",
             "Mean share of the peak of all rows that compute bounds.",
             [](const Finding& f) { return f.eta; }},
    GpuGauge{"derate_fleet_gpu_clock_deviation_ratio", "ratio",
             "Clock under compute over the median of the group, less 1.",
             [](const Finding& f) { return std::expm1(f.clock_deviation); }},
    GpuGauge{"derate_fleet_gpu_power_watts", "watts", "Mean power over the rows.",
             [](const Finding& f) { return f.power_w; }},
    GpuGauge{"derate_fleet_gpu_temperature_celsius", "celsius", "Highest temperature.",
             [](const Finding& f) { return f.temperature_c; }}};

void add_counts(const FleetVerdicts& verdicts, OpenMetrics& out) {
  out.family("derate_fleet_nodes", "", "Nodes that were to be measured, by what became of them.");
  out.sample(metric_label("state", "measured"), static_cast<double>(verdicts.nodes_measured));
  if (verdicts.nodes_expected > 0) {
    out.sample(metric_label("state", "not_measured"),
               static_cast<double>(verdicts.nodes_expected -
                                   std::min(verdicts.nodes_expected, verdicts.nodes_measured)));
  }
  std::map<std::pair<std::string, Verdict>, double> counts;
  for (const Finding& finding : verdicts.findings) {
    if (finding.gpu >= 0) ++counts[{finding.product, finding.verdict}];
  }
  out.family("derate_fleet_gpus", "", "GPUs by verdict.");
  for (const auto& [of, count] : counts) {
    out.sample(
        metric_label("product", of.first) + "," + metric_label("verdict", to_string(of.second)),
        count);
  }
}

void add_gpus(const FleetVerdicts& verdicts, OpenMetrics& out) {
  out.family("derate_fleet_gpu_verdict", "", "1 for the verdict on a GPU, or on a whole node.");
  for (const Finding& finding : verdicts.findings) {
    out.sample(labels_of(finding) + "," + metric_label("verdict", to_string(finding.verdict)), 1);
  }
  out.family("derate_fleet_gpu_deviation_ratio", "ratio",
             "Rate over the median of the group, less 1, by what of the GPU it exercises.");
  for (const Finding& finding : verdicts.findings) {
    for (std::size_t part = 0; part < kParts; ++part) {
      out.sample(labels_of(finding) + "," + metric_label("part", to_string(kEveryPart[part])),
                 std::expm1(finding.deviation[part]));
    }
  }
  for (const GpuGauge& gauge : kGpuGauges) {
    out.family(gauge.name, gauge.unit, gauge.help);
    for (const Finding& finding : verdicts.findings) {
      out.sample(labels_of(finding), gauge.value(finding));
    }
  }
}

struct GroupGauge {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  double (*value)(const DistributionLine&);
};

constexpr std::array kGroupGauges = {
    GroupGauge{"derate_fleet_group_rate", "", "Median rate of a group, in FLOP/s, B/s or steps/s.",
               [](const DistributionLine& line) { return line.rate; }},
    GroupGauge{"derate_fleet_group_eta_ratio", "ratio", "Median share of the peak.",
               [](const DistributionLine& line) { return line.eta; }},
    GroupGauge{"derate_fleet_group_spread_ratio", "ratio",
               "Scaled median absolute deviation between the GPUs of a group, relative.",
               [](const DistributionLine& line) { return line.distribution.sigma; }}};

void add_groups(const FleetRecords& records, const FleetVerdicts& verdicts, OpenMetrics& out) {
  std::vector<std::pair<std::string, DistributionLine>> lines;
  for (const JudgedGroup& judged : verdicts.groups) {
    for (DistributionLine& line : distribution_lines(records, judged)) {
      if (line.is_part) continue;
      std::string labels = metric_label("product", judged.group.product) + "," +
                           metric_label("group", line.group) + "," +
                           metric_label("benchmark", line.name);
      lines.emplace_back(std::move(labels), std::move(line));
    }
  }
  for (const GroupGauge& gauge : kGroupGauges) {
    out.family(gauge.name, gauge.unit, gauge.help);
    for (const auto& [labels, line] : lines) out.sample(labels, gauge.value(line));
  }
}

}  // namespace

std::string fleet_metrics(const FleetRecords& records, const FleetVerdicts& verdicts) {
  OpenMetrics out;
  add_counts(verdicts, out);
  add_gpus(verdicts, out);
  add_groups(records, verdicts, out);
  std::string last_utc;
  for (const Node& node : records.data.nodes()) last_utc = std::max(last_utc, node.last_utc);
  out.family("derate_fleet_last_run_timestamp_seconds", "seconds",
             "When the last record was made.");
  out.sample("", unix_seconds(last_utc));
  return out.end();
}

std::string_view grafana_dashboard() { return embedded::grafana_fleet; }

}  // namespace derate::fleet
