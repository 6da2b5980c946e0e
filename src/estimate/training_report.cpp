// SPDX-License-Identifier: Apache-2.0
// Prints the peak and its sources, the table of times by derate factor, communication, memory and
// the assumptions.
#include "estimate/training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"

namespace derate {
namespace {

/// "80.0 %", or with its ends "80.0 % [75.0 %, 85.0 %]".
std::string with_ends(const Range& range, std::string (*format)(double)) {
  if (std::isnan(range.value)) return "–";
  if (range.low == range.high) return format(range.value);
  return fmt::format("{} [{}, {}]", format(range.value), format(range.low), format(range.high));
}

std::string percent(double fraction) { return format_percent(fraction); }

using TrainingColumn = Column<TrainingLine>;

const std::array kTrainingColumns = {
    TrainingColumn{"name", "by", "", [](const TrainingLine& l) -> Value { return l.derate.name; }},
    TrainingColumn{"derate", "derate", "",
                   [](const TrainingLine& l) -> Value { return l.derate.eta.value; },
                   [](const TrainingLine& l) { return with_ends(l.derate.eta, percent); }},
    TrainingColumn{"rate", "R of one device", "",
                   [](const TrainingLine& l) -> Value { return l.flop_per_s.value; },
                   [](const TrainingLine& l) { return with_ends(l.flop_per_s, format_flops); }},
    TrainingColumn{"compute", "compute", "",
                   [](const TrainingLine& l) -> Value { return l.compute_s.value; },
                   [](const TrainingLine& l) { return with_ends(l.compute_s, format_duration); }},
    TrainingColumn{"total", "with communication", "",
                   [](const TrainingLine& l) -> Value { return l.total_s.value; },
                   [](const TrainingLine& l) { return with_ends(l.total_s, format_duration); }},
    TrainingColumn{"source", "says", "",
                   [](const TrainingLine& l) -> Value { return l.derate.source; }}};

/// The last is what matters most where there is no communication.
constexpr std::array<std::string_view, 4> kTrainingLeastFirst = {"source", "rate", "derate",
                                                                 "compute"};

void write_times(std::ostream& out, const TrainingEstimate& estimate) {
  std::vector<TrainingColumn> columns(kTrainingColumns.begin(), kTrainingColumns.end());
  const bool alone = estimate.plan.devices <= 1;
  for (TrainingColumn& column : columns) {
    if (column.name == "compute" && alone) column.heading = "time";
    if (column.name == "total" && alone) column.heading = {};
  }
  write(out, std::span<const TrainingColumn>(columns), estimate.lines, Format::table,
        {std::span(kTrainingLeastFirst).first(kTrainingLeastFirst.size() - (alone ? 1 : 0))});
}

void write_work(std::ostream& out, const TrainingEstimate& estimate) {
  const TrainingPlan& plan = estimate.plan;
  const auto write_line = [&](std::string_view margin, std::string_view text) {
    write_paragraph(out, std::string(margin) + safe_text::for_terminal(text));
  };
  write_line("", fmt::format("{}, {}", plan.device, to_string(plan.precision)));
  write_line("",
             fmt::format("R = 2·N·C = {} FLOP/s before derating", format_power_of_ten(plan.peak)));
  if (!plan.peak_formula.empty()) write_line("    = ", plan.peak_formula);
  if (!plan.peak_source.empty()) write_line("    ", plan.peak_source);
  if (std::isnan(estimate.flops)) {
    write_line("",
               "C_train is unknown: give --params and --tokens, --samples or --tokens-per-param");
    out << '\n';
    return;
  }
  const TrainingWork& work = plan.work;
  write_line("",
             fmt::format("C_train = O_f {:g} x O_b {:g} x P {} x S {} x E {:g} = {} FLOP",
                         work.forward_flops, work.backward_multiplier,
                         format_power_of_ten(work.parameters), format_power_of_ten(work.samples),
                         work.epochs, format_power_of_ten(estimate.flops)));
  out << '\n';
}

void write_communication(std::ostream& out, const TrainingEstimate& estimate) {
  const TrainingPlan& plan = estimate.plan;
  if (!plan.link) return;
  out << '\n';
  write_paragraph(
      out,
      fmt::format(
          "Communication: {:g} devices, {:.0f} steps of {} samples; each step exchanges {} of "
          "gradients{}\nin {} (ring: 2(n-1) x {} + 2(n-1)/n x bytes / {}): {} altogether",
          plan.devices, estimate.steps, format_power_of_ten(plan.batch),
          format_bytes(plan.work.parameters * std::max(bytes_per_element(plan.precision), 2.0)),
          plan.sharding == Sharding::weights ? " and gathers the weights, 1.5 times that" : "",
          with_ends(estimate.all_reduce_s, format_duration), format_time(plan.link->latency_s),
          with_ends(plan.link->bytes_per_s, format_bandwidth),
          with_ends(estimate.communication_s, format_duration)));
  write_sentence(out, "link: " + plan.link_source);
}

std::string counted(double bytes, std::string_view option) {
  return std::isnan(bytes) ? fmt::format("not counted ({})", option) : format_bytes(bytes);
}

/// Weights, gradients and optimiser of the whole model.
double unsplit_bytes(const TrainingPlan& plan) {
  const MemoryNeed whole = memory_need(plan.work.parameters, plan.precision, plan.optimizer, {});
  return whole.weights + whole.gradients + whole.optimizer;
}

std::string verdict(const TrainingEstimate& estimate) {
  const double have = estimate.plan.device_memory_bytes;
  const double need = estimate.memory.total();
  if (!estimate.fits) return "the device's memory is not known: give --memory-bytes";
  if (!*estimate.fits) {
    return fmt::format(
        "does not fit, so nothing is timed: {} needed, {} there; weights, gradients and optimiser "
        "alone would have to be split over {:.0f} such devices{}",
        format_bytes(need), format_bytes(have), std::ceil(unsplit_bytes(estimate.plan) / have),
        estimate.plan.sharding == Sharding::weights ? "" : " (--zero 3)");
  }
  const bool whole = !std::isnan(estimate.memory.activations);
  return fmt::format("fits{}: {} needed, {} there", whole ? "" : ", but for the activations",
                     format_bytes(need), format_bytes(have));
}

void write_memory(std::ostream& out, const TrainingEstimate& estimate) {
  const MemoryNeed& memory = estimate.memory;
  if (std::isnan(memory.weights)) return;
  if (estimate.fits.value_or(true)) out << '\n';  // behind the times
  write_paragraph(out,
                  fmt::format("Memory of one device: weights {}, gradients {}, optimiser ({}) "
                              "{},\nactivations {}, input {}",
                              format_bytes(memory.weights), format_bytes(memory.gradients),
                              to_string(estimate.plan.optimizer), format_bytes(memory.optimizer),
                              counted(memory.activations, "--activation-bytes"),
                              counted(memory.input, "--input-bytes")));
  write_paragraph(out, verdict(estimate));
}

void write_assumptions(std::ostream& out, const TrainingEstimate& estimate) {
  out << '\n';
  write_paragraph(
      out,
      "Assumed: O_f operations for each parameter and sample in the forward pass, and O_b "
      "forward\npasses for both; P parameters; S samples or tokens; E epochs. A multiply-add is "
      "two "
      "operations.");
  if (estimate.plan.devices > 1) {
    write_paragraph(
        out,
        "The low end of the time hides communication behind compute; value and high end put one\n"
        "after the other. \"mfu\" has it in it.");
  }
  write_paragraph(
      out,
      "Not counted: attention's own products, loading data, evaluation, checkpoints, failures. A\n"
      "derate of matrix products holds for these only; \"mfu\" is of whole trainings, and changed "
      "by\n"
      "neither communication nor recomputation.");
}

}  // namespace

std::string format_power_of_ten(double value) {
  if (std::isnan(value)) return "–";
  if (value >= 1 && value < 1e5) return fmt::format("{:.5g}", value);
  int exponent = static_cast<int>(std::floor(std::log10(value)));
  std::string mantissa = fmt::format("{:.4g}", value / std::pow(10, exponent));
  if (mantissa == "10") {
    mantissa = "1";
    ++exponent;
  }
  return fmt::format("{}e{}", mantissa, exponent);
}

void write_training(std::ostream& out, const TrainingEstimate& estimate) {
  write_work(out, estimate);
  if (estimate.fits.value_or(true)) {
    write_times(out, estimate);
    write_communication(out, estimate);
  }
  write_memory(out, estimate);
  write_assumptions(out, estimate);
}

}  // namespace derate
