// SPDX-License-Identifier: Apache-2.0
// The gpu part of a system file of aiconfigurator (ai-dynamo/aiconfigurator, systems/*.yaml), above
// all its two factors that its own comment asks users to replace: the share of the memory's
// bandwidth, and the time of an operation that moves nothing. A line whose figure is not known is
// left out and named.
#include <fmt/format.h>

#include <cmath>

#include "base/safe_text.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

double peak_of(const Measured& measured, std::string_view precision) {
  std::vector<const Row*> rows;
  for (const Row* row : measured.rows) {
    if (row->precision == precision && row->units == "tensor" && row->peak > 0) rows.push_back(row);
  }
  return rows.empty() ? kUnknown : peak_above(rows).per_s;
}

/// "sm_90" → 90; NaN for anything else.
double sm_version(const std::string& architecture) {
  if (!architecture.starts_with("sm_")) return kUnknown;
  try {
    return std::stoi(architecture.substr(3));
  } catch (const std::exception&) {
    return kUnknown;
  }
}

class Yaml {
 public:
  void line(const char* key, double value, std::string_view comment, int digits = 0) {
    if (!(value > 0)) {
      missing_.emplace_back(key);
      return;
    }
    text_ +=
        fmt::format("  {}: {:.{}f}  # {}\n", key, value, digits, safe_text::for_terminal(comment));
  }
  [[nodiscard]] std::string text() const { return "gpu:\n" + text_; }
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }

 private:
  std::string text_;
  std::vector<std::string> missing_;
};

}  // namespace

Exported aiconfigurator(const Measured& measured) {
  const std::vector<const Row*> stream = streams(measured);
  if (stream.empty()) {
    throw Error(ExitCode::invalid_input,
                "aiconfigurator needs the bandwidth of memory: the records hold no such row, as of "
                "vector_add");
  }
  const Context& device = *measured.device;
  const Peak memory = peak_above(stream);
  const Row* const launch = largest(measured, "launch", "graph");
  Yaml yaml;
  yaml.line("mem_bw", memory.per_s, "B/s, " + memory.what);
  yaml.line("mem_bw_empirical_scaling_factor", stream_bytes_per_s(stream) / memory.per_s,
            "measured: streams of the largest arrays", 4);
  yaml.line("mem_empirical_constant_latency",
            launch != nullptr ? 1 / launch->achieved.value : kUnknown,
            "s, measured: one node of a graph that does nothing", 9);
  yaml.line("mem_capacity", device.memory_bytes, "B");
  yaml.line("bfloat16_tc_flops", peak_of(measured, "bf16"), "FLOP/s, dense");
  yaml.line("int8_tc_flops", peak_of(measured, "i8"), "OP/s, dense");
  yaml.line("fp8_tc_flops", peak_of(measured, "fp8"), "FLOP/s, dense");
  yaml.line("power", device.power_cap_w, "W, the cap in force");
  yaml.line("sm_version", sm_version(device.device_architecture), "compute capability");
  Exported exported;
  exported.text = fmt::format("# {}, measured by derate {} ({}); goes into the system's file.\n",
                              safe_text::for_terminal(device.device_name),
                              safe_text::for_terminal(device.tool_version), measured.mode) +
                  yaml.text();
  if (!yaml.missing().empty()) {
    exported.notes.push_back(
        fmt::format("not known, and so left out: {}", fmt::join(yaml.missing(), ", ")));
  }
  return exported;
}

}  // namespace derate::exports
