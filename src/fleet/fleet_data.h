// SPDX-License-Identifier: Apache-2.0
// What is kept of a fleet's records: a few numbers for each row of each GPU, whatever the number of
// records, so that 16,384 GPUs fit into a few hundred megabytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "derate/aggregate.h"
#include "derate/record.h"
#include "fleet/levels.h"

namespace derate::fleet {

/// Texts by number: what 16,384 GPUs say alike is kept once.
class Texts {
 public:
  [[nodiscard]] std::uint32_t number_of(std::string_view text);
  [[nodiscard]] const std::string& at(std::uint32_t number) const { return texts_[number]; }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

/// What is measured: the same on every GPU.
struct FleetRow {
  Row row;           ///< without figures; its context is of the first record
  std::string name;  ///< "gemm/cublas bf16 m:8192/n:8192/k:8192"
  Part part = Part::compute;
  double reference_rate = 1;  ///< that cells count relative to
};

/// Rounds whose rates are kept one by one; of more a sample.
inline constexpr std::size_t kKeptRounds = 12;

/// One row on one GPU.
struct Cell {
  std::uint32_t row = 0;
  std::uint32_t rounds = 0;   ///< that hold samples
  std::uint32_t library = 0;  ///< text
  std::uint16_t clocks = 0;   ///< rounds with a measured clock
  std::uint16_t powers = 0;
  float clock_sum_hz = 0;
  float power_sum_w = 0;
  float peak = 0;                                    ///< of the first record; 0: not known
  std::array<float, kKeptRounds> level = {};         ///< logarithm of rate ÷ reference rate
  std::array<std::uint32_t, kKeptRounds> mark = {};  ///< of the record, to know it again
};

/// One GPU on one node, or a CPU.
struct Gpu {
  std::uint32_t node = 0;  ///< of FleetData::nodes
  std::int64_t index = 0;  ///< as the driver counts
  std::uint32_t id = 0;    ///< this and the following: texts
  std::uint32_t name = 0;
  std::uint32_t backend = 0;
  std::uint32_t driver = 0;
  std::uint32_t software = 0;          ///< derate, build type and runtime
  std::uint32_t message = 0;           ///< of the last round that went wrong
  std::uint32_t slow_link = 0;         ///< "4 x8 of 5 x16"; of the text "": none
  std::vector<std::uint32_t> reasons;  ///< that held the clock down
  double compute_units = 0;
  double memory_bytes = 0;
  double power_cap_w = kUnknown;
  double power_cap_least_w = kUnknown;  ///< of any record
  double clock_setting = kUnknown;
  double memory_clock_ratio = kUnknown;  ///< the least
  double temperature_c = kUnknown;       ///< the highest
  double throttled_power_s = 0;
  double throttled_thermal_s = 0;
  double ecc_corrected = 0;
  double ecc_uncorrected = 0;
  double others_share = kUnknown;  ///< the highest
  double other_processes = kUnknown;
  std::int64_t records = 0;
  std::int64_t failed = 0;     ///< refused by device or library
  std::int64_t incorrect = 0;  ///< wrong results
  std::int64_t suspect = 0;    ///< above the peak
  std::vector<Cell> cells;
  std::size_t next_cell = 0;  ///< rounds repeat the rows in one order
};

/// Where records come from: a folder of the fleet, or of one run.
struct Node {
  std::string name;
  std::vector<std::string> host_ids;
  std::string first_utc;  ///< of its records; empty without
  std::string last_utc;
  std::int64_t records = 0;
};

class FleetData {
 public:
  FleetData();

  /// The node of that name, made where it is not there.
  [[nodiscard]] std::uint32_t node_of(const std::string& name);
  /// Takes in a record; false where the same one was taken in before.
  bool add(const Record& record, std::uint32_t node);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] std::vector<Node>& nodes() { return nodes_; }
  [[nodiscard]] const std::vector<Gpu>& gpus() const { return gpus_; }
  [[nodiscard]] const std::vector<FleetRow>& rows() const { return rows_; }
  [[nodiscard]] const std::string& text(std::uint32_t number) const { return texts_.at(number); }

 private:
  Gpu& gpu_of(const Record& record, std::uint32_t node);
  std::uint32_t row_of(const Record& record);
  [[nodiscard]] std::string own_name(const Row& row) const;
  static Cell& cell_of(Gpu& gpu, std::uint32_t row);
  void add_state(const Record& record, Gpu& gpu);
  bool add_rate(const Record& record, Gpu& gpu);

  Texts texts_;
  std::vector<Node> nodes_;
  std::vector<Gpu> gpus_;
  std::vector<FleetRow> rows_;
  std::unordered_map<std::string, std::uint32_t> node_numbers_;
  std::unordered_map<std::string, std::uint32_t> gpu_numbers_;
  std::unordered_map<std::string, std::uint32_t> row_numbers_;
  std::string key_;  ///< room that is used again
  std::uint32_t latest_gpu_ = 0;
};

/// Of a cell's rounds the logarithm of the rate; NaN without any.
[[nodiscard]] double level_of(const Cell& cell, const FleetRow& row);
/// The same of the quickest round; NaN of fewer than three.
[[nodiscard]] double best_of(const Cell& cell, const FleetRow& row);
/// Variance of the logarithm between rounds; NaN of fewer than two.
[[nodiscard]] double variance_of(const Cell& cell);

}  // namespace derate::fleet
