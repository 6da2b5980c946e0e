// SPDX-License-Identifier: Apache-2.0
// The state of a GPU as a line for people, what is not known of it, and what should be otherwise.
#include "hardware/health.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/units.h"

namespace derate {
namespace {

bool is_on(const Fact& fact) { return fact.value && *fact.value == 1; }

/// Whether two known values differ by more than a thousandth.
bool differ(const Fact& a, const Fact& b) {
  return a.value && b.value && std::abs(*a.value - *b.value) > 1e-3 * std::abs(*b.value);
}

std::string count(const Fact& fact) { return fact.value ? fmt::format("{:g}", *fact.value) : "–"; }

/// A part of the line, which is made of facts that are known.
class HealthLine {
 public:
  template <typename Text>
  void add(std::initializer_list<const Fact*> facts, const Text& text) {
    for (const Fact* fact : facts) {
      if (!fact->value) return;
    }
    parts_.push_back(text());
  }
  [[nodiscard]] std::string str() const { return fmt::format("{}", fmt::join(parts_, "; ")); }

 private:
  std::vector<std::string> parts_;
};

/// "graphics 1.200 GHz (default 1.980 GHz)" for a clock that somebody set.
void add_set_clock(std::string_view name, const Fact& set, const Fact& usual,
                   std::vector<std::string>& clocks) {
  if (!differ(set, usual)) return;
  clocks.push_back(fmt::format("{} {} (default {})", name, format_frequency(*set.value),
                               format_frequency(*usual.value)));
}

}  // namespace

std::string health_line(const Device& device) {
  const Health& h = device.health;
  const Fact cap = {device.power_cap_w, ""};
  HealthLine line;
  line.add({&cap, &h.power_cap_default_w}, [&] {
    return fmt::format("power cap {:g} W (default {:g} W)", *cap.value,
                       *h.power_cap_default_w.value);
  });
  line.add({&h.pcie_generation, &h.pcie_lanes}, [&] {
    return fmt::format("PCIe {} x{} now, {} x{} at most", count(h.pcie_generation),
                       count(h.pcie_lanes), count(h.pcie_generation_maximum),
                       count(h.pcie_lanes_maximum));
  });
  line.add({&h.clock_graphics_set_hz, &h.clock_memory_set_hz}, [&] {
    return fmt::format("applications clocks {} and {} (memory)",
                       format_frequency(*h.clock_graphics_set_hz.value),
                       format_frequency(*h.clock_memory_set_hz.value));
  });
  line.add({&h.ecc_enabled}, [&] { return is_on(h.ecc_enabled) ? "ECC on" : "ECC off"; });
  line.add({&h.ecc_corrected, &h.ecc_uncorrected}, [&] {
    return fmt::format(
        "errors since the driver was loaded: {} corrected, {} uncorrected; in its lifetime: {}, {}",
        count(h.ecc_corrected), count(h.ecc_uncorrected), count(h.ecc_corrected_lifetime),
        count(h.ecc_uncorrected_lifetime));
  });
  line.add({&h.rows_remapped_corrected, &h.rows_remapped_uncorrected}, [&] {
    return fmt::format("rows remapped: {} after corrected errors, {} after uncorrected",
                       count(h.rows_remapped_corrected), count(h.rows_remapped_uncorrected));
  });
  line.add({&h.mig_enabled}, [&] { return is_on(h.mig_enabled) ? "MIG on" : "MIG off"; });
  line.add({&h.mps_processes},
           [&] { return fmt::format("{} MPS processes", count(h.mps_processes)); });
  return line.str();
}

std::string health_unknown(const Health& health) {
  std::vector<std::string> unknown;
  for (const HealthFact& fact : kHealthFacts) {
    const Fact& of = health.*fact.member;
    if (of.value || of.source.empty()) continue;
    unknown.push_back(fmt::format("{} ({})", fact.name, of.source));
  }
  return fmt::format("{}", fmt::join(unknown, ", "));
}

std::string health_warnings(const Device& device) {
  const Health& h = device.health;
  const Fact cap = {device.power_cap_w, ""};
  std::vector<std::string> sentences;
  if (differ(cap, h.power_cap_default_w)) {
    sentences.push_back(fmt::format("Its power cap is {:g} W; the default is {:g} W.", *cap.value,
                                    *h.power_cap_default_w.value));
  }
  std::vector<std::string> clocks;
  add_set_clock("graphics", h.clock_graphics_set_hz, h.clock_graphics_default_hz, clocks);
  add_set_clock("memory", h.clock_memory_set_hz, h.clock_memory_default_hz, clocks);
  if (!clocks.empty()) {
    sentences.push_back(
        fmt::format("Somebody set its applications clocks: {}.", fmt::join(clocks, ", ")));
  }
  if (h.ecc_uncorrected.value && *h.ecc_uncorrected.value > 0) {
    sentences.push_back(fmt::format("Uncorrected ECC errors since its driver was loaded: {}.",
                                    count(h.ecc_uncorrected)));
  }
  if (is_on(h.row_remap_pending)) sentences.emplace_back("A row remap is pending: reset the GPU.");
  if (is_on(h.row_remap_failed)) sentences.emplace_back("A row remap failed: its memory is worn.");
  if (is_on(h.page_retirement_pending)) {
    sentences.emplace_back("A page retirement is pending: reset the GPU.");
  }
  if (h.mps_processes.value && *h.mps_processes.value > 0) {
    sentences.push_back(fmt::format("{} process{} may share it through MPS.",
                                    count(h.mps_processes),
                                    *h.mps_processes.value == 1 ? "" : "es"));
  }
  return fmt::format("{}", fmt::join(sentences, " "));
}

}  // namespace derate
