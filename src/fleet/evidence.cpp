// SPDX-License-Identifier: Apache-2.0
// Compares a GPU's sensors with the medians of its group, row by row where loads differ.
#include "fleet/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace derate::fleet {
namespace {

constexpr double kHotter_c = 8;      ///< than the group, to be a reason
constexpr double kClockShare = 0.4;  ///< of a slowdown, to be behind it
constexpr double kFullMemoryClock = 0.98;

double mean_clock(const Cell& cell) {
  return cell.clocks == 0 ? kUnknown : static_cast<double>(cell.clock_sum_hz) / cell.clocks;
}

double mean_power(const Gpu& gpu) {
  double sum = 0;
  double count = 0;
  for (const Cell& cell : gpu.cells) {
    sum += static_cast<double>(cell.power_sum_w);
    count += cell.powers;
  }
  return count > 0 ? sum / count : kUnknown;
}

double known_median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  return median(values);
}

bool has_reason(const FleetData& data, const Gpu& gpu, std::string_view word) {
  return std::any_of(gpu.reasons.begin(), gpu.reasons.end(), [&](std::uint32_t reason) {
    return data.text(reason).find(word) != std::string::npos;
  });
}

void add_sentence(std::string& text, const std::string& sentence) {
  text += (text.empty() ? "" : "; ") + sentence;
}

std::string percent_off(double logarithm) {
  const double share = std::expm1(logarithm);
  return fmt::format("{}{:.1f} %", share < 0 ? "−" : "+", 100 * std::abs(share));
}

}  // namespace

Sensors::Sensors(const FleetData& data, const Group& group) : data_(data) {
  std::vector<std::vector<double>> clocks(data.rows().size());
  std::vector<double> powers;
  std::vector<double> temperatures;
  for (const std::size_t at : group.gpus) {
    const Gpu& gpu = data.gpus()[at];
    for (const Cell& cell : gpu.cells) clocks[cell.row].push_back(mean_clock(cell));
    powers.push_back(mean_power(gpu));
    temperatures.push_back(gpu.temperature_c);
  }
  for (std::vector<double>& of_row : clocks) clock_hz_.push_back(known_median(std::move(of_row)));
  power_w_ = known_median(std::move(powers));
  temperature_c_ = known_median(std::move(temperatures));
}

void Sensors::describe(const Gpu& gpu, Finding& finding) const {
  std::vector<double> clocks;
  std::vector<double> etas;
  for (const Cell& cell : gpu.cells) {
    const FleetRow& row = data_.rows()[cell.row];
    if (row.part != Part::compute || row.row.bound != "compute") continue;
    clocks.push_back(std::log(mean_clock(cell) / clock_hz_[cell.row]));
    if (cell.peak > 0 && cell.rounds > 0) {
      etas.push_back(std::exp(level_of(cell, row)) / static_cast<double>(cell.peak));
    }
  }
  finding.clock_deviation = known_median(std::move(clocks));
  finding.eta = mean_of_known(etas);
  finding.power_w = mean_power(gpu);
  finding.temperature_c = gpu.temperature_c;
}

void Sensors::explain(const Gpu& gpu, Part part, Finding& finding) const {
  std::string& text = finding.evidence;
  const double slow = std::log1p(-finding.slowdown);
  const bool of_clock = part == Part::compute || part == Part::overall;
  const bool is_hot = gpu.temperature_c >= temperature_c_ + kHotter_c ||
                      has_reason(data_, gpu, "thermal") || gpu.throttled_thermal_s > 0;
  if (of_clock && finding.clock_deviation <= kClockShare * slow) {
    const bool is_capped = has_reason(data_, gpu, "power") || gpu.throttled_power_s > 0;
    const std::string_view why = is_hot ? "heat: " : is_capped ? "power: " : "";
    finding.cause = fmt::format("{}clock {}", why, percent_off(finding.clock_deviation));
    if (is_hot) finding.cause += fmt::format(", {:.0f} °C", gpu.temperature_c);
    add_sentence(text, fmt::format("its clock is {} against the group",
                                   percent_off(finding.clock_deviation)));
  } else if (of_clock && !std::isnan(finding.clock_deviation)) {
    finding.cause = "not its clock";
    add_sentence(text,
                 "its clock is that of the group: look at the host, the library and the "
                 "processes beside it");
  }
  if (part == Part::memory) {
    finding.cause = data_.text(gpu.backend) == "host" ? "memory" : "memory (HBM)";
  }
  if (part == Part::transfer) {
    finding.cause = gpu.slow_link == 0 ? "link" : "link " + data_.text(gpu.slow_link);
  }
  if (of_clock && !std::isnan(gpu.temperature_c)) {
    add_sentence(text, fmt::format("{:.0f} °C where {:.0f} °C is usual, {:.0f} W where {:.0f} W",
                                   gpu.temperature_c, temperature_c_, finding.power_w, power_w_));
  }
  std::string reasons;
  for (const std::uint32_t reason : gpu.reasons) {
    reasons += (reasons.empty() ? "" : ", ") + data_.text(reason);
  }
  if (!reasons.empty()) add_sentence(text, "held down by " + reasons);
  if (gpu.slow_link != 0) add_sentence(text, "PCIe link " + data_.text(gpu.slow_link));
  if (gpu.memory_clock_ratio < kFullMemoryClock) {
    add_sentence(text, fmt::format("memory clock at {} of its maximum",
                                   format_percent(gpu.memory_clock_ratio)));
  }
  if (gpu.ecc_corrected > 0) {
    add_sentence(text, fmt::format("{:.0f} memory errors corrected", gpu.ecc_corrected));
  }
}

std::string rows_text(const FleetData& data, const Group& group, const Levels& levels,
                      const GroupJudgement& judgement, std::size_t gpu, Part part) {
  constexpr std::size_t kMostRows = 3;
  std::vector<std::pair<double, std::size_t>> off;
  for (std::size_t row = 0; row < levels.rows; ++row) {
    if (part != Part::overall && levels.parts[row] != part) continue;
    const double deviation = levels.at(gpu, row) - judgement.rows[row].centre;
    if (!std::isnan(deviation)) off.emplace_back(deviation, row);
  }
  std::sort(off.begin(), off.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(off.size(), kMostRows); ++i) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        data.rows()[group.rows[off[i].second]].name, percent_off(off[i].first));
  }
  return text;
}

std::string fault_of(const FleetData& data, const Gpu& gpu) {
  std::string text;
  if (gpu.incorrect > 0) {
    add_sentence(text, fmt::format("wrong results in {} of {} rounds", gpu.incorrect, gpu.records));
  }
  if (gpu.ecc_uncorrected > 0) {
    add_sentence(text, fmt::format("{:.0f} memory errors beyond correction", gpu.ecc_uncorrected));
  }
  if (gpu.failed > 0) {
    add_sentence(text, fmt::format("{} of {} rounds failed", gpu.failed, gpu.records));
  }
  if (!text.empty() && !data.text(gpu.message).empty()) text += ": " + data.text(gpu.message);
  return text;
}

std::string disturbance_of(const Gpu& gpu) {
  if (gpu.others_share > kSharedAbove) {
    return fmt::format("other programs had up to {} of it", format_percent(gpu.others_share, 0));
  }
  if (gpu.other_processes > 0) {
    return fmt::format("{:g} other process{} held it", gpu.other_processes,
                       gpu.other_processes > 1 ? "es" : "");
  }
  return {};
}

}  // namespace derate::fleet
