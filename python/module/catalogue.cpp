// SPDX-License-Identifier: Apache-2.0
// Theoretical peaks of devices at hand and of products: each figure with its source, or with the
// reason why there is none.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/named_device.h"
#include "derate/error.h"
#include "hardware/device_rates.h"
#include "hardware/peak.h"
#include "hardware/printed_peaks.h"
#include "module/bindings.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

/// A peak as derate/_peaks.py shows it.
struct NamedPeak {
  std::string of = "arithmetic";
  std::optional<Rate> rate = {};
  std::optional<double> value = {};
  std::optional<double> clock_hz = {};
  std::string clock_source = {};
  std::string source = {};
  std::string reason = {};
};

/// At the clock that is asked for, or at that of Peak::specified().
void set_value(NamedPeak& named, const Device& device, const Peak& peak, bool is_printed,
               std::optional<double> clock_hz) {
  named.source = peak.n_source;
  if (is_printed) {
    if (clock_hz) {
      named.reason = fmt::format(
          "{} states its peak without units and clock, so it is not known at another", device.name);
    } else {
      named.value = peak.specified();
    }
    return;
  }
  const Fact& own = peak.specified_clock_hz.value ? peak.specified_clock_hz : peak.maximum_clock_hz;
  named.clock_hz = clock_hz ? clock_hz : own.value;
  named.clock_source = clock_hz ? "as asked for" : own.source;
  if (device.compute_units <= 0) {
    named.reason = fmt::format("no source here says how many units {} has", device.name);
  } else if (!named.clock_hz) {
    const std::string& why = peak.specified_clock_hz.source;
    named.reason = fmt::format("the clock of {} is not known{}", device.name,
                               why.empty() ? "" : fmt::format(": {}", why));
  } else {
    named.value = peak.at(*named.clock_hz);
  }
}

NamedPeak peak_of_rate(const Device& device, const Rate& rate, std::optional<double> clock_hz) {
  NamedPeak named;
  named.rate = rate;
  set_value(named, device, peak_of(device, rate), is_as_printed(rate), clock_hz);
  return named;
}

NamedPeak bandwidth_of(const char* of, const std::optional<Peak>& peak,
                       const std::string& why_not) {
  NamedPeak named;
  named.of = of;
  if (peak) {
    named.value = peak->specified();
    named.source = peak->n_source;
  } else {
    named.reason = why_not.empty() ? "no source here gives it" : why_not;
  }
  return named;
}

std::vector<NamedPeak> all_peaks(const Device& device, std::optional<double> clock_hz) {
  std::vector<NamedPeak> peaks;
  for (const Rate& rate : rates_of(device)) peaks.push_back(peak_of_rate(device, rate, clock_hz));
  peaks.push_back(bandwidth_of("memory", peak_of(device, Bound::memory, Precision::f32),
                               device.memory_bytes_per_s.source));
  if (const auto link = peak_of(device, Bound::link, Precision::f32)) {
    peaks.push_back(bandwidth_of("link", link, ""));
  }
  return peaks;
}

/// The faster of vector and tensor units, or that of the units asked for alone.
NamedPeak peak_in(const Device& device, Precision precision, std::optional<Units> units,
                  std::optional<double> clock_hz) {
  std::optional<Rate> fastest;
  for (const Units each : {Units::tensor, Units::vector}) {
    if (units && *units != each) continue;
    const std::optional<Rate> rate = rate_of(device, precision, each);
    // What has no tensor units answers for its vector units.
    if (!rate || (units && rate->units != *units)) continue;
    const bool is_faster =
        !fastest || rate->fma_per_unit_and_clock > fastest->fma_per_unit_and_clock;
    if (is_faster) fastest = rate;
  }
  if (fastest) return peak_of_rate(device, *fastest, clock_hz);
  NamedPeak unknown;
  const std::string which = units ? fmt::format("{} units", to_string(*units)) : "any units";
  unknown.reason = fmt::format(
      "no source here gives a rate of {} in {} on {}{}", device.name, to_string(precision), which,
      device.architecture.empty() ? ", whose architecture is not known"
                                  : fmt::format(" ({})", device.architecture));
  return unknown;
}

Precision precision_called(const std::string& word) {
  if (const auto precision = parse_precision(word)) return *precision;
  throw Error(ExitCode::usage, fmt::format("precision: \"{}\" is none of {}", word,
                                           fmt::join(product_precision_names(), ", ")));
}

std::optional<Units> units_called(const std::optional<std::string>& word) {
  if (!word) return std::nullopt;
  for (const Units each : {Units::vector, Units::tensor}) {
    if (to_string(each) == *word) return each;
  }
  throw Error(ExitCode::usage, fmt::format("units: \"{}\" is neither vector nor tensor", *word));
}

void require_clock(std::optional<double> clock_hz) {
  if (clock_hz && !(*clock_hz > 0 && std::isfinite(*clock_hz))) {
    throw Error(ExitCode::usage, fmt::format("clock: {} is no clock in Hz", *clock_hz));
  }
}

nb::dict as_dict(const NamedPeak& peak) {
  nb::dict dict;
  const auto text = [](std::string_view view) { return nb::str(view.data(), view.size()); };
  dict["of"] = peak.of;
  dict["units"] = peak.rate ? text(to_string(peak.rate->units)) : nb::str("");
  dict["instruction"] = peak.rate ? peak.rate->instruction : "";
  dict["precision"] = peak.rate ? text(to_string(peak.rate->operands)) : nb::str("");
  dict["accumulator"] = peak.rate ? text(to_string(peak.rate->accumulator)) : nb::str("");
  dict["value"] = peak.value;
  dict["unit"] = peak.of == "arithmetic" ? "FLOP/s" : "B/s";
  dict["clock_hz"] = peak.clock_hz;
  dict["clock_source"] = peak.clock_source;
  dict["source"] = peak.source;
  dict["reason"] = peak.reason;
  return dict;
}

/// The device's name and its peaks: the one of a precision, or all. Where no device is meant by the
/// name, the reason is in place of them.
nb::dict peaks(const std::string& name, const std::optional<std::string>& precision,
               std::optional<double> clock_hz, const std::optional<std::string>& units) {
  require_clock(clock_hz);
  const std::optional<Units> only = units_called(units);
  std::optional<Precision> wanted;
  if (precision) wanted = precision_called(*precision);
  nb::dict answer;
  answer["device"] = name;
  answer["reason"] = "";
  answer["peaks"] = nb::list();
  if (name.find_first_not_of(" \t\n") == std::string::npos) {
    answer["reason"] = "no device is named";  // find_device() would take one at hand
    return answer;
  }
  std::vector<NamedPeak> found;
  try {
    const nb::gil_scoped_release others_may_run;
    const Device device = cli::find_device(name).device;
    found = wanted ? std::vector{peak_in(device, *wanted, only, clock_hz)}
                   : all_peaks(device, clock_hz);
    const nb::gil_scoped_acquire python;
    answer["device"] = device.name;
  } catch (const Error& error) {
    answer["reason"] = std::string(error.what());
    return answer;
  }
  nb::list list;
  for (const NamedPeak& peak : found) {
    nb::dict each = as_dict(peak);
    if (wanted) each["precision"] = std::string(to_string(*wanted));  // of an unknown one too
    list.append(each);
  }
  answer["peaks"] = list;
  return answer;
}

}  // namespace

void bind_catalogue(nb::module_& module) {
  module.def("peaks", peaks, nb::arg("name"), nb::arg("precision").none(),
             nb::arg("clock_hz").none(), nb::arg("units").none());
}

}  // namespace derate::python
