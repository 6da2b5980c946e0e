// SPDX-License-Identifier: Apache-2.0
// Faults first, then what the group says, then how a GPU is set up; and what is not there at all.
#include "fleet/verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/units.h"
#include "fleet/evidence.h"
#include "fleet/fleet_notes.h"
#include "fleet/missing.h"
#include "fleet/reference_check.h"
#include "fleet/slowest_of.h"

namespace derate::fleet {
namespace {

std::string place_text(const FleetData& data, const Group& group, const GpuJudgement& judgement) {
  if (judgement.row != kNoRow) return data.rows()[group.rows[judgement.row]].name;
  return std::string(to_string(judgement.part));
}

class FleetJudge {
 public:
  FleetJudge(const FleetRecords& records, const References& references, const Asked& asked)
      : records_(records), data_(records.data), references_(references), asked_(asked) {}

  FleetVerdicts judge() {
    find_switches();
    for (Group& group : groups_of(data_)) judge_one(std::move(group));
    add_gpus_without_rates();
    for (Finding& finding : missing_of(records_)) result_.findings.push_back(std::move(finding));
    result_.notes = notes_on(records_);
    result_.nodes_measured = data_.nodes().size();
    result_.nodes_expected = static_cast<std::size_t>(records_.expected_count);
    std::stable_sort(result_.findings.begin(), result_.findings.end(),
                     [](const Finding& a, const Finding& b) {
                       const auto key = [](const Finding& each) {
                         const double slow = std::isnan(each.slowdown) ? 0 : each.slowdown;
                         const bool is_well = each.verdict == Verdict::healthy;
                         return std::tuple(each.verdict, is_well ? 0 : -slow);
                       };
                       return key(a) < key(b);
                     });
    for (const Finding& each : result_.findings) {
      ++result_.counts[static_cast<std::size_t>(each.verdict)];
    }
    return std::move(result_);
  }

 private:
  void find_switches() {
    std::map<std::string, int> numbers;
    for (const Node& node : data_.nodes()) {
      const auto found = records_.switches.find(node.name);
      if (found == records_.switches.end()) {
        leaf_.push_back(-1);
      } else {
        leaf_.push_back(
            numbers.try_emplace(found->second, static_cast<int>(numbers.size())).first->second);
      }
    }
  }

  Finding finding_of(std::size_t gpu, const std::string& group) const {
    const Gpu& each = data_.gpus()[gpu];
    Finding finding;
    finding.node = data_.nodes()[each.node].name;
    finding.gpu = each.index;
    finding.id = data_.text(each.id);
    finding.product = data_.text(each.name);
    finding.group = group;
    return finding;
  }

  void judge_one(Group group) {
    const Levels levels = levels_of(data_, group.rows, group.gpus, leaf_);
    JudgedGroup judged{
        std::move(group), judge_group(levels, asked_), Part::compute, {}, {}, {}, {}};
    const Sensors sensors(data_, judged.group);
    add_references(data_, references_, levels, judged);
    std::set<std::size_t> flagged;
    for (std::size_t i = 0; i < levels.gpus; ++i) {
      Finding finding = judge_gpu(judged, levels, sensors, i);
      if (finding.verdict == Verdict::slow || finding.verdict == Verdict::faulty) flagged.insert(i);
      result_.findings.push_back(std::move(finding));
    }
    add_different(judged, sensors);
    plan(levels, flagged, judged);
    describe(levels, flagged, judged);
    result_.groups.push_back(std::move(judged));
  }

