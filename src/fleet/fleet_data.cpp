// SPDX-License-Identifier: Apache-2.0
// Finds a record's GPU and row, and adds to the numbers that are kept of them.
#include "fleet/fleet_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <span>

#include "derate/statistics.h"
#include "stats/hodges_lehmann.h"

namespace derate::fleet {
namespace {

/// A key of parts, in which none can be taken for another.
void add_part(std::string& key, std::string_view part) {
  key += part;
  key += '\x1f';
}

void add_bytes(std::string& key, double value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// What was measured, whichever library, driver or peak was told: these are what GPUs may differ
/// in.
void make_row_key(const Record& record, std::string& key) {
  key.clear();
  for (const std::string* part :
       {&record.workload, &record.variant, &record.provider, &record.precision, &record.accumulator,
        &record.problem, &record.data, &record.cache, &record.mode, &record.bound,
        &record.device_name}) {
    add_part(key, *part);
  }
  key += record.side_by_side.empty() ? '-' : '+';
  for (const double value :
       {record.flops, record.bytes, record.steps, static_cast<double>(record.devices_at_once)}) {
    add_bytes(key, value);
  }
}

Row row_without_figures(const Record& record) {
  Row row;
  auto context = std::make_shared<Context>();
  context->backend = record.backend;
  context->device_name = record.device_name;
  context->device_architecture = record.device_architecture;
  context->compute_units = record.compute_units;
  row.context = std::move(context);
  row.workload = record.workload;
  row.variant = record.variant;
  row.provider = record.provider;
  row.precision = record.precision;
  row.accumulator = record.accumulator;
  row.units = record.units;
  row.instruction = record.instruction;
  row.problem = record.problem;
  row.size_class = record.size_class;
  row.bound = record.bound;
  row.data = record.data;
  row.cache = record.cache;
  row.mode = record.mode;
  row.devices_at_once = record.devices_at_once;
  row.side_by_side = !record.side_by_side.empty();
  row.work = {record.flops, record.bytes, record.steps};
  row.amount = amount_of(record);
  row.peak_per_clock = record.peak_per_clock;
  row.library = record.library;
  row.clock_reference_hz = reference_clock_hz(record);
  row.peak = record.peak_per_clock * row.clock_reference_hz;
  return row;
}

std::string row_name(const Row& row) {
  std::string name = row.workload;
  if (!row.variant.empty()) name += "/" + row.variant;
  if (!row.precision.empty()) name += " " + row.precision;
  if (!row.problem.empty()) name += " " + row.problem;
  return name + conditions(row);
}

/// Tells a record from the other rounds of its row.
std::uint32_t mark_of(const Record& record, double time_s) {
  std::size_t hash = std::hash<std::string_view>{}(record.run);
  hash = hash * 31 + std::hash<std::string_view>{}(record.time_utc);
  hash = hash * 31 + std::hash<double>{}(time_s);
  hash = hash * 31 + std::hash<double>{}(record.samples_s.front());
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

void add_reason(std::uint32_t reason, std::vector<std::uint32_t>& reasons) {
  if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
    reasons.push_back(reason);
  }
}

/// A sample of the rounds: with each further one kept as likely as those before it.
std::size_t place_of_round(const Cell& cell, std::uint32_t mark) {
  if (cell.rounds < kKeptRounds) return cell.rounds;
  return (static_cast<std::uint64_t>(mark) * 2654435761u >> 7) % (cell.rounds + 1);
}

std::size_t kept(const Cell& cell) { return std::min<std::size_t>(cell.rounds, kKeptRounds); }

}  // namespace

std::uint32_t Texts::number_of(std::string_view text) {
  const auto [at, is_new] =
      numbers_.try_emplace(std::string(text), static_cast<std::uint32_t>(texts_.size()));
  if (is_new) texts_.emplace_back(text);
  return at->second;
}

FleetData::FleetData() { (void)texts_.number_of(""); }

std::uint32_t FleetData::node_of(const std::string& name) {
  const auto [at, is_new] =
      node_numbers_.try_emplace(name, static_cast<std::uint32_t>(nodes_.size()));
  if (is_new) nodes_.push_back({name, {}, "", "", 0});
  return at->second;
}

Gpu& FleetData::gpu_of(const Record& record, std::uint32_t node) {
  if (latest_gpu_ < gpus_.size()) {
    Gpu& latest = gpus_[latest_gpu_];
    if (latest.node == node && latest.index == record.device_index &&
        text(latest.id) == record.device_id && text(latest.name) == record.device_name) {
      return latest;
    }
  }
  key_.clear();
  add_part(key_, record.backend);
  add_part(key_, record.device_id);
  add_part(key_, record.device_name);
  key_ += fmt::format("{}/{}", node, record.device_index);
  const auto [at, is_new] =
      gpu_numbers_.try_emplace(key_, static_cast<std::uint32_t>(gpus_.size()));
  latest_gpu_ = at->second;
  if (!is_new) return gpus_[latest_gpu_];
  Gpu& gpu = gpus_.emplace_back();
  gpu.node = node;
  gpu.index = record.device_index;
  gpu.id = texts_.number_of(record.device_id);
  gpu.name = texts_.number_of(record.device_name);
  gpu.backend = texts_.number_of(record.backend);
  gpu.driver = texts_.number_of(record.driver_version);
  gpu.software =
      texts_.number_of(fmt::format("derate {} {} {}, {}", record.tool_version, record.tool_commit,
                                   record.build_type, record.runtime_version));
  gpu.compute_units = record.compute_units;
  gpu.memory_bytes = record.memory_bytes;
  return gpu;
}

/// Of two rows that differ in what names leave out, the later one says it.
std::string FleetData::own_name(const Row& row) const {
  const std::string plain = row_name(row);
  std::string name = plain;
  const auto is_taken = [&] {
    return std::any_of(rows_.begin(), rows_.end() - 1,
                       [&](const FleetRow& other) { return other.name == name; });
  };
  if (is_taken()) name = fmt::format("{} ({} sums, {})", plain, row.accumulator, row.provider);
  for (int more = 2; is_taken(); ++more) name = fmt::format("{} ({})", plain, more);
  return name;
}

std::uint32_t FleetData::row_of(const Record& record) {
  make_row_key(record, key_);
  const auto found = row_numbers_.find(key_);
  if (found != row_numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(rows_.size());
  row_numbers_.emplace(key_, number);
  FleetRow& row = rows_.emplace_back();
  row.row = row_without_figures(record);
  row.name = own_name(row.row);
  row.part = part_of(bound_of(record));
  row.reference_rate = amount_of(record) / median(record.samples_s);
  return number;
}

Cell& FleetData::cell_of(Gpu& gpu, std::uint32_t row) {
  for (std::size_t tried = 0; tried < gpu.cells.size(); ++tried) {
    if (gpu.next_cell >= gpu.cells.size()) gpu.next_cell = 0;
    Cell& cell = gpu.cells[gpu.next_cell++];
    if (cell.row == row) return cell;
  }
  Cell& cell = gpu.cells.emplace_back();
  gpu.next_cell = gpu.cells.size();
  cell.row = row;
  return cell;
}

bool FleetData::add_rate(const Record& record, Gpu& gpu) {
  const double time_s = median(record.samples_s);
  const std::uint32_t row = row_of(record);
  Cell& cell = cell_of(gpu, row);
  const auto level =
      static_cast<float>(std::log(amount_of(record) / time_s / rows_[row].reference_rate));
  const std::uint32_t mark = mark_of(record, time_s);
  for (std::size_t i = 0; i < kept(cell); ++i) {
    if (cell.mark[i] == mark && cell.level[i] == level) return false;
  }
  const std::size_t place = place_of_round(cell, mark);
  if (place < kKeptRounds) {
    cell.level[place] = level;
    cell.mark[place] = mark;
  }
  if (cell.rounds == 0) {
    cell.library = texts_.number_of(record.library);
    const double peak = record.peak_per_clock * reference_clock_hz(record);
    cell.peak = peak > 0 ? static_cast<float>(peak) : 0;
  }
  ++cell.rounds;
  if (const double clock_hz = measured_clock_hz(record); clock_hz > 0) {
    cell.clock_sum_hz += static_cast<float>(clock_hz);
    ++cell.clocks;
  }
  if (record.power_w > 0) {
    cell.power_sum_w += static_cast<float>(record.power_w);
    ++cell.powers;
  }
  return true;
}

void FleetData::add_state(const Record& record, Gpu& gpu) {
  ++gpu.records;
  gpu.power_cap_least_w = std::fmin(gpu.power_cap_least_w, record.power_cap_w);
  gpu.power_cap_w = std::fmax(gpu.power_cap_w, record.power_cap_w);
  gpu.clock_setting = std::fmax(gpu.clock_setting, record.clock_setting);
  gpu.memory_clock_ratio = std::fmin(gpu.memory_clock_ratio, record.memory_clock_ratio);
  gpu.temperature_c = std::fmax(gpu.temperature_c, record.temperature_c);
  gpu.others_share = std::fmax(gpu.others_share, record.others_share);
  gpu.other_processes = std::fmax(gpu.other_processes, record.other_processes);
  const auto add = [](double more, double& sum) {
    if (more > 0) sum += more;
  };
  add(record.throttled_power_s, gpu.throttled_power_s);
  add(record.throttled_thermal_s, gpu.throttled_thermal_s);
  add(record.ecc_corrected, gpu.ecc_corrected);
  add(record.ecc_uncorrected, gpu.ecc_uncorrected);
  if (!record.pcie_link.empty() && !record.pcie_link_maximum.empty() &&
      record.pcie_link != record.pcie_link_maximum) {
    gpu.slow_link =
        texts_.number_of(fmt::format("{} of {}", record.pcie_link, record.pcie_link_maximum));
  }
  std::string_view words = record.throttle_reasons;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (!word.empty()) add_reason(texts_.number_of(word), gpu.reasons);
  }
  const Outcome outcome = parse_outcome(record.outcome);
  gpu.incorrect += outcome == Outcome::incorrect ? 1 : 0;
  gpu.failed += outcome == Outcome::failed ? 1 : 0;
  gpu.suspect += outcome == Outcome::suspect ? 1 : 0;
  if (outcome == Outcome::incorrect || outcome == Outcome::failed) {
    gpu.message = texts_.number_of(record.message);
  }
}

bool FleetData::add(const Record& record, std::uint32_t node) {
  if (!record.stage.empty()) return true;  // its work is not that of its problem
  Gpu& gpu = gpu_of(record, node);
  const Outcome outcome = parse_outcome(record.outcome);
  const bool has_rate = !record.samples_s.empty() && amount_of(record) > 0 &&
                        outcome != Outcome::incorrect && outcome != Outcome::suspect;
  if (has_rate && !add_rate(record, gpu)) return false;
  add_state(record, gpu);
  Node& of = nodes_[node];
  ++of.records;
  if (of.first_utc.empty() || record.time_utc < of.first_utc) of.first_utc = record.time_utc;
  if (record.time_utc > of.last_utc) of.last_utc = record.time_utc;
  if (of.host_ids.empty() || of.host_ids.back() != record.host_id) {
    if (std::find(of.host_ids.begin(), of.host_ids.end(), record.host_id) == of.host_ids.end()) {
      of.host_ids.push_back(record.host_id);
    }
  }
  return true;
}

double level_of(const Cell& cell, const FleetRow& row) {
  if (cell.rounds == 0) return kUnknown;
  std::array<double, kKeptRounds> rounds = {};
  std::copy_n(cell.level.begin(), kept(cell), rounds.begin());
  return hodges_lehmann(std::span(rounds.data(), kept(cell))) + std::log(row.reference_rate);
}

double best_of(const Cell& cell, const FleetRow& row) {
  if (cell.rounds < 3) return kUnknown;
  const auto end = cell.level.begin() + static_cast<std::ptrdiff_t>(kept(cell));
  return *std::max_element(cell.level.begin(), end) + std::log(row.reference_rate);
}

double variance_of(const Cell& cell) {
  const std::size_t n = kept(cell);
  if (n < 2) return kUnknown;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += cell.level[i] / static_cast<double>(n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += (cell.level[i] - mean) * (cell.level[i] - mean);
  return sum / static_cast<double>(n - 1);
}

}  // namespace derate::fleet
