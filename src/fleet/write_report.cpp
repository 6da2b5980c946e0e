// SPDX-License-Identifier: Apache-2.0
// The answer first, then each group, then who is named, and last what of the records was wrong.
#include "fleet/write_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/line_width.h"
#include "base/units.h"
#include "page/page_json.h"

namespace derate::fleet {
namespace {

constexpr std::array<std::string_view, 4> kLinesLeastFirst = {"usual_low", "fastest", "p99", "p1"};
constexpr std::array<std::string_view, 3> kFindingsLeastFirst = {"sure", "where", "cause"};

bool counts(const Finding& finding) {
  return finding.verdict != Verdict::healthy && finding.verdict != Verdict::not_judged;
}

std::vector<Finding> named_of(const FleetVerdicts& verdicts) {
  std::vector<Finding> named;
  std::copy_if(verdicts.findings.begin(), verdicts.findings.end(), std::back_inserter(named),
               counts);
  return named;
}

void heading(std::ostream& out, const std::string& text, Format format) {
  out << '\n';
  if (format == Format::markdown) out << "## ";
  write_sentence(out, text, format);
  if (format == Format::markdown) out << '\n';
}

std::string number_of(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string plan_text(const JudgedGroup& judged) {
  std::string text;
  for (const SlowestOf& each : judged.slowest_of) {
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", format_percent(each.as_it_is),
                        each.gpus);
    if (each.after_draining - each.as_it_is > 0.0005) {
      text += fmt::format(" ({} without those named)", format_percent(each.after_draining));
    }
  }
  return fmt::format("The slowest GPU of a job delivers of the median, in {}: {}",
                     to_string(judged.planned), text);
}

void write_group(std::ostream& out, const FleetRecords& records, const JudgedGroup& judged,
                 Format format, bool all) {
  const Group& group = judged.group;
  std::string title = fmt::format("{}: {}", group.name, number_of(group.gpus.size(), "GPU"));
  if (!group.different.empty()) {
    title += fmt::format(", {} more set up otherwise", group.different.size());
  }
  heading(out, title, format);
  write_sentence(out,
                 fmt::format("power cap {}, driver {}, {}, clocks {}", group.facts[1],
                             group.facts[2], group.facts[3], group.facts[0]),
                 format);
  if (format == Format::markdown) out << '\n';
  std::vector<DistributionLine> lines = distribution_lines(records, judged);
  if (!all) std::erase_if(lines, [](const DistributionLine& line) { return !line.is_part; });
  std::vector<Column<DistributionLine>> columns(distribution_columns().begin(),
                                                distribution_columns().end());
  for (Column<DistributionLine>& column : columns) {
    const bool of_rows =
        column.name == "rate" || column.name == "eta" || column.name == "usual_low";
    if ((of_rows && !all) || (column.name == "detectable" && !judged.judgement.is_judged)) {
      column.heading = "";
    }
  }
  write<DistributionLine>(out, columns, lines, format, {kLinesLeastFirst});
  if (format == Format::markdown) out << '\n';
  if (!judged.slowest_of.empty()) write_sentence(out, plan_text(judged), format);
  for (const std::string& note : judged.notes) write_sentence(out, "Note: " + note, format);
}

void write_named(std::ostream& out, const FleetVerdicts& verdicts, Format format, bool all) {
  const std::vector<Finding> named = named_of(verdicts);
  if (named.empty()) return;
  heading(out, "To drain, to set up or to look for", format);
  std::vector<Column<Finding>> columns(finding_columns().begin(), finding_columns().end());
  for (Column<Finding>& column : columns) {
    if (column.name == "evidence" && format == Format::markdown) column.heading = "evidence";
  }
  write<Finding>(out, columns, named, format, {kFindingsLeastFirst, 20});
  if (format == Format::markdown) return;
  constexpr std::size_t kMostEvidence = 8;
  const std::size_t shown = all ? named.size() : std::min(named.size(), kMostEvidence);
  out << '\n';
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& each = named[i];
    if (each.evidence.empty()) continue;
    write_sentence(
        out, fmt::format("{}{}: {}", each.node,
                         each.gpu < 0 ? "" : fmt::format(" GPU {}", each.gpu), each.evidence));
  }
  if (shown < named.size()) {
    write_sentence(out, fmt::format("--all has the evidence on {} more", named.size() - shown));
  }
}

void write_notes(std::ostream& out, const FleetRecords& records, const FleetVerdicts& verdicts,
                 Format format) {
  if (records.faults.empty() && verdicts.notes.empty()) return;
  heading(out, "Notes", format);
  const std::string mark = format == Format::markdown ? "- " : "";
  for (const ShardFault& fault : records.faults) {
    out << mark;
    write_sentence(out, fmt::format("{} {}", fault.path, fault.what), format);
  }
  for (const std::string& note : verdicts.notes) {
    out << mark;
    write_sentence(out, note, format);
  }
}

void write_json(std::ostream& out, const FleetRecords& records, const FleetVerdicts& verdicts) {
  using Json = nlohmann::ordered_json;
  Json fleet = {{"headline", headline(records, verdicts)},
                {"nodes_measured", verdicts.nodes_measured},
                {"nodes_expected", verdicts.nodes_expected},
                {"records", records.records},
                {"duplicates", records.duplicates}};
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    fleet["verdicts"][std::string(to_string(static_cast<Verdict>(i)))] = verdicts.counts[i];
  }
  fleet["notes"] = verdicts.notes;
  fleet["shards"] = Json::array();
  for (const ShardFault& fault : records.faults) {
    fleet["shards"].push_back(
        {{"path", fault.path}, {"fault", fault.what}, {"records_used", fault.records}});
  }
  Json groups = Json::array();
  for (const JudgedGroup& judged : verdicts.groups) {
    Json group = {{"name", judged.group.name},
                  {"gpus", judged.group.gpus.size()},
                  {"judged", judged.judgement.is_judged},
                  {"notes", judged.notes}};
    for (std::size_t i = 0; i < kFactNames.size(); ++i) {
      group["facts"][std::string(kFactNames[i])] = judged.group.facts[i];
    }
    group["slowest_of"] = Json::array();
    for (const SlowestOf& each : judged.slowest_of) {
      group["slowest_of"].push_back({{"gpus", each.gpus},
                                     {"part", to_string(judged.planned)},
                                     {"as_it_is", page::number(each.as_it_is)},
                                     {"after_draining", page::number(each.after_draining)}});
    }
    groups.push_back(std::move(group));
  }
  out << "{\n\"fleet\": " << dumped(fleet) << ",\n\"groups\": " << dumped(groups)
      << ",\n\"distributions\": ";
  std::vector<DistributionLine> lines;
  for (const JudgedGroup& judged : verdicts.groups) {
    const std::vector<DistributionLine> more = distribution_lines(records, judged);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  derate::write_json<DistributionLine>(out, distribution_columns(), lines);
  out << ",\n\"gpus\": ";
  derate::write_json<Finding>(out, finding_columns(), verdicts.findings);
  out << "\n}\n";
}

}  // namespace