  Finding judge_gpu(const JudgedGroup& judged, const Levels& levels, const Sensors& sensors,
                    std::size_t i) const {
    const std::size_t at = judged.group.gpus[i];
    const Gpu& gpu = data_.gpus()[at];
    const GpuJudgement& judgement = judged.judgement.gpus[i];
    Finding finding = finding_of(at, judged.group.name);
    sensors.describe(gpu, finding);
    finding.deviation = judgement.deviation;
    finding.between_rounds = judgement.between_rounds;
    finding.evidence = fault_of(data_, gpu);
    if (!finding.evidence.empty()) {
      finding.verdict = Verdict::faulty;
      finding.cause = gpu.incorrect > 0 ? "wrong results" : "faults";
      return finding;
    }
    if (!judged.judgement.is_judged) return judge_alone(judged, i, std::move(finding));
    if (std::all_of(judgement.deviation.begin(), judgement.deviation.end(),
                    [](double deviation) { return std::isnan(deviation); })) {
      finding.verdict = Verdict::not_judged;
      finding.evidence = "it has none, or too few, of the rows that its group has in common";
      return finding;
    }
    finding.where = place_text(data_, judged.group, judgement);
    finding.slowdown = judgement.slowdown;
    finding.sure = 1 - judgement.false_share;
    if (judgement.slow) {
      call_slow(judged, levels, sensors, i, finding);
    } else if (judgement.unsteady) {
      finding.verdict = Verdict::unstable;
      finding.where = "rounds";
      finding.sure = 1 - judgement.unsteady_false_share;
      finding.cause = fmt::format("±{} between rounds", format_percent(judgement.between_rounds));
      finding.evidence = "rates differ between rounds by far more than the group's";
    }
    const std::string disturbance = disturbance_of(gpu);
    if (finding.verdict != Verdict::healthy && !disturbance.empty()) {
      finding.verdict = Verdict::disturbed;
      finding.cause = disturbance;
      finding.evidence =
          fmt::format("{}, so that its figures say nothing; {}", disturbance, finding.evidence);
    }
    return finding;
  }

  void call_slow(const JudgedGroup& judged, const Levels& levels, const Sensors& sensors,
                 std::size_t i, Finding& finding) const {
    const GpuJudgement& judgement = judged.judgement.gpus[i];
    finding.verdict = Verdict::slow;
    const std::string rows =
        judgement.row != kNoRow
            ? "this row alone, in all of its rounds"
            : rows_text(data_, judged.group, levels, judged.judgement, i, judgement.part);
    finding.evidence =
        fmt::format("{} {} slower ({})", finding.where, format_percent(judgement.slowdown), rows);
    sensors.explain(data_.gpus()[judged.group.gpus[i]], judgement.part, finding);
    if (judgement.with_its_node) {
      finding.cause = "whole node" + (finding.cause.empty() ? "" : "; " + finding.cause);
      finding.evidence += "; its whole node is slow: cooling, supply or host rather than this GPU";
    }
  }

  /// Of a group that is too small: what is usual elsewhere, where that is known.
  Finding judge_alone(const JudgedGroup& judged, std::size_t i, Finding finding) const {
    const ReferenceCheck check = check_by_reference(data_, references_, judged.group.gpus[i]);
    finding.verdict = check.is_low    ? Verdict::slow
                      : check.is_well ? Verdict::healthy
                                      : Verdict::not_judged;
    finding.where = check.is_low ? "against usual" : "";
    finding.cause = check.is_low ? "below usual" : "";
    finding.evidence = check.text;
    const std::string disturbance = disturbance_of(data_.gpus()[judged.group.gpus[i]]);
    if (check.is_low && !disturbance.empty()) {
      finding.verdict = Verdict::disturbed;
      finding.cause = disturbance;
    }
    return finding;
  }

  void add_different(const JudgedGroup& judged, const Sensors& sensors) {
    if (judged.group.different.empty()) return;
    std::vector<std::size_t> gpus;
    for (const DifferentGpu& each : judged.group.different) gpus.push_back(each.gpu);
    const Levels levels = levels_of(data_, judged.group.rows, gpus, leaf_);
    const std::vector<double> compute = part_levels(levels, judged.judgement.rows, Part::compute);
    const double centre = judged.judgement.parts[static_cast<std::size_t>(Part::compute)].centre;
    for (std::size_t i = 0; i < gpus.size(); ++i) {
      Finding finding = finding_of(gpus[i], judged.group.name);
      sensors.describe(data_.gpus()[gpus[i]], finding);
      finding.verdict = Verdict::different;
      finding.evidence = judged.group.different[i].what;
      finding.cause = finding.evidence.substr(0, finding.evidence.find(" where"));
      const double off = compute[i] - centre;
      finding.deviation[static_cast<std::size_t>(Part::compute)] = off;
      if (!std::isnan(off)) {
        finding.where = "compute";
        finding.slowdown = -std::expm1(off);
      }
      const std::string fault = fault_of(data_, data_.gpus()[gpus[i]]);
      if (!fault.empty()) {
        finding.verdict = Verdict::faulty;
        finding.evidence = fault + "; " + finding.evidence;
      }
      result_.findings.push_back(std::move(finding));
    }
  }

