// SPDX-License-Identifier: Apache-2.0
// Chooses rate, clock and source for a peak. Tensor units take the data sheet's tensor clock where
// it states one; printed peaks have no clock; caches, peer links and latency have no specified
// peak.
#include "hardware/peak.h"

#include <fmt/format.h>

#include "hardware/device_rates.h"
#include "hardware/printed_peaks.h"
#include "hardware/product.h"

namespace derate {
namespace {

Fact no_clock() { return {1.0, "not a clock"}; }

/// From clock and bus width where these are known: data sheets round.
std::optional<Peak> memory_peak(const Device& device) {
  const Fact& bandwidth = device.memory_bytes_per_s.value ? device.memory_bytes_per_s
                                                          : device.memory_specified_bytes_per_s;
  if (!bandwidth.value) return std::nullopt;
  return Peak{*bandwidth.value, "", bandwidth.source, no_clock(), {}};
}

/// A link carries both directions at once, each at its full rate.
std::optional<Peak> link_peak(const Fact& one_way, int directions) {
  if (!one_way.value) return std::nullopt;
  const std::string source = (directions == 2 ? "2 x " : "") + one_way.source;
  return Peak{directions * *one_way.value, "", source, no_clock(), {}};
}

/// Data sheets of Hopper and Blackwell state their tensor figures, but for f64, at a clock of their
/// own.
const Fact& specified_clock(const Device& device, const Rate& rate) {
  const bool own_clock = rate.units == Units::tensor && rate.operands != Precision::f64 &&
                         device.clock_tensor_hz.value.has_value();
  return own_clock ? device.clock_tensor_hz : device.clock_specified_hz;
}

}  // namespace

std::optional<double> Peak::specified() const {
  const std::optional<double>& clock =
      specified_clock_hz.value ? specified_clock_hz.value : maximum_clock_hz.value;
  if (!clock) return std::nullopt;
  return at(*clock);
}

Peak peak_of(const Device& device, const Rate& rate) {
  if (is_as_printed(rate)) {
    return {2 * rate.fma_per_unit_and_clock,
            rate.instruction,
            "as printed: " + rate.source,
            no_clock(),
            {}};
  }
  const std::string n_source =
      fmt::format("{:g} {} ({}) x {:g} {} FMA per clock ({}: {})", device.compute_units,
                  unit_name(device), device.compute_units_source, rate.fma_per_unit_and_clock,
                  to_string(rate.operands), device.architecture, rate.source);
  return {2 * device.compute_units * rate.fma_per_unit_and_clock, rate.instruction, n_source,
          specified_clock(device, rate), device.clock_maximum_hz};
}

std::optional<Peak> peak_of(const Device& device, Bound bound, Precision precision, Units units,
                            std::string_view instruction) {
  switch (bound) {
    case Bound::memory:
      return memory_peak(device);
    case Bound::link:
      return link_peak(device.link_bytes_per_s, 1);
    case Bound::link_both_ways:
      return link_peak(device.link_bytes_per_s, 2);
    case Bound::cache:
    case Bound::link_to_peer:
    case Bound::latency:
      return std::nullopt;
    case Bound::compute:
      break;
  }
  const std::optional<Rate> rate = rate_of(device, precision, units, instruction);
  if (!rate || (device.compute_units <= 0 && !is_as_printed(*rate))) return std::nullopt;
  return peak_of(device, *rate);
}

}  // namespace derate
