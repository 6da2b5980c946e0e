// SPDX-License-Identifier: Apache-2.0
// A row of llm.c's table of peaks (karpathy/llm.c, llmc/mfu.h): what the device promises at a named
// clock, dense, in TFLOP/s, -1 where unknown. It scales a row of an architecture by cores and
// clock; this row is its own reference, so that nothing is scaled.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/safe_text.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

/// The column of its table that holds a precision and accumulator.
struct Column {
  const char* precision;
  const char* accumulator;
};
constexpr Column kColumns[] = {{"tf32", "f32"}, {"bf16", "f32"}, {"f16", "f32"},
                               {"f16", "f16"},  {"fp8", "f32"},  {"fp8", "f16"}};

/// The peak of tensor units in the column at the specified clock, and that clock.
struct Promised {
  double tflops = -1;
  double clock_hz = kUnknown;
};
Promised promised(const Measured& measured, const Column& column) {
  Promised found;
  for (const Row* row : measured.rows) {
    if (row->units != "tensor" || row->precision != column.precision ||
        row->accumulator != column.accumulator || !(row->peak > 0)) {
      continue;
    }
    if (row->peak / 1e12 > found.tflops) found = {row->peak / 1e12, row->clock_reference_hz};
  }
  return found;
}

/// Best product in the precision, for the note.
std::string best(const Measured& measured, std::string_view precision) {
  double achieved = 0;
  for (const Product& product : products(measured, precision)) {
    achieved = std::max(achieved, product.row->achieved.value);
  }
  return achieved > 0 ? fmt::format("{} {:.1f}", precision, achieved / 1e12) : "";
}

/// As a name in C: letters, digits and underscores.
std::string identifier(std::string name) {
  for (char& letter : name) {
    const bool is_digit = letter >= '0' && letter <= '9';
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    if (!is_digit && (letter < 'A' || letter > 'Z')) letter = '_';
  }
  return "DERATE_" + name;
}

}  // namespace

Exported llm_c(const Measured& measured) {
  std::vector<std::string> figures;
  std::set<double> clocks_hz;
  for (const Column& column : kColumns) {
    const Promised one = promised(measured, column);
    figures.push_back(one.tflops > 0 ? fmt::format("{:.1f}f", one.tflops) : "-1.f");
    if (!std::isnan(one.clock_hz)) clocks_hz.insert(one.clock_hz);
  }
  if (clocks_hz.empty()) {
    throw Error(ExitCode::invalid_input,
                "llm.c needs peaks of tensor units: the records hold no row of tf32, bf16, f16 or "
                "fp8 whose peak is known");
  }
  std::string achieved;
  for (const char* precision : {"tf32", "bf16", "f16", "fp8"}) {
    const std::string one = best(measured, precision);
    if (!one.empty()) achieved += (achieved.empty() ? "" : ", ") + one;
  }
  const std::string name = identifier(measured.device->device_name);
  const double clock_mhz = *clocks_hz.begin() / 1e6;
  const double units = measured.device->compute_units;
  Exported exported;
  exported.text = fmt::format(
      "// {}: peaks at {:.0f} MHz, dense; cores are SMs, of which only the ratio counts.\n"
      "// Measured with products ({}): {} TFLOP/s.\n"
      "static const PerfData {} = {{{}, {:.1f}f, {:.1f}f}};\n"
      "// For gpu_db[]:\n"
      "    {{\"{}\", &{}, {:g}, {:.0f}}},\n",
      safe_text::for_terminal(measured.device->device_name), clock_mhz, measured.mode,
      achieved.empty() ? "none" : achieved, name, fmt::join(figures, ", "), clock_mhz, units,
      safe_text::for_quotes(measured.device->device_name), name, units, clock_mhz);
  if (clocks_hz.size() > 1) {
    exported.notes.push_back(
        fmt::format("the peaks are specified at {} different clocks, and the row can hold one",
                    clocks_hz.size()));
  }
  return exported;
}

}  // namespace derate::exports
