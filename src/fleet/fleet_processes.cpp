// SPDX-License-Identifier: Apache-2.0
// Facts of the GPU become its environment, its cells results.
#include "fleet/fleet_processes.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "derate/record.h"
#include "record/name_on_device.h"

namespace derate::fleet {
namespace {

std::string text_of_fact(double value) {
  return std::isnan(value) || value == 0 ? "" : fmt::format("{:g}", value);
}

Environment environment_of_gpu(const FleetData& data, const Gpu& gpu) {
  constexpr bool kHard = true;
  constexpr bool kSoft = false;
  return {{{"backend", data.text(gpu.backend), kHard},
           {"device_name", data.text(gpu.name), kHard},
           {"device_id", data.text(gpu.id), data.text(gpu.backend) != "host"},
           {"compute_units", text_of_fact(gpu.compute_units), kHard},
           {"driver_version", data.text(gpu.driver), kHard},
           {"power_cap_w", text_of_fact(gpu.power_cap_w), kHard},
           {"software", data.text(gpu.software), kSoft},
           {"node", data.nodes()[gpu.node].name, kSoft}}};
}

BenchmarkResult result_of(const FleetRow& row, const Cell& cell, const std::string& device) {
  BenchmarkResult result;
  result.benchmark = name_on_device(row.name, device);
  result.amount = row.row.amount > 0 ? row.row.amount : 1;
  result.time_s = result.amount / std::exp(level_of(cell, row));
  result.samples_s = {result.time_s};
  if (cell.clocks > 0) result.clock_hz = static_cast<double>(cell.clock_sum_hz) / cell.clocks;
  return result;
}

}  // namespace

std::string device_on_node(const FleetData& data, const Gpu& gpu) {
  const std::string& node = data.nodes()[gpu.node].name;
  if (data.text(gpu.backend) == "host") return node + " CPU";
  return fmt::format("{} GPU {}", node, gpu.index);
}

std::vector<ProcessReport> processes_of(const FleetData& data) {
  std::vector<ProcessReport> processes;
  for (const Gpu& gpu : data.gpus()) {
    ProcessReport process;
    process.are_records = true;
    process.environments.push_back(environment_of_gpu(data, gpu));
    process.measured_at = data.nodes()[gpu.node].last_utc;
    const std::string device = device_on_node(data, gpu);
    for (const Cell& cell : gpu.cells) {
      if (cell.rounds == 0) continue;
      process.results.push_back(result_of(data.rows()[cell.row], cell, device));
    }
    if (!process.results.empty()) processes.push_back(std::move(process));
  }
  return processes;
}

}  // namespace derate::fleet
