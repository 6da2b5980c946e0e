// SPDX-License-Identifier: Apache-2.0
// The tables of errors and of fitted parameters, for people and as JSON.
#include "gemm_model/validation_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/json.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"
#include "derate/record.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

std::string_view to_string(HoldOut hold_out) { return hold_out == HoldOut::pairs ? "nk" : "rows"; }

using C = Column<FormErrors>;

const std::array kErrorColumns = {
    C{"form", "form", "", [](const FormErrors& e) -> Value { return std::string_view(e.form); }},
    C{"median_error", "median error", "", [](const FormErrors& e) -> Value { return e.median; },
      [](const FormErrors& e) { return format_percent(e.median); }},
    C{"p90_error", "90th percentile", "", [](const FormErrors& e) -> Value { return e.p90; },
      [](const FormErrors& e) { return format_percent(e.p90); }},
    C{"p95_error", "95th", "", [](const FormErrors& e) -> Value { return e.p95; },
      [](const FormErrors& e) { return format_percent(e.p95); }},
    C{"coverage", "in its interval", "", [](const FormErrors& e) -> Value { return e.coverage; },
      [](const FormErrors& e) {
        return std::isnan(e.coverage) ? std::string("–") : format_percent(e.coverage);
      }},
    C{"sum_ratio", "predicted ÷ measured sum", "",
      [](const FormErrors& e) -> Value { return e.sum_ratio; },
      [](const FormErrors& e) { return fmt::format("{:.3f}", e.sum_ratio); }}};

constexpr std::array<std::string_view, 4> kErrorsLeastFirst = {"sum_ratio", "p95_error", "coverage",
                                                               "p90_error"};

/// A fitted parameter: its value for each of the two forms of time.
struct Parameter {
  std::string_view name;
  std::string knee;
  std::string waves;
};

using P = Column<Parameter>;

const std::array kParameterColumns = {
    P{"parameter", "parameter", "", [](const Parameter& p) -> Value { return p.name; }},
    P{"knee", "knee", "", [](const Parameter& p) -> Value { return std::string_view(p.knee); }},
    P{"waves", "waves", "", [](const Parameter& p) -> Value { return std::string_view(p.waves); }}};

std::vector<Parameter> parameters_of(const GemmModelData& model) {
  const auto plain = [](double value) { return fmt::format("{:.3f}", value); };
  const auto row = [](std::string_view name, const auto& text, double knee, double waves) {
    return Parameter{name, text(knee), text(waves)};
  };
  const GemmKnee& knee = model.knee;
  const GemmWaves& waves = model.waves;
  const GemmKnee& base = waves.knee;
  return {row("η_c, share of P", plain, knee.eta_compute, base.eta_compute),
          row("η_m, share of BW", plain, knee.eta_memory, base.eta_memory),
          row("t₀", format_time, knee.launch_s, base.launch_s),
          row("p", plain, knee.sharpness, base.sharpness),
          {"edge cost, elements", "–", fmt::format("{:.1f}", waves.edge_cost)},
          {"prologue, elements of k", "–", fmt::format("{:.0f}", waves.prologue_depth)},
          {"wave quantisation", "–", plain(waves.quantisation)},
          row("weight in log time", plain, 1 - model.waves_weight, model.waves_weight)};
}

std::string seen(const ValidationReport& report) {
  const GemmValidation& validation = report.validation;
  const std::string fits =
      validation.fits.size() == 1
          ? fmt::format("one fit to {} shapes", report.plan.train)
          : fmt::format("{} fits to {} shapes each, every (n, k) held out once",
                        validation.fits.size(), report.plan.train);
  return fmt::format("seed {}: {}; tested on {} others, {} of them outside the calibrated range",
                     report.plan.seed, fits, validation.tested, validation.extrapolated);
}

template <typename T>
void write_table(std::ostream& out, std::span<const Column<T>> columns, const std::vector<T>& items,
                 Format format, const table::Narrowing& narrowing = {}) {
  out << '\n';
  write(out, columns, items, format, narrowing);
}