  void plan(const Levels& levels, const std::set<std::size_t>& flagged, JudgedGroup& judged) const {
    const auto has = [&](Part part) {
      return judged.judgement.parts[static_cast<std::size_t>(part)].gpus > 0;
    };
    if (!has(Part::compute)) {
      const auto found = std::find_if(kEveryPart.begin(), kEveryPart.end(), has);
      if (found == kEveryPart.end()) return;
      judged.planned = *found;
    }
    std::vector<double> all;
    std::vector<double> rest;
    for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
      const double off =
          judged.judgement.gpus[gpu].deviation[static_cast<std::size_t>(judged.planned)];
      if (std::isnan(off)) continue;
      all.push_back(std::exp(off));
      if (!flagged.contains(gpu)) rest.push_back(std::exp(off));
    }
    for (const std::size_t gpus : {8u, 64u, 512u, 4096u}) {
      if (gpus > all.size()) break;  // more than were seen: nothing is known of their slowest
      judged.slowest_of.push_back({gpus, expected_least(all, gpus), expected_least(rest, gpus)});
    }
  }

  /// Sentences on what the group cannot tell, or on what many of its GPUs share.
  void describe(const Levels& levels, const std::set<std::size_t>& flagged,
                JudgedGroup& judged) const {
    constexpr double kManyShare = 0.1;
    if (!judged.judgement.is_judged) {
      const Distribution& all = judged.judgement.parts[static_cast<std::size_t>(judged.planned)];
      std::string note = fmt::format("{} GPU{} are too few to say what is usual among them",
                                     levels.gpus, levels.gpus == 1 ? "" : "s");
      if (levels.gpus == 1) note = "1 GPU has no others to be judged by";
      if (levels.gpus > 1 && !std::isnan(all.slowest)) {
        note +=
            fmt::format(": in {} they differ by {}{}", to_string(judged.planned),
                        format_percent(all.fastest - all.slowest),
                        levels.gpus == 2 ? ", and nobody can tell which of the two is right" : "");
      }
      judged.notes.push_back(note);
    }
    const auto uncommon = static_cast<std::size_t>(std::count_if(
        judged.judgement.rows.begin(), judged.judgement.rows.end(), [&](const Distribution& row) {
          return !is_common(levels, judged.judgement.rows,
                            static_cast<std::size_t>(&row - judged.judgement.rows.data()));
        }));
    if (uncommon > 0) {
      judged.notes.push_back(
          fmt::format("{} of {} rows were measured on less than half of the GPUs, and count for "
                      "no part",
                      uncommon, levels.rows));
    }
    const auto slow = static_cast<double>(flagged.size());
    if (levels.gpus >= kSmallGroup && slow >= kManyShare * static_cast<double>(levels.gpus)) {
      judged.notes.push_back(fmt::format(
          "{} of {} GPUs are named: rather two kinds under one name (cooling, firmware, power of a "
          "rack) than so many faults",
          flagged.size(), levels.gpus));
    }
  }

  void add_gpus_without_rates() {
    for (std::size_t gpu = 0; gpu < data_.gpus().size(); ++gpu) {
      if (!data_.gpus()[gpu].cells.empty()) continue;
      Finding finding = finding_of(gpu, "");
      finding.verdict = Verdict::faulty;
      finding.cause = "nothing measured";
      finding.evidence = fault_of(data_, data_.gpus()[gpu]);
      if (finding.evidence.empty()) finding.evidence = "none of its records has a figure";
      result_.findings.push_back(std::move(finding));
    }
  }

  const FleetRecords& records_;
  const FleetData& data_;
  const References& references_;
  const Asked& asked_;
  std::vector<int> leaf_;
  FleetVerdicts result_;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, kVerdicts> kWords = {
      "faulty", "slow", "unstable", "different", "missing", "disturbed", "not judged", "healthy"};
  return kWords[static_cast<std::size_t>(verdict)];
}

FleetVerdicts judge_fleet(const FleetRecords& records, const References& references,
                          const Asked& asked) {
  return FleetJudge(records, references, asked).judge();
}

}  // namespace derate::fleet
