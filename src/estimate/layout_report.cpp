// SPDX-License-Identifier: Apache-2.0
// Parts of a step that a layout does not have are left out for people.
#include "estimate/layout_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "estimate/extents.h"
#include "estimate/memory_report.h"
#include "estimate/parameters.h"
#include "estimate/range.h"

namespace derate {
namespace {

struct StepPart {
  std::string_view key;
  std::string_view name;
  Range LayoutEstimate::*member;
};

constexpr std::array kStepParts = {
    StepPart{"compute", "compute", &LayoutEstimate::compute_s},
    StepPart{"recompute", "computed again", &LayoutEstimate::recompute_s},
    StepPart{"tensor", "exchange within layers", &LayoutEstimate::tensor_s},
    StepPart{"bubble", "pipeline waits", &LayoutEstimate::bubble_s},
    StepPart{"pipeline", "from stage to stage", &LayoutEstimate::pipeline_s},
    StepPart{"data", "gradients and shared weights", &LayoutEstimate::data_s},
    StepPart{"update", "update", &LayoutEstimate::update_s},
    StepPart{"step", "step", &LayoutEstimate::step_s}};

struct PartLine {
  std::string_view name;
  Range time_s;
};

using PartColumn = Column<PartLine>;

const std::array kPartColumns = {
    PartColumn{"part", "part of a step", "", [](const PartLine& l) -> Value { return l.name; }},
    PartColumn{"time_s", "time", "", [](const PartLine& l) -> Value { return l.time_s.value; },
               [](const PartLine& l) { return format_time(l.time_s.value); }},
    PartColumn{"time_low_s", "at least", "",
               [](const PartLine& l) -> Value { return l.time_s.low; },
               [](const PartLine& l) { return format_time(l.time_s.low); }},
    PartColumn{"time_high_s", "at most", "",
               [](const PartLine& l) -> Value { return l.time_s.high; },
               [](const PartLine& l) { return format_time(l.time_s.high); }}};

struct LayoutLine {
  std::string layout;
  Range step_s;
  double utilisation;
  double memory_bytes;
};

using LayoutColumn = Column<LayoutLine>;

const std::array kLayoutColumns = {
    LayoutColumn{"layout", "layout", "", [](const LayoutLine& l) -> Value { return l.layout; }},
    LayoutColumn{"step_s", "step", "", [](const LayoutLine& l) -> Value { return l.step_s.value; },
                 [](const LayoutLine& l) { return format_time(l.step_s.value); }},
    LayoutColumn{"step_low_s", "at least", "",
                 [](const LayoutLine& l) -> Value { return l.step_s.low; },
                 [](const LayoutLine& l) { return format_time(l.step_s.low); }},
    LayoutColumn{"step_high_s", "at most", "",
                 [](const LayoutLine& l) -> Value { return l.step_s.high; },
                 [](const LayoutLine& l) { return format_time(l.step_s.high); }},
    LayoutColumn{"mfu", "MFU", "", [](const LayoutLine& l) -> Value { return l.utilisation; },
                 [](const LayoutLine& l) { return format_percent(l.utilisation); }},
    LayoutColumn{"memory_bytes", "memory", "",
                 [](const LayoutLine& l) -> Value { return l.memory_bytes; },
                 [](const LayoutLine& l) { return format_bytes(l.memory_bytes); }}};

double tokens_of_a_step(const TrainingTask& task) { return times(task.batch, task.sequence); }

/// Steps of the whole training; NaN where nobody says how many tokens it has.
double steps_of(const TrainingRun& run) {
  return std::ceil(run.tokens / tokens_of_a_step(run.task));
}

std::string with_both_ends(const Range& range, std::string (*text)(double)) {
  return fmt::format("{} [{}, {}]", text(range.value), text(range.low), text(range.high));
}

std::string whole_training(const TrainingRun& run, const LayoutEstimate& estimate) {
  const double steps = steps_of(run);
  const Range total_s = steps * estimate.step_s;
  const double hours = total_s.value / 3600 * real(estimate.layout.devices());
  return fmt::format("{:.0f} steps: {}, {:.4g} device hours", steps,
                     with_both_ends(total_s, format_duration), hours);
}

nlohmann::ordered_json ends_of(const Range& range) {
  return {{"value", range.value}, {"low", range.low}, {"high", range.high}};
}

nlohmann::ordered_json json_of(const TrainingRun& run, const LayoutEstimate& estimate,
                               double device_bytes) {
  const Layout& layout = estimate.layout;
  nlohmann::ordered_json json = {
      {"layout", to_string(layout)},      {"devices", layout.devices()},
      {"tensor_parallel", layout.tensor}, {"pipeline_parallel", layout.pipeline},
      {"data_parallel", layout.data},     {"memory", json_of(estimate.memory, device_bytes)}};
  if (!estimate.fits) return json;
  for (const StepPart& part : kStepParts) {
    json[std::string(part.key) + "_s"] = ends_of(estimate.*part.member);
  }
  json["mfu"] = utilisation(run, estimate);
  if (!std::isnan(run.tokens)) json["total_s"] = ends_of(steps_of(run) * estimate.step_s);
  return json;
}

}  // namespace

double utilisation(const TrainingRun& run, const LayoutEstimate& estimate) {
  // Weights that are not trained get no gradients, which are a third of the work.
  const double passes = run.task.adapter_rank > 0 ? 2 : 3;
  const StepSize whole = {.batch = run.task.batch,
                          .sequence = run.task.sequence,
                          .fused_attention = run.task.fused_attention};
  const double forward = product_flops(operations(run.task.model, whole, Step::prefill));
  return passes * forward /
         (real(estimate.layout.devices()) * run.peak_flop_per_s * estimate.step_s.value);
}

void write_layout(std::ostream& out, const TrainingRun& run, const LayoutEstimate& estimate,
                  double device_bytes, Format format) {
  const TrainingTask& task = run.task;
  std::vector<PartLine> lines;
  for (const StepPart& part : kStepParts) {
    const Range& time_s = estimate.*part.member;
    if (time_s.high > 0) lines.push_back({part.name, time_s});
  }
  if (format == Format::csv) {
    write(out, std::span<const PartColumn>(kPartColumns), lines, format, {});
    return;
  }
  write_paragraph(out,
                  fmt::format("{}, {} sequences of {} tokens, on {} devices: {}",
                              safe_text::for_people(task.model.name, format), task.batch,
                              task.sequence, estimate.layout.devices(), to_string(estimate.layout)),
                  format);
  if (estimate.fits) {
    out << '\n';
    write(out, std::span<const PartColumn>(kPartColumns), lines, format, {});
    out << '\n';
    const double rate = tokens_of_a_step(task) / estimate.step_s.value;
    write_paragraph(out,
                    fmt::format("{:.4g} tokens/s, {} of the peak (MFU)", rate,
                                format_percent(utilisation(run, estimate))),
                    format);
    if (!std::isnan(run.tokens)) write_paragraph(out, whole_training(run, estimate), format);
  }
  write_memory(out, estimate.memory, device_bytes, format);
}

void write_layouts(std::ostream& out, const TrainingRun& run,
                   const std::vector<LayoutEstimate>& estimates, Format format) {
  if (estimates.empty()) {
    if (format != Format::csv) {
      write_paragraph(out, "No layout of so many devices fits their memory.", format);
    }
    return;
  }
  std::vector<LayoutLine> lines;
  for (const LayoutEstimate& one : estimates) {
    lines.push_back({to_string(one.layout), one.step_s, utilisation(run, one), one.memory.total()});
  }
  write(out, std::span<const LayoutColumn>(kLayoutColumns), lines, format, {});
  if (format == Format::csv || std::isnan(run.tokens)) return;
  write_paragraph(out, "The first: " + whole_training(run, estimates.front()), format);
}

nlohmann::ordered_json json_of(const TrainingRun& run, const std::vector<LayoutEstimate>& estimates,
                               double device_bytes) {
  nlohmann::ordered_json json = {{"kind", "derate layout estimate"},
                                 {"model", run.task.model.name},
                                 {"parameters", parameters(run.task.model).total()},
                                 {"batch_sequences", run.task.batch},
                                 {"context", run.task.sequence},
                                 {"layouts", nlohmann::ordered_json::array()}};
  for (const LayoutEstimate& one : estimates) {
    json["layouts"].push_back(json_of(run, one, device_bytes));
  }
  return json;
}

}  // namespace derate