std::string headline(const FleetRecords& records, const FleetVerdicts& verdicts) {
  const std::string of = verdicts.nodes_expected > 0
                             ? fmt::format("{} of {}", verdicts.nodes_measured,
                                           number_of(verdicts.nodes_expected, "node"))
                             : number_of(verdicts.nodes_measured, "node");
  std::string text = fmt::format(
      "{} on {}, {} records: ", number_of(records.data.gpus().size(), "GPU"), of, records.records);
  std::string found;
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (verdicts.counts[i] == 0) continue;
    found +=
        fmt::format("{}{} {}", found.empty() ? "" : ", ", verdicts.counts[i], to_string(verdict));
  }
  return text + (found.empty() ? "nothing to judge" : found);
}

void write_report(std::ostream& out, const FleetRecords& records, const FleetVerdicts& verdicts,
                  Format format, bool all) {
  if (format == Format::json) return write_json(out, records, verdicts);
  if (format == Format::csv) {
    return write<Finding>(out, finding_columns(), verdicts.findings, format);
  }
  if (format == Format::markdown) out << "# ";
  write_sentence(out, headline(records, verdicts), format);
  for (const JudgedGroup& judged : verdicts.groups) {
    write_group(out, records, judged, format, all);
  }
  write_named(out, verdicts, format, all);
  write_notes(out, records, verdicts, format);
}

}  // namespace derate::fleet
