// SPDX-License-Identifier: Apache-2.0
// The columns of a fleet's report, of which every format is made.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/units.h"
#include "fleet/write_report.h"

namespace derate::fleet {
namespace {

/// "−6.1 %", with a sign on either side.
std::string signed_text(double share) {
  if (std::isnan(share)) return "–";
  return fmt::format("{}{:.1f} %", share < 0 ? "−" : "+", 100 * std::abs(share));
}

std::string share_text(double share) {
  return std::isnan(share) ? "–" : fmt::format("{:.2f} %", 100 * share);
}

std::string rate_of(const DistributionLine& line) {
  if (std::isnan(line.rate)) return "–";
  return format_rate(line.rate, parse_bound(line.bound).value_or(Bound::compute), line.precision);
}

std::string usual_of(const DistributionLine& line) {
  if (std::isnan(line.usual_low)) return "–";
  return fmt::format("{:.0f} to {:.0f} %", 100 * line.usual_low, 100 * line.usual_high);
}

std::string sure_text(double sure) {
  if (std::isnan(sure)) return "–";
  return sure > 0.9999 ? ">99.99 %" : fmt::format("{:.2f} %", 100 * sure);
}

bool is_named(const Finding& finding) {
  return finding.verdict != Verdict::healthy && finding.verdict != Verdict::not_judged;
}

using Line = DistributionLine;
using LineColumn = Column<Line>;
using FindingColumn = Column<Finding>;

const std::array kLineColumns = {
    LineColumn{"group", "", "GPUs that are compared with each other",
               [](const Line& l) -> Value { return std::string_view(l.group); }},
    LineColumn{"name", "of", "part, or row",
               [](const Line& l) -> Value { return std::string_view(l.name); }},
    LineColumn{"is_part", "", "whether it takes rows together",
               [](const Line& l) -> Value { return l.is_part; }},
    LineColumn{
        "gpus", "GPUs", "that have it",
        [](const Line& l) -> Value { return static_cast<std::int64_t>(l.distribution.gpus); }},
    LineColumn{"rate", "median", "FLOP/s, B/s or steps/s",
               [](const Line& l) -> Value { return l.rate; }, rate_of},
    LineColumn{"eta", "η", "of the median", [](const Line& l) -> Value { return l.eta; },
               [](const Line& l) { return format_percent(l.eta); }},
    LineColumn{"usual_low", "usual", "η elsewhere",
               [](const Line& l) -> Value { return l.usual_low; }, usual_of},
    LineColumn{"usual_high", "", "", [](const Line& l) -> Value { return l.usual_high; }},
    LineColumn{"sigma", "σ", "robust standard deviation between GPUs",
               [](const Line& l) -> Value { return l.distribution.sigma; },
               [](const Line& l) { return share_text(l.distribution.sigma); }},
    LineColumn{"slowest", "slowest", "against the median",
               [](const Line& l) -> Value { return l.distribution.slowest; },
               [](const Line& l) { return signed_text(l.distribution.slowest); }},
    LineColumn{"p1", "p1", "1 % of the GPUs are slower",
               [](const Line& l) -> Value { return l.distribution.p1; },
               [](const Line& l) { return signed_text(l.distribution.p1); }},
    LineColumn{"p5", "", "", [](const Line& l) -> Value { return l.distribution.p5; }},
    LineColumn{"p95", "", "", [](const Line& l) -> Value { return l.distribution.p95; }},
    LineColumn{"p99", "p99", "1 % of the GPUs are faster",
               [](const Line& l) -> Value { return l.distribution.p99; },
               [](const Line& l) { return signed_text(l.distribution.p99); }},
    LineColumn{"fastest", "fastest", "against the median",
               [](const Line& l) -> Value { return l.distribution.fastest; },
               [](const Line& l) { return signed_text(l.distribution.fastest); }},
    LineColumn{"detectable", "found from", "the slowdown at which one GPU alone is named",
               [](const Line& l) -> Value { return l.detectable; },
               [](const Line& l) { return format_percent(l.detectable); }},
};

double deviation_of(const Finding& finding, Part part) {
  return std::expm1(finding.deviation[static_cast<std::size_t>(part)]);
}

const std::array kFindingColumns = {
    FindingColumn{"verdict", "verdict",
                  "faulty, slow, unstable, different, missing, disturbed, not judged or healthy",
                  [](const Finding& f) -> Value { return to_string(f.verdict); }},
    FindingColumn{"node", "node", "",
                  [](const Finding& f) -> Value { return std::string_view(f.node); }},
    FindingColumn{
        "gpu", "GPU", "as the driver counts; empty for a whole node",
        [](const Finding& f) -> Value { return f.gpu < 0 ? kUnknown : static_cast<double>(f.gpu); },
        [](const Finding& f) { return f.gpu < 0 ? "–" : fmt::format("{}", f.gpu); }},
    FindingColumn{"device_id", "", "hash of its identity",
                  [](const Finding& f) -> Value { return std::string_view(f.id); }},
    FindingColumn{"product", "", "",
                  [](const Finding& f) -> Value { return std::string_view(f.product); }},
    FindingColumn{"group", "", "",
                  [](const Finding& f) -> Value { return std::string_view(f.group); }},
    FindingColumn{"where", "in", "what is slow",
                  [](const Finding& f) -> Value { return std::string_view(f.where); }},
    FindingColumn{"slowdown", "slower", "against the group's median",
                  [](const Finding& f) -> Value { return f.slowdown; },
                  [](const Finding& f) { return format_percent(f.slowdown); }},
    FindingColumn{
        "sure", "sure", "one less the share of false ones among those that are as slow",
        [](const Finding& f) -> Value { return f.sure; },
        [](const Finding& f) { return is_named(f) ? sure_text(f.sure) : std::string("–"); }},
    FindingColumn{"cause", "cause", "as far as clock, power, heat and links tell",
                  [](const Finding& f) -> Value { return std::string_view(f.cause); }},
    FindingColumn{"evidence", "", "in sentences",
                  [](const Finding& f) -> Value { return std::string_view(f.evidence); }},
    FindingColumn{"all", "", "this and the following: deviation from the group's median",
                  [](const Finding& f) -> Value { return deviation_of(f, Part::overall); }},
    FindingColumn{"compute", "", "",
                  [](const Finding& f) -> Value { return deviation_of(f, Part::compute); }},
    FindingColumn{"memory", "", "",
                  [](const Finding& f) -> Value { return deviation_of(f, Part::memory); }},
    FindingColumn{"transfers", "", "",
                  [](const Finding& f) -> Value { return deviation_of(f, Part::transfer); }},
    FindingColumn{"latency", "", "",
                  [](const Finding& f) -> Value { return deviation_of(f, Part::latency); }},
    FindingColumn{"between_rounds", "", "standard deviation of its rates between rounds",
                  [](const Finding& f) -> Value { return f.between_rounds; }},
    FindingColumn{"eta", "", "mean over the rows that compute",
                  [](const Finding& f) -> Value { return f.eta; }},
    FindingColumn{"clock", "", "deviation of its clock under compute from the group's",
                  [](const Finding& f) -> Value { return std::expm1(f.clock_deviation); }},
    FindingColumn{"power_w", "", "mean over the rows",
                  [](const Finding& f) -> Value { return f.power_w; }},
    FindingColumn{"temperature_c", "", "highest",
                  [](const Finding& f) -> Value { return f.temperature_c; }},
};

}  // namespace

std::span<const LineColumn> distribution_columns() { return kLineColumns; }
std::span<const FindingColumn> finding_columns() { return kFindingColumns; }

std::vector<DistributionLine> distribution_lines(const FleetRecords& records,
                                                 const JudgedGroup& judged) {
  std::vector<DistributionLine> lines;
  const GroupJudgement& judgement = judged.judgement;
  for (std::size_t part = 0; part < kParts; ++part) {
    if (judgement.parts[part].gpus == 0) continue;
    DistributionLine line;
    line.group = judged.group.name;
    line.name = to_string(kEveryPart[part]);
    line.is_part = true;
    line.distribution = judgement.parts[part];
    line.detectable = judgement.detectable[part];
    lines.push_back(std::move(line));
  }
  for (std::size_t row = 0; row < judgement.rows.size(); ++row) {
    const FleetRow& of = records.data.rows()[judged.group.rows[row]];
    DistributionLine line;
    line.group = judged.group.name;
    line.name = of.name;
    line.bound = of.row.bound;
    line.precision = of.row.precision;
    line.distribution = judgement.rows[row];
    line.rate = std::exp(judgement.rows[row].centre);
    line.eta = judged.eta[row];
    line.usual_low = judged.usual[row].interval.low;
    line.usual_high = judged.usual[row].interval.high;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace derate::fleet
