// SPDX-License-Identifier: Apache-2.0
// A calibration for people.
#include <fmt/format.h>

#include <array>
#include <sstream>

#include "base/table.h"
#include "base/units.h"
#include "derate/calibration.h"

namespace derate {
namespace {

/// "79.3 %", of what where that is no peak of the device, and nothing where it is nothing of it.
std::string share_text(double share, const std::string& of) {
  if (of == "assumed") return "–";
  return format_percent(share) + (of == "specified" ? "" : " of " + of);
}

using G = Column<CalibratedGemm>;

const std::array kGemmColumns = {
    G{"variant", "model of gemm", "",
      [](const CalibratedGemm& g) -> Value { return std::string_view(g.variant); }},
    G{"provider", "provider", "",
      [](const CalibratedGemm& g) -> Value { return std::string_view(g.provider); }},
    G{"precision", "type", "",
      [](const CalibratedGemm& g) -> Value { return std::string_view(g.precision); }},
    G{"cache", "cache", "",
      [](const CalibratedGemm& g) -> Value { return std::string_view(g.cache); }},
    G{"mode", "mode", "",
      [](const CalibratedGemm& g) -> Value { return std::string_view(g.mode); }},
    G{"shapes", "shapes", "",
      [](const CalibratedGemm& g) -> Value {
        return static_cast<std::int64_t>(g.model.samples.size());
      }},
    G{"unstable_rows", "unstable", "",
      [](const CalibratedGemm& g) -> Value { return g.unstable_rows; }},
    G{"eta_compute", "η of compute", "",
      [](const CalibratedGemm& g) -> Value { return g.model.knee.eta_compute; },
      [](const CalibratedGemm& g) { return share_text(g.model.knee.eta_compute, g.compute_peak); }},
    G{"eta_memory", "η of memory", "",
      [](const CalibratedGemm& g) -> Value { return g.model.knee.eta_memory; },
      [](const CalibratedGemm& g) { return share_text(g.model.knee.eta_memory, g.memory_peak); }},
    G{"launch_s", "launch", "",
      [](const CalibratedGemm& g) -> Value { return g.model.knee.launch_s; },
      [](const CalibratedGemm& g) { return format_time(g.model.knee.launch_s); }},
    G{"sharpness", "sharpness", "",
      [](const CalibratedGemm& g) -> Value { return g.model.knee.sharpness; },
      [](const CalibratedGemm& g) { return fmt::format("{:.2f}", g.model.knee.sharpness); }}};

constexpr std::array<std::string_view, 13> kFactorsLeastFirst = {
    "samples", "rounds",     "devices_at_once", "provider", "data",      "eta_measured", "mode",
    "cache",   "size_class", "outcome",         "achieved", "precision", "variant"};
constexpr std::array<std::string_view, 8> kGemmLeastFirst = {
    "sharpness", "mode", "cache", "shapes", "launch_s", "unstable_rows", "provider", "eta_memory"};

}  // namespace

void write_table(std::ostream& out, const Calibration& calibration, Format format) {
  if (format == Format::json) {
    out << to_json(calibration);
    return;
  }
  using C = Column<Factor>;
  const std::array columns = {
      C{"workload", "workload", "",
        [](const Factor& f) -> Value { return std::string_view(f.workload); }},
      C{"variant", "variant", "",
        [](const Factor& f) -> Value { return std::string_view(f.variant); }},
      C{"provider", "provider", "",
        [](const Factor& f) -> Value { return std::string_view(f.provider); }},
      C{"precision", "type", "",
        [](const Factor& f) -> Value { return std::string_view(f.precision); },
        [](const Factor& f) {
          const bool same = f.accumulator.empty() || f.accumulator == f.precision;
          return same ? f.precision : f.precision + "→" + f.accumulator;
        }},
      C{"size_class", "sizes", "",
        [](const Factor& f) -> Value { return std::string_view(f.size_class); }},
      C{"data", "data", "", [](const Factor& f) -> Value { return std::string_view(f.data); }},
      C{"cache", "cache", "", [](const Factor& f) -> Value { return std::string_view(f.cache); }},
      C{"mode", "mode", "", [](const Factor& f) -> Value { return std::string_view(f.mode); }},
      C{"devices_at_once", "at once", "",
        [](const Factor& f) -> Value { return f.devices_at_once; }},
      C{"achieved", "achieved", "", [](const Factor& f) -> Value { return f.achieved.value; },
        [](const Factor& f) {
          return format_rate(f.achieved.value, parse_bound(f.bound).value_or(Bound::compute),
                             f.precision);
        }},
      C{"eta", "η [95 % interval]", "", [](const Factor& f) -> Value { return f.eta.value; },
        [](const Factor& f) { return format_percent(f.eta); }},
      C{"eta_low", "", "", [](const Factor& f) -> Value { return f.eta.interval.low; }},
      C{"eta_high", "", "", [](const Factor& f) -> Value { return f.eta.interval.high; }},
      C{"eta_measured", "η at clock [95 % interval]", "",
        [](const Factor& f) -> Value { return f.eta_measured.value; },
        [](const Factor& f) { return format_percent(f.eta_measured); }},
      C{"eta_measured_low", "", "",
        [](const Factor& f) -> Value { return f.eta_measured.interval.low; }},
      C{"eta_measured_high", "", "",
        [](const Factor& f) -> Value { return f.eta_measured.interval.high; }},
      C{"rounds", "rounds", "", [](const Factor& f) -> Value { return f.rounds; }},
      C{"samples", "n", "", [](const Factor& f) -> Value { return f.samples; }},
      C{"outcome", "outcome", "",
        [](const Factor& f) -> Value { return std::string_view(f.outcome); }},
      C{"others_share", "", "", [](const Factor& f) -> Value { return f.others_share; }}};
  write(out, std::span<const C>(columns), calibration.factors, format, {kFactorsLeastFirst});
  // CSV is one table, which is that of the factors.
  if (format != Format::csv && !calibration.gemm_models.empty()) {
    out << '\n';
    write(out, std::span<const G>(kGemmColumns), calibration.gemm_models, format,
          {kGemmLeastFirst});
  }
}

std::string render(const Calibration& calibration, Format format) {
  std::ostringstream out;
  write_table(out, calibration, format);
  return out.str();
}

}  // namespace derate
