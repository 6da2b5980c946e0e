// SPDX-License-Identifier: Apache-2.0
// Reads printed peaks, and makes rates of them.
#include "hardware/printed_peaks.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace derate {
namespace {

constexpr std::string_view kTensor = "tensor ";

std::string_view without_blanks_before(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

/// What vendors accumulate in where they do not say it.
Precision usual_accumulator(Units units, Precision operands) {
  if (operands == Precision::i8) return Precision::i32;
  if (operands == Precision::f64 || units == Units::vector) return operands;
  return Precision::f32;
}

/// "f16>f16" or "f16".
bool read_formats(std::string_view text, PrintedPeak& peak) {
  const std::size_t into = text.find('>');
  const std::optional<Precision> operands = parse_precision(text.substr(0, into));
  if (!operands) return false;
  peak.operands = *operands;
  peak.accumulator = usual_accumulator(peak.units, *operands);
  if (into == std::string_view::npos) return true;
  const std::optional<Precision> accumulator = parse_precision(text.substr(into + 1));
  if (accumulator) peak.accumulator = *accumulator;
  return accumulator.has_value();
}

bool read_tera(std::string_view text, double& per_s) {
  double tera = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tera);
  per_s = tera * 1e12;
  return error == std::errc() && end == text.data() + text.size() && tera > 0;
}

/// "tensor f16>f16 107.6"
std::optional<PrintedPeak> parse_printed_peak(std::string_view text) {
  PrintedPeak peak;
  text = without_blanks_before(text);
  if (text.starts_with(kTensor)) {
    peak.units = Units::tensor;
    text.remove_prefix(kTensor.size());
  }
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const bool is_read = read_formats(text.substr(0, blank), peak) &&
                       read_tera(text.substr(blank + 1), peak.flop_per_s);
  return is_read ? std::optional(peak) : std::nullopt;
}

}  // namespace

std::optional<std::vector<PrintedPeak>> parse_printed_peaks(std::string_view field) {
  std::vector<PrintedPeak> peaks;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::optional<PrintedPeak> peak = parse_printed_peak(field.substr(0, end));
    if (!peak) return std::nullopt;
    peaks.push_back(*peak);
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return peaks;
}

std::vector<Rate> printed_rates_of(const Product& product) {
  const auto peaks = parse_printed_peaks(product.printed_tflops);
  std::vector<Rate> rates;
  if (product.compute_units > 0 || !peaks) return rates;
  for (const PrintedPeak& peak : *peaks) {
    rates.push_back({peak.units, std::string(kAsPrinted), peak.operands, peak.accumulator,
                     peak.flop_per_s / 2, std::string(product.source)});
  }
  return rates;
}

bool is_as_printed(const Rate& rate) { return rate.instruction == kAsPrinted; }

}  // namespace derate