void write_for_people(std::ostream& out, const ValidationReport& report, Format format) {
  const GemmPeaks& peaks = report.peaks;
  const GemmModelData& model = report.validation.fits.front();
  const std::array lines = {
      fmt::format("{}: {} rows, {} shapes; {} rows left out", report.table, report.rows,
                  report.shapes, report.rows_left_out),
      fmt::format("{}, {}", report.device, to_string(report.precision)),
      fmt::format("P = {} ({})", format_flops(peaks.flop_per_s), report.compute_source),
      fmt::format("BW = {} ({})", format_bandwidth(peaks.bytes_per_s), report.memory_source)};
  for (const std::string& line : lines) {
    write_sentence(out, line, format);
    if (format == Format::markdown) out << '\n';
  }
  write_paragraph(out, seen(report), format);
  out << "\nFitted parameters" << (report.validation.fits.size() > 1 ? " of the first fit" : "")
      << ":\n";
  write_table<Parameter>(out, kParameterColumns, parameters_of(model), format);
  out << '\n';
  write_paragraph(out,
                  fmt::format("Errors, |predicted ÷ measured − 1|, and intervals of {:g} %:",
                              100 * report.plan.confidence),
                  format);
  write_table<FormErrors>(out, kErrorColumns, report.validation.forms, format, {kErrorsLeastFirst});
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const GemmKnee& knee) {
  return {{"eta_compute", knee.eta_compute},
          {"eta_memory", knee.eta_memory},
          {"launch_s", knee.launch_s},
          {"sharpness", knee.sharpness}};
}

Json json_of(const GemmModelData& model) {
  Json waves = json_of(model.waves.knee);
  waves["edge_cost"] = model.waves.edge_cost;
  waves["prologue_depth"] = model.waves.prologue_depth;
  waves["quantisation"] = model.waves.quantisation;
  return {{"knee", json_of(model.knee)},        {"waves", waves},
          {"waves_weight", model.waves_weight}, {"nugget_octaves", model.nugget_octaves},
          {"score_scale", model.score_scale},   {"score_slope", model.score_slope}};
}

void write_json(std::ostream& out, const ValidationReport& report) {
  const GemmPeaks& peaks = report.peaks;
  const ValidationPlan& plan = report.plan;
  Json json = {{"table", report.table},
               {"rows", report.rows},
               {"rows_left_out", report.rows_left_out},
               {"shapes", report.shapes},
               {"device", report.device},
               {"precision", to_string(report.precision)},
               {"peak_flop_per_s", peaks.flop_per_s},
               {"peak_bytes_per_s", peaks.bytes_per_s},
               {"compute_units", peaks.compute_units},
               {"seed", plan.seed},
               {"hold_out", to_string(plan.hold_out)},
               {"train", plan.train},
               {"tested", report.validation.tested},
               {"extrapolated", report.validation.extrapolated},
               {"confidence", plan.confidence},
               {"fits", Json::array()},
               {"errors", Json::array()}};
  for (const GemmModelData& fit : report.validation.fits) json["fits"].push_back(json_of(fit));
  for (const FormErrors& errors : report.validation.forms) {
    json["errors"].push_back({{"form", errors.form},
                              {"median_error", number(errors.median)},
                              {"p90_error", number(errors.p90)},
                              {"p95_error", number(errors.p95)},
                              {"coverage", number(errors.coverage)},
                              {"sum_ratio", number(errors.sum_ratio)}});
  }
  out << dumped(json, 2) << '\n';
}

}  // namespace

void write_validation(std::ostream& out, const ValidationReport& report, Format format) {
  switch (format) {
    case Format::json:
      return write_json(out, report);
    case Format::csv:
      return write(out, std::span<const C>(kErrorColumns), report.validation.forms, format);
    case Format::table:
    case Format::markdown:
      return write_for_people(out, report, format);
  }
}

}  // namespace derate
